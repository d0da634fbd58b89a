#include <cleat/schema/role/runtime.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using testing::HasSubstr;

class MyPluginTest : public testing::Test {
 protected:
  MyPluginTest() {
    EXPECT_TRUE(removeTree(folder).has_value());
    EXPECT_TRUE(makeFolders(folder + "/images/demo:1").has_value());
    EXPECT_TRUE(writeFile(folder + "/images/demo:1/run", "#!/bin/sh\necho \"hello $WHO\"\nexit 3\n", 0755).has_value());
    host.dataDir() = folder + "/data";
    host.serverConfig().address = "192.0.2.7";
  }
  ~MyPluginTest() override { EXPECT_TRUE(removeTree(folder).has_value()); }

  test::AnyStarted start() { return host.start(cleat_plugin_v1(), {{"images", folder + "/images"}}); }
  std::string sandbox(test::AnyStarted& plugin) {
    auto outcome = plugin.call(role::runtime::runSandbox, [&](role::SandboxConfig::Builder config) {
      config.setPodUid("u1");
      config.setPodName("web");
      config.setLogDirectory(folder + "/logs");
    });
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    EXPECT_EQ(view(outcome.answer->getSandbox().getAddresses()[0]), "192.0.2.7");
    return str(outcome.answer->getSandbox().getId());
  }
  std::string container(test::AnyStarted& plugin, const char* name, const char* command = "") {
    auto outcome = plugin.call(role::runtime::createContainer, [&](role::ContainerConfig::Builder config) {
      config.setSandboxId(sandbox(plugin));
      config.setName(name);
      config.setImage("demo:1");
      config.setLogPath(concat(name, "/0.log"));
      auto env = config.initEnv(1)[0];
      env.setKey("WHO");
      env.setValue("world");
      if (*command == 0) return;
      auto line = config.initCommand(3);
      line.set(0, "sh");
      line.set(1, "-c");
      line.set(2, command);
    });
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    const std::string id = str(outcome.answer->getContainerId());
    auto started = plugin.call(role::runtime::startContainer,
                               [&](role::ContainerParams::Builder params) { params.setContainerId(id); });
    EXPECT_TRUE(started.ok()) << started.status.message;
    return id;
  }
  struct Seen {
    role::ContainerState state = role::ContainerState::UNKNOWN;
    int exitCode = -1;
  };
  static Seen look(test::AnyStarted& plugin, const std::string& id) {
    auto list = plugin.call(role::runtime::listContainers);
    for (auto one : list.answer->getContainers()) {
      if (view(one.getId()) == id) return {one.getState(), one.getExitCode()};
    }
    return {};
  }
  // Processes are not the host's in memory: they take the time that they take.
  template <class Condition>
  static void soon(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  }
  static Seen waitForEnd(test::AnyStarted& plugin, const std::string& id) {
    soon([&] { return look(plugin, id).state != role::ContainerState::RUNNING; });
    return look(plugin, id);
  }

  std::string folder = testing::TempDir() + "my-plugin-test";
  test::FakeHost host;
};

TEST_F(MyPluginTest, RunsWhatAnImageDoesAndKeepsItsOutputAndExitCode) {
  auto plugin = start();
  const Seen seen = waitForEnd(plugin, container(plugin, "main"));
  EXPECT_EQ(seen.state, role::ContainerState::EXITED);
  EXPECT_EQ(seen.exitCode, 3);
  std::string log;
  soon([&] { return !(log = readFile(folder + "/logs/main/0.log").value_or("")).empty(); });
  EXPECT_THAT(log, HasSubstr("Z stdout F hello world\n"));
}

TEST_F(MyPluginTest, StopsAContainerAlsoAfterARestart) {
  std::string id;
  {
    auto plugin = start();
    id = container(plugin, "main", "exec sleep 1000");
    EXPECT_EQ(look(plugin, id).state, role::ContainerState::RUNNING);
  }
  auto plugin = start();
  EXPECT_EQ(look(plugin, id).state, role::ContainerState::RUNNING) << "it outlives the plugin";
  auto stopped = plugin.call(role::runtime::stopContainer, [&](role::StopContainerParams::Builder params) {
    params.setContainerId(id);
    params.setTimeoutSeconds(20);
  });
  EXPECT_TRUE(stopped.ok()) << stopped.status.message;
  EXPECT_EQ(look(plugin, id).exitCode, 128 + 15);
  auto removed = plugin.call(role::runtime::removeSandbox,
                             [&](role::SandboxParams::Builder params) { params.setSandboxId("u1-0"); });
  EXPECT_TRUE(removed.ok()) << removed.status.message;
  EXPECT_EQ(plugin.call(role::runtime::listContainers).answer->getContainers().size(), 0u);
  EXPECT_EQ(plugin.call(role::runtime::listSandboxes).answer->getSandboxes().size(), 0u);
}

TEST_F(MyPluginTest, RunsACommandBesideAContainerAndKnowsItsImages) {
  auto plugin = start();
  const std::string id = container(plugin, "main", "exec sleep 1000");
  auto output = plugin.call(role::runtime::execSync, [&](role::ExecSyncParams::Builder params) {
    params.setContainerId(id);
    auto line = params.initCommand(3);
    line.set(0, "sh");
    line.set(1, "-c");
    line.set(2, "echo $WHO; exit 4");
  });
  EXPECT_EQ(output.answer->getExitCode(), 4);
  auto told = output.answer->getStdout();
  EXPECT_EQ(std::string(told.asChars().begin(), told.size()), "world\n");
  auto image = [](role::ImageParams::Builder params) { params.setImage("absent:1"); };
  EXPECT_EQ(plugin.call(role::runtime::imageStatus, image).status.code, 404);
  auto stopped = plugin.call(role::runtime::stopSandbox,
                             [&](role::SandboxParams::Builder params) { params.setSandboxId("u1-0"); });
  EXPECT_TRUE(stopped.ok()) << stopped.status.message;
  EXPECT_EQ(look(plugin, id).exitCode, 128 + 9);
}

}  // namespace
