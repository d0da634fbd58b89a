// The control groups above the pods', in folders that stand for the kernel's filesystem.
#include "node/qos_groups.h"

#include <cleat/sdk/file.h>

#include <filesystem>

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

class QosGroupsTest : public PartTest {
 protected:
  void SetUp() override {
    PartTest::SetUp();
    char pattern[] = "/tmp/cleat-qos-test-XXXXXX";
    folder_ = mkdtemp(pattern);
    std::string mounts;
    for (const char* controller : {"cpu", "memory", "pids"}) {
      mounts += concat("30 25 0:26 / ", folder_, "/", controller, " rw - cgroup cgroup rw,", controller, "\n");
    }
    // The kernel makes a group's files with its folder; here they are made before. What is written must be as long as
    // what was there: a plain file keeps the rest.
    for (const char* file :
         {"cpu/nodes/cpu.shares", "cpu/nodes/burstable/cpu.shares", "cpu/nodes/besteffort/cpu.shares",
          "memory/nodes/memory.limit_in_bytes", "pids/nodes/pids.max"}) {
      std::string path = concat(folder_, "/", file);
      ASSERT_TRUE(makeFolders(path.substr(0, path.rfind('/'))));
      ASSERT_TRUE(writeFile(path, ""));
    }
    ASSERT_TRUE(writeFile(folder_ + "/mountinfo", mounts));
    enter([&] {
      QosSettings settings{.root = "/nodes", .limit = {1500, 1 << 30, 0, 4096}};
      settings.mountinfo = folder_ + "/mountinfo";
      plugin().node.qos.configure(settings);
    });
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string in(const std::string& file) { return readFile(concat(folder_, "/", file)).value_or("(none)"); }
  ResourceLedger& ledger() { return plugin().node.ledger; }

  std::string folder_;
};

TEST_F(QosGroupsTest, AllPodsHaveWhatTheMachineHasForThem) {
  EXPECT_TRUE(plugin_->await(plugin().node.qos.bringAbout()));
  EXPECT_EQ(in("cpu/nodes/cpu.shares"), "1536");
  EXPECT_EQ(in("memory/nodes/memory.limit_in_bytes"), "1073741824");
  EXPECT_EQ(in("pids/nodes/pids.max"), "4096");
  EXPECT_EQ(in("cpu/nodes/besteffort/cpu.shares"), "2");
  EXPECT_EQ(in("cpu/nodes/burstable/cpu.shares"), "2") << "nobody asks for anything";
}

TEST_F(QosGroupsTest, BurstablePodsShareWhatTheyAskForTogether) {
  enter([&] {
    plugin().node.qos.start();
    ledger().grant("a", {250, 0, true});
    ledger().grant("b", {500, 0, true});
    ledger().grant("guaranteed", {1000, 0, false});
  });
  EXPECT_TRUE(plugin_->await(plugin().node.qos.bringAbout()));
  EXPECT_EQ(in("cpu/nodes/burstable/cpu.shares"), "768");
  enter([&] { ledger().grant("a", {350, 0, true}); });
  EXPECT_EQ(in("cpu/nodes/burstable/cpu.shares"), "870") << "one has been given another size";
  enter([&] { ledger().release("b"); });
  EXPECT_EQ(in("cpu/nodes/burstable/cpu.shares"), "358") << "and one has gone";
  ASSERT_TRUE(writeFile(folder_ + "/cpu/nodes/burstable/cpu.shares", "999"));
  node_.host().advance(1min);
  EXPECT_EQ(in("cpu/nodes/burstable/cpu.shares"), "358") << "what somebody else has changed is put right";
}

TEST_F(QosGroupsTest, NoPodIsMadeWhileTheLimitOfAllDoesNotHold) {
  std::filesystem::remove_all(folder_ + "/memory/nodes");
  take(podNamed("web"));
  EXPECT_FALSE(makeSandbox());
  EXPECT_EQ(runtime().count("run sandbox"), 0);
  EXPECT_TRUE(node_.hasEvent("FailedCreatePodSandBox", "cannot limit the cgroup /nodes: "));
  ASSERT_TRUE(makeFolders(folder_ + "/memory/nodes"));
  ASSERT_TRUE(writeFile(folder_ + "/memory/nodes/memory.limit_in_bytes", ""));
  node_.host().advance(1s);
  EXPECT_TRUE(makeSandbox());
}

TEST_F(QosGroupsTest, WithoutClassesPodsAreSideBySideAndNothingIsTouched) {
  enter([&] { plugin().node.qos.configure({.root = "/nodes", .nested = false, .limit = {}, .mountinfo = "/none"}); });
  EXPECT_TRUE(plugin_->await(plugin().node.qos.bringAbout()));
  Draft<Pod> pod = podNamed("web");
  pod.meta().setUid("u1");
  EXPECT_EQ(cgroupParentOf(pod.reader(), plugin().node.qos.settings()), "/nodes/podu1");
}

}  // namespace
}  // namespace cleat::agent::test
