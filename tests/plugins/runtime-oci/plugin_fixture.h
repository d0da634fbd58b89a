// The plugin as its host sees it: the shared object, driven through its role, with real containers.
#pragma once

#include "cleat_folders.h"
#include "tests/plugins/runtime-oci/machine.h"

#include <cleat/schema/role/runtime.methods.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/testkit.h>

#include <capnp/schema.h>
#include <dlfcn.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

namespace cleat::runtime {

class RuntimeOciTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string missing = missingForContainers(); !missing.empty()) GTEST_SKIP() << "SKIPPED: no " << missing;
    const char* given = std::getenv("CLEAT_TEST_FOLDER");
    folder = given ? std::make_unique<TemporaryFolder>(given) : std::make_unique<TemporaryFolder>();
    void* library = dlopen(RUNTIME_OCI, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    table = reinterpret_cast<cleat_plugin_function>(dlsym(library, CLEAT_PLUGIN_SYMBOL))();
    host.dataDir() = *folder / "data";
    ASSERT_TRUE(makeFolders(host.dataDir()));
    const char* group = std::getenv("CLEAT_TEST_CGROUP");
    cgroupRoot = group ? group : "/cleat-test-" + randomId().substr(0, 8);
    startPlugin();
    if (given) return;
    auto made = run(Command{.argv = {CLEAT_SOURCE_DIR "/etc/demo-image.sh", *folder / "demo.tar"}});
    ASSERT_TRUE(made && made->succeeded());
    auto imported = call(role::runtime::importImage, [&](auto params) { params.setPath(*folder / "demo.tar"); });
    ASSERT_TRUE(imported.ok()) << imported.status.message;
  }

  void TearDown() override {
    if (!plugin) return;
    if (!plugin->running()) startPlugin();
    auto left = call(role::runtime::listSandboxes);
    for (auto each : left.answer->getSandboxes()) {
      auto removed = callSandbox(role::runtime::removeSandbox, str(each.getId()));
      EXPECT_TRUE(removed.ok()) << removed.status.message;
    }
    plugin.reset();
    EXPECT_EQ(readFile("/proc/self/mountinfo")->find(folder->path()), std::string::npos) << "a mount is left";
    // Those above the pods' are their maker's.
    EXPECT_EQ(run(Command{.argv = {"/bin/sh", "-c", "find /sys/fs/cgroup -type d -path '*" + cgroupRoot + "/*pod*'"}})
                  ->standardOutput,
              "");
    if (auto cgroups = Cgroups::detect()) {
      EXPECT_TRUE(cgroups->remove(cgroupRoot));
    }
    for (const char* name :
         {"run/netns", "run/oci", "run/streams", "run/exec", "data/sandboxes", "data/containers", "data/exits"})
      EXPECT_TRUE(listFolder(*folder / name)->empty()) << name;
    EXPECT_EQ(processesOf(folder->path()), std::vector<std::string>()) << "a process is left";
  }

  void startPlugin() {
    plugin.reset();
    plugin.emplace(host.start(table, {{"run_dir", *folder / "run"}}));
    ASSERT_TRUE(eventually([&] { return plugin->ready() || !plugin->readyError().empty(); }));
    ASSERT_EQ(plugin->readyError(), "");
  }

  // Lets the plugin go on until `condition` holds, without moving its clock; at most ten seconds of ours.
  bool eventually(const std::function<bool()>& condition) {
    for (int attempt = 0; attempt < 5000; ++attempt) {
      host.settle();
      if (condition()) return true;
      usleep(2000);
    }
    return false;
  }

  template <class Results>
  test::Outcome<Results> finish(uint64_t handle) {
    EXPECT_TRUE(eventually([&] { return plugin->answered(handle); })) << "no answer";
    return plugin->outcome<Results>(handle);
  }
  template <class P, class R, class Build>
  test::Outcome<R> call(Method<P, R> method, Build build) {
    return finish<R>(plugin->begin(method, build));
  }
  template <class P, class R>
  test::Outcome<R> call(Method<P, R> method) {
    return plugin->call(method);
  }
  test::Outcome<void> callSandbox(Method<role::SandboxParams, void> method, const std::string& id) {
    return call(method, [&](auto params) { params.setSandboxId(id); });
  }
  test::Outcome<void> callContainer(Method<role::ContainerParams, void> method, const std::string& id) {
    return call(method, [&](auto params) { params.setContainerId(id); });
  }
  uint64_t beginStop(const std::string& id, int64_t seconds) {
    return plugin->begin(role::runtime::stopContainer, [&](auto params) {
      params.setContainerId(id);
      params.setTimeoutSeconds(seconds);
    });
  }

  test::Outcome<role::SandboxResults> runSandbox(uint32_t attempt = 0) {
    return call(role::runtime::runSandbox, [&](auto config) {
      config.setPodNamespace("default");
      config.setPodName("web");
      config.setPodUid("uid-1");
      config.setAttempt(attempt);
      config.setHostname("web");
      config.setLogDirectory(*folder / "logs");
      config.setCgroupParent(cgroupRoot + "/pod1");
      config.initLabels(1)[0].setKey("app");
    });
  }
  std::string sandbox() {
    auto outcome = runSandbox();
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    return str(outcome.answer->getSandbox().getId());
  }

  test::Outcome<role::ContainerResults> create(const std::string& sandboxId, const std::string& script,
                                               const std::string& image = "cleat-demo:1", uint32_t attempt = 0) {
    return call(role::runtime::createContainer, [&](auto config) {
      config.setSandboxId(sandboxId);
      config.setName("app");
      config.setAttempt(attempt);
      config.setImage(image);
      config.setLogPath("app/0.log");
      auto command = config.initCommand(3);
      command.set(0, "/bin/sh");
      command.set(1, "-c");
      command.set(2, script);
    });
  }
  std::string runContainer(const std::string& sandboxId, const std::string& script) {
    auto created = create(sandboxId, script);
    EXPECT_TRUE(created.ok()) << created.status.message;
    std::string id = str(created.answer->getContainerId());
    auto started = callContainer(role::runtime::startContainer, id);
    EXPECT_TRUE(started.ok()) << started.status.message;
    return id;
  }

  struct Seen {
    role::ContainerState state = role::ContainerState::UNKNOWN;
    int exitCode = 0;
    uint32_t pid = 0;
    int64_t finishedAtNs = 0;
    std::string imageId, logPath;
  };
  Seen container(const std::string& id) {
    auto list = call(role::runtime::listContainers);
    for (auto each : list.answer->getContainers())
      if (view(each.getId()) == id)
        return {each.getState(),        each.getExitCode(),     each.getPid(),
                each.getFinishedAtNs(), str(each.getImageId()), str(each.getLogPath())};
    return {};
  }
  bool ready(const std::string& sandboxId) {
    auto list = call(role::runtime::listSandboxes);
    for (auto each : list.answer->getSandboxes())
      if (view(each.getId()) == sandboxId) return each.getReady();
    return false;
  }

  struct News {
    uint64_t cursor = 0;
    bool lost = false;
    std::vector<std::string> events;  // "ContainerExited ID"
  };
  News newsOf(uint64_t handle) {
    auto outcome = finish<role::NextEventsResults>(handle);
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    News news{outcome.answer->getCursor(), outcome.answer->getLost(), {}};
    for (auto each : outcome.answer->getEvents())
      news.events.push_back(
          concat(each.getType(), " ",
                 view(each.getContainerId()).empty() ? view(each.getSandboxId()) : view(each.getContainerId())));
    return news;
  }
  uint64_t beginEvents(uint64_t cursor) {
    return plugin->begin(role::runtime::nextEvents, [&](auto params) { params.setCursor(cursor); });
  }

  std::string execSync(const std::string& id, const std::string& script) {
    auto outcome = call(role::runtime::execSync, [&](auto params) {
      params.setContainerId(id);
      auto command = params.initCommand(3);
      command.set(0, "/bin/sh");
      command.set(1, "-c");
      command.set(2, script);
    });
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    return std::string(view(outcome.answer->getStdout()));
  }

  std::unique_ptr<TemporaryFolder> folder;
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
  const cleat_plugin* table = nullptr;
  std::string cgroupRoot;
};

}  // namespace cleat::runtime
