// The plugin as its host sees it, in a network namespace of its own.
#include <cleat/schema/role/network.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/testkit.h>

#include <capnp/schema.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

namespace cleat::network {
namespace {

constexpr uint16_t kStatus = 0, kSetup = 1, kTeardown = 2, kCollect = 3;

class NetworkCniTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root";
    if (access("/usr/lib/cni/bridge", X_OK) != 0)
      GTEST_SKIP() << "SKIPPED: containernetworking-plugins is not installed";
    if (unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "SKIPPED: cannot make a network namespace";
    char name[] = "/tmp/cleat-netp-XXXXXX";
    folder = mkdtemp(name);
    host.dataDir() = folder;
    host.serverConfig().clusterCidr = "10.98.0.0/16";
    void* library = dlopen(NETWORK_CNI, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    table = reinterpret_cast<cleat_plugin_function>(dlsym(library, CLEAT_PLUGIN_SYMBOL))();
  }
  void TearDown() override {
    if (sleeper > 0) {
      kill(sleeper, SIGKILL);
      waitForExit(sleeper);
    }
    if (folder.empty()) return;
    EXPECT_TRUE(removeTree(folder));
  }
  std::string output(std::vector<std::string> argv) { return run(Command{.argv = std::move(argv)})->standardOutput; }

  // A process in a network namespace of its own.
  std::string sandboxNamespace() {
    auto pid = spawn(Command{.argv = {"/usr/bin/unshare", "-n", "/bin/sleep", "1000"}});
    sleeper = *pid;
    std::string path = "/proc/" + std::to_string(sleeper) + "/ns/net";
    char ours[64] = {}, theirs[64] = {};
    if (readlink("/proc/self/ns/net", ours, sizeof ours - 1) < 0) return path;
    do usleep(1000);
    while (readlink(path.c_str(), theirs, sizeof theirs - 1) < 0 || std::string(ours) == theirs);
    return path;
  }

  test::FakeHost host;
  std::string folder;
  const cleat_plugin* table = nullptr;
  pid_t sleeper = 0;
};

TEST_F(NetworkCniTest, ItConnectsDisconnectsAndReleasesWhatNobodyUses) {
  auto plugin = host.start(table, {{"subnet", "10.98.0.0/24"}});
  host.settle();
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  EXPECT_TRUE(plugin.call(role::network::status).answer->getReady());
  EXPECT_NE(output({"/usr/sbin/iptables", "-t", "nat", "-S"}).find("-A CLEAT-POD-MASQ -d 10.98.0.0/16 -j RETURN"),
            std::string::npos);

  std::string path = sandboxNamespace();
  auto build = [&](role::NetworkParams::Builder params) {
    params.setSandboxId("box");
    params.setNamespacePath(path);
    params.setPodNamespace("default");
    params.setPodName("web");
  };
  for (int round = 0; round < 2; ++round) {
    auto outcome = plugin.call(role::network::setup, build);
    ASSERT_TRUE(outcome.ok()) << outcome.status.message;
    ASSERT_EQ(outcome.answer->getAddresses().size(), 1u);
    EXPECT_EQ(view(outcome.answer->getAddresses()[0]), "10.98.0.2");
  }
  auto keep = [&](role::CollectParams::Builder params) { params.initSandboxIds(1).set(0, "box"); };
  EXPECT_TRUE((plugin.call(role::network::collect, keep).ok()));
  EXPECT_EQ(access((folder + "/allocations/cleat/10.98.0.2").c_str(), F_OK), 0);
  auto none = [](role::CollectParams::Builder) {};
  EXPECT_TRUE((plugin.call(role::network::collect, none).ok()));
  EXPECT_NE(access((folder + "/allocations/cleat/10.98.0.2").c_str(), F_OK), 0);
  EXPECT_TRUE((plugin.call(role::network::teardown, build).ok())) << "what is gone already";
}

TEST_F(NetworkCniTest, ItsStatusNamesAPluginThatIsMissing) {
  auto plugin = host.start(table, {{"bin_dirs", "/nowhere"}, {"masquerade", "false"}, {"subnet", "10.98.0.0/24"}});
  host.settle();
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  auto status = plugin.call(role::network::status);
  EXPECT_FALSE(status.answer->getReady());
  EXPECT_EQ(view(status.answer->getReason()), "NetworkPluginNotReady");
  EXPECT_EQ(view(status.answer->getMessage()), "failed to find plugin \"bridge\" in path [/nowhere]");
}

TEST_F(NetworkCniTest, AWrongSubnetOrConfigurationStopsTheStartWithItsReason) {
  auto wrong = host.start(table, {{"subnet", "banana"}});
  host.settle();
  EXPECT_EQ(wrong.readyError(), "\"banana\" is not a network like 10.244.0.0/16");
  ASSERT_TRUE(writeFile(folder + "/x.conflist", "{"));
  auto broken = host.start(table, {{"conf_dir", folder}});
  host.settle();
  EXPECT_NE(broken.readyError().find(folder + "/x.conflist: "), std::string::npos) << broken.readyError();
}

}  // namespace
}  // namespace cleat::network
