// The plugin as its host sees it: the shared object, driven through its role, with real containers.
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
namespace {

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
    auto imported = call(
        role::runtime::importImage, [&](auto params) { params.setPath(*folder / "demo.tar"); });
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
    EXPECT_EQ(run(Command{.argv = {"/bin/sh", "-c", "find /sys/fs/cgroup -type d -path '*" + cgroupRoot + "*'"}})
                  ->standardOutput, "");
    for (const char* name : {"run/netns", "run/oci", "run/streams", "run/exec", "data/sandboxes", "data/containers", "data/exits"})
      EXPECT_TRUE(listFolder(*folder / name)->empty()) << name;
    EXPECT_EQ(processesOf(folder->path()), std::vector<std::string>())
        << "a process is left";
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
        return {each.getState(), each.getExitCode(), each.getPid(), each.getFinishedAtNs(), str(each.getImageId()), str(each.getLogPath())};
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
      news.events.push_back(concat(each.getType(), " ", view(each.getContainerId()).empty() ? view(each.getSandboxId()) : view(each.getContainerId())));
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

TEST_F(RuntimeOciTest, APodsLifeFromSandboxToNothing) {
  EXPECT_TRUE(call(role::runtime::status).answer->getReady());
  std::string box = sandbox();
  EXPECT_TRUE(ready(box));
  std::string id = runContainer(box, "echo started; trap 'exit 9' TERM; while :; do sleep 0.01; done");
  Seen running = container(id);
  EXPECT_EQ(running.state, role::ContainerState::RUNNING);
  EXPECT_GT(running.pid, 0u);
  EXPECT_EQ(running.logPath, *folder / "logs/app/0.log");
  EXPECT_TRUE(running.imageId.starts_with("sha256:"));
  EXPECT_EQ(execSync(id, "hostname"), "web\n");
  EXPECT_GT(call(role::runtime::stats).answer->getContainers()[0].getMemoryUsageBytes(), 0u);
  EXPECT_TRUE(eventually([&] { return readFile(running.logPath).value_or("").find("started") != std::string::npos; }));
  EXPECT_TRUE(callContainer(role::runtime::reopenLog, id).ok());

  auto stopped = finish<void>(beginStop(id, 30));
  EXPECT_TRUE(stopped.ok()) << stopped.status.message;
  EXPECT_EQ(container(id).state, role::ContainerState::EXITED);
  EXPECT_EQ(container(id).exitCode, 9);
  EXPECT_TRUE(callContainer(role::runtime::removeContainer, id).ok());
  EXPECT_EQ(container(id).state, role::ContainerState::UNKNOWN);
  EXPECT_TRUE(callSandbox(role::runtime::stopSandbox, box).ok());
  EXPECT_FALSE(ready(box));
  EXPECT_TRUE(callSandbox(role::runtime::removeSandbox, box).ok());
  EXPECT_EQ(call(role::runtime::listSandboxes).answer->getSandboxes().size(), 0u);
}

TEST_F(RuntimeOciTest, EveryCallMayBeRepeated) {
  std::string box = sandbox();
  EXPECT_EQ(sandbox(), box);
  std::string id = str(create(box, "sleep 1000").answer->getContainerId());
  EXPECT_EQ(str(create(box, "sleep 1000").answer->getContainerId()), id);
  for (int round = 0; round < 2; ++round) EXPECT_TRUE(callContainer(role::runtime::startContainer, id).ok());
  for (int round = 0; round < 2; ++round) EXPECT_TRUE(finish<void>(beginStop(id, 0)).ok());
  for (int round = 0; round < 2; ++round) EXPECT_TRUE(callContainer(role::runtime::removeContainer, id).ok());
  for (int round = 0; round < 2; ++round) EXPECT_TRUE(callSandbox(role::runtime::stopSandbox, box).ok());
  for (int round = 0; round < 2; ++round) EXPECT_TRUE(callSandbox(role::runtime::removeSandbox, box).ok());
}

TEST_F(RuntimeOciTest, AContainerThatDoesNotHearIsKilledAfterItsTime) {
  std::string id = runContainer(sandbox(), "trap 'touch /tmp/heard' TERM; touch /tmp/ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(eventually([&] { return execSync(id, "ls /tmp") == "ready\n"; }));
  uint64_t stop = beginStop(id, 5);
  ASSERT_TRUE(eventually([&] { return execSync(id, "ls /tmp") == "heard\nready\n"; })) << "the stop signal came";
  EXPECT_FALSE(plugin->answered(stop));
  host.advance(std::chrono::seconds(6));
  EXPECT_TRUE(finish<void>(stop).ok());
  EXPECT_EQ(container(id).exitCode, 137);
}

TEST_F(RuntimeOciTest, EndsAreToldToWhoeverWaits) {
  std::string box = sandbox();
  uint64_t first = beginEvents(0);
  host.settle();
  std::string id = runContainer(box, "exit 4");
  News news = newsOf(first);
  EXPECT_FALSE(news.lost);
  ASSERT_FALSE(news.events.empty());
  EXPECT_EQ(news.events[0], "ContainerStarted " + id);
  while (news.events.back() != "ContainerExited " + id) news = newsOf(beginEvents(news.cursor));
  EXPECT_EQ(container(id).exitCode, 4);
  EXPECT_GT(container(id).finishedAtNs, 0);
  auto list = call(role::runtime::listSandboxes);
  ASSERT_EQ(kill(pid_t(list.answer->getSandboxes()[0].getPausePid()), SIGKILL), 0);
  news = newsOf(beginEvents(news.cursor));
  EXPECT_EQ(news.events, std::vector<std::string>{"SandboxExited " + box});
  EXPECT_FALSE(ready(box));
  uint64_t quiet = beginEvents(news.cursor);
  host.advance(std::chrono::seconds(60));
  EXPECT_TRUE(newsOf(quiet).events.empty()) << "nothing happened until the deadline";
  EXPECT_TRUE(newsOf(beginEvents(7)).lost) << "a cursor of another process";
  EXPECT_NE(str(runSandbox(1).answer->getSandbox().getId()), box) << "the pod's next attempt";
}

TEST_F(RuntimeOciTest, ANewInstanceAdoptsWhatTheOldOneLeft) {
  std::string box = sandbox();
  std::string ended = runContainer(box, "sleep 0.2; exit 6");
  plugin.reset();
  usleep(600'000);
  startPlugin();
  EXPECT_TRUE(ready(box));
  EXPECT_EQ(container(ended).state, role::ContainerState::EXITED);
  EXPECT_EQ(container(ended).exitCode, 6);
  EXPECT_TRUE(callContainer(role::runtime::removeContainer, ended).ok());
  std::string running = runContainer(box, "sleep 1000");
  uint32_t pid = container(running).pid;
  plugin.reset();
  startPlugin();
  EXPECT_EQ(container(running).state, role::ContainerState::RUNNING);
  EXPECT_EQ(container(running).pid, pid);
  EXPECT_EQ(execSync(running, "echo still here"), "still here\n");
  uint64_t waiting = beginEvents(0);
  host.settle();
  ASSERT_EQ(kill(pid_t(pid), SIGKILL), 0);
  EXPECT_EQ(newsOf(waiting).events, std::vector<std::string>{"ContainerExited " + running});
  EXPECT_EQ(container(running).exitCode, 137);
}

TEST_F(RuntimeOciTest, StoppingASandboxKillsWhatRunsInIt) {
  std::string box = sandbox();
  std::string id = runContainer(box, "trap '' TERM; while :; do sleep 0.01; done");
  EXPECT_TRUE(callSandbox(role::runtime::stopSandbox, box).ok());
  EXPECT_EQ(container(id).state, role::ContainerState::EXITED);
  auto created = create(box, "true", "cleat-demo:1", 1);
  EXPECT_FALSE(created.ok()) << "a container in a sandbox that does not run";
}

TEST_F(RuntimeOciTest, StreamsAreOfferedOnSockets) {
  std::string box = sandbox();
  std::string id = runContainer(box, "mkdir /tmp/w; echo page > /tmp/w/x; httpd -f -p 127.0.0.1:8081 -h /tmp/w");
  auto connectTo = [](const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << path;
    return fd;
  };
  auto readAll = [](const Fd& fd) {
    std::string all;
    char buffer[4096];
    for (ssize_t count; (count = recv(fd.get(), buffer, sizeof buffer, 0)) > 0;) all.append(buffer, size_t(count));
    return all;
  };
  auto exec = call(role::runtime::exec, [&](auto params) {
    params.setContainerId(id);
    params.setStdout(true);
    auto command = params.initCommand(2);
    command.set(0, "/bin/echo");
    command.set(1, "hi");
  });
  ASSERT_TRUE(exec.ok()) << exec.status.message;
  std::string frames = readAll(connectTo(str(exec.answer->getSocketPath())));
  EXPECT_EQ(frames, std::string("\1\0\0\0\3hi\n\3\0\0\0\x0e", 13) + R"({"exitCode":0})");
  auto forward = [&](uint16_t port) {
    return call(role::runtime::portForward, [&](auto params) {
      params.setSandboxId(box);
      params.setPort(port);
    });
  };
  test::Outcome<role::StreamResults> connected = forward(8081);
  for (int attempt = 0; attempt < 500 && !connected.ok(); ++attempt) connected = forward(8081);
  ASSERT_TRUE(connected.ok()) << connected.status.message;
  Fd client = connectTo(str(connected.answer->getSocketPath()));
  const char request[] = "GET /x HTTP/1.0\r\n\r\n";
  ASSERT_GT(send(client.get(), request, sizeof request - 1, 0), 0);
  EXPECT_NE(readAll(client).find("page\n"), std::string::npos);
  auto none = call(role::runtime::exec, [&](auto params) { params.setContainerId("none"); });
  EXPECT_EQ(none.status.code, 404);
}

TEST_F(RuntimeOciTest, ImagesAreListedAndRemovedAndAMissingOneIsNotFound) {
  EXPECT_EQ(call(role::runtime::listImages).answer->getImages().size(), 1u);
  auto named = [](const std::string& name) {
    return [name](role::ImageParams::Builder params) { params.setImage(name); };
  };
  auto found = call(role::runtime::imageStatus, named("cleat-demo:1"));
  EXPECT_EQ(view(found.answer->getImage().getNames()[0]), "docker.io/library/cleat-demo:1");
  EXPECT_GT(found.answer->getImage().getSizeBytes(), 0u);
  EXPECT_EQ((call(role::runtime::imageStatus, named("nothing"))).status.code, 404);
  EXPECT_EQ(create(sandbox(), "true", "nothing").status.code, 404);
  auto pulled = call(
      role::runtime::pullImage, [](auto params) { params.setImage("127.0.0.1:1/none:1"); });
  EXPECT_EQ(pulled.status.code, 503) << pulled.status.message;
  EXPECT_TRUE((call(role::runtime::removeImage, named("cleat-demo:1")).ok()));
  EXPECT_EQ(call(role::runtime::listImages).answer->getImages().size(), 0u);
  EXPECT_TRUE(listFolder(host.dataDir() + "/images/layers")->empty());
}

// The other side of the test below: makes and removes pods until it is killed.
TEST_F(RuntimeOciTest, DISABLED_MakesPodsUntilItIsKilled) {
  for (uint32_t attempt = 0;; ++attempt) {
    auto outcome = runSandbox(attempt);
    ASSERT_TRUE(outcome.ok()) << outcome.status.message;
    std::string box = str(outcome.answer->getSandbox().getId());
    runContainer(box, "sleep 1000");
    if (attempt % 2 == 0) continue;
    ASSERT_TRUE(callSandbox(role::runtime::removeSandbox, box).ok());
  }
}

TEST_F(RuntimeOciTest, AKillAtAnyMomentLeavesWhatANewProcessAdoptsAndCanRemove) {
  plugin->stop();
  for (int round = 0; round < 8; ++round) {
    Command child{.argv = {"/proc/self/exe", "--gtest_also_run_disabled_tests",
                           "--gtest_filter=RuntimeOciTest.DISABLED_MakesPodsUntilItIsKilled"}};
    child.argv[0] = std::filesystem::read_symlink("/proc/self/exe");
    child.environment = std::vector<std::string>{"CLEAT_TEST_FOLDER=" + folder->path(), "CLEAT_TEST_CGROUP=" + cgroupRoot,
                                                 "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    auto pid = spawn(child);
    ASSERT_TRUE(pid);
    // Somewhere in its work, at another place every round.
    usleep(useconds_t(150'000 + round * 37'000));
    kill(*pid, SIGKILL);
    EXPECT_EQ(waitForExit(*pid), 128 + SIGKILL) << "it ended by itself";
    // Those whom it had just started may still be at work for a moment.
    usleep(100'000);
    startPlugin();
    auto list = call(role::runtime::listSandboxes);
    for (auto each : list.answer->getSandboxes()) {
      auto removed = callSandbox(role::runtime::removeSandbox, str(each.getId()));
      EXPECT_TRUE(removed.ok()) << removed.status.message;
    }
    EXPECT_EQ(call(role::runtime::listContainers).answer->getContainers().size(), 0u);
    EXPECT_TRUE(listFolder(host.dataDir() + "/containers")->empty());
    plugin->stop();
  }
}

// Not a check but a measurement, printed: how long the steps of a pod's start take.
TEST_F(RuntimeOciTest, TheStepsOfAPodsStartAreMeasured) {
  auto clock = [] { return std::chrono::steady_clock::now(); };
  auto ms = [](auto from, auto to) { return std::chrono::duration<double, std::milli>(to - from).count(); };
  std::vector<double> sandboxes, creates, starts;
  for (uint32_t attempt = 0; attempt < 10; ++attempt) {
    auto begin = clock();
    std::string box = str(runSandbox(attempt).answer->getSandbox().getId());
    auto made = clock();
    std::string id = str(create(box, "sleep 1000").answer->getContainerId());
    auto created = clock();
    ASSERT_TRUE(callContainer(role::runtime::startContainer, id).ok());
    auto started = clock();
    sandboxes.push_back(ms(begin, made));
    creates.push_back(ms(made, created));
    starts.push_back(ms(created, started));
    EXPECT_TRUE(callSandbox(role::runtime::removeSandbox, box).ok());
  }
  auto median = [](std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
    return values[values.size() / 2];
  };
  std::cout << "runSandbox " << median(sandboxes) << " ms, createContainer " << median(creates) << " ms, startContainer "
            << median(starts) << " ms (medians of " << starts.size() << ")\n";
}

}  // namespace
}  // namespace cleat::runtime
