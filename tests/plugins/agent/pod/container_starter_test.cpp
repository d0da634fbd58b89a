#include "pod/container_starter.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

using Lines = std::vector<std::string>;

class ContainerStarterTest : public PartTest {
 protected:
  static Draft<Pod> podOfTwo() {
    auto draft = podNamed("web");
    auto containers = draft->getSpec().initContainers(2);
    for (uint32_t i = 0; i < 2; ++i) {
      containers[i].setName(i == 0 ? "one" : "two");
      containers[i].setImage("busybox:1.36");
    }
    return draft;
  }
  std::string waiting(std::string_view name) {
    auto found = parts().starter.waiting().find(name);
    return found == parts().starter.waiting().end() ? "" : found->second.reason;
  }
};

TEST_F(ContainerStarterTest, TheNamedOnesAreStartedInTheOrderOfTheSpec) {
  startPod(podOfTwo(), {"two", "one"});
  runtime().log.erase(runtime().log.begin(), runtime().log.begin() + 2);
  EXPECT_EQ(runtime().log, (Lines{"create one 0", "start one", "create two 0", "start two"}));
  EXPECT_TRUE(parts().starter.waiting().empty());
}

TEST_F(ContainerStarterTest, ThoseBehindAPostStartHookWaitForIt) {
  auto draft = podOfTwo();
  draft->getSpec().getContainers()[0].initLifecycle().initPostStart().initSleep().setSeconds(5);
  startPod(std::move(draft), {"one", "two"});
  EXPECT_EQ(runtime().count("start two"), 0);
  int before = syncs();
  node_.host().advance(5s);
  EXPECT_EQ(syncs(), before + 1);
  startContainers({"two"});
  EXPECT_EQ(runtime().count("start two"), 1);
}

TEST_F(ContainerStarterTest, AFailureIsSaidAndTriedAgainLater) {
  runtime().failCreate = "no space left";
  startPod(podNamed("web"));
  EXPECT_EQ(waiting("main"), "CreateContainerError");
  EXPECT_TRUE(node_.hasEvent("Failed", "Error: no space left"));
  runtime().failCreate.reset();
  startContainers({"main"});
  EXPECT_EQ(runtime().count("start main"), 0) << "not at once";
  node_.host().advance(1s);
  startContainers({"main"});
  EXPECT_EQ(runtime().count("start main"), 1);
  EXPECT_EQ(waiting("main"), "");
}

TEST_F(ContainerStarterTest, OneThatCannotBeSeenYetIsNotStartedTwice) {
  take(podNamed("web"));
  ASSERT_TRUE(makeSandbox());
  run(parts().starter.start({"main"}));
  runtime().failList = "busy";
  startContainers({"main"});
  EXPECT_EQ(runtime().count("start main"), 1);
  startContainers({"main"});
  EXPECT_EQ(runtime().count("start main"), 1);
}

TEST_F(ContainerStarterTest, OneThatKeepsEndingWaitsForItsBackOff) {
  startPod(podNamed("web"));
  for (int i = 0; i < 2; ++i) {
    runtime().exit("main", 1);
    look();
    startContainers({"main"});
  }
  EXPECT_EQ(runtime().count("start main"), 2);
  EXPECT_EQ(waiting("main"), "CrashLoopBackOff");
  node_.host().advance(10s);
  startContainers({"main"});
  EXPECT_EQ(runtime().count("start main"), 3);
}

}  // namespace
}  // namespace cleat::agent::test
