// The plugin as its host sees it: the shared object, driven through its role, with real containers.
#include "tests/plugins/runtime-oci/plugin_fixture.h"

namespace cleat::runtime {
namespace {

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
  std::string id =
      runContainer(sandbox(), "trap 'touch /tmp/heard' TERM; touch /tmp/ready; while :; do sleep 0.01; done");
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
  auto pulled = call(role::runtime::pullImage, [](auto params) { params.setImage("127.0.0.1:1/none:1"); });
  EXPECT_EQ(pulled.status.code, 503) << pulled.status.message;
  EXPECT_TRUE((call(role::runtime::removeImage, named("cleat-demo:1")).ok()));
  EXPECT_EQ(call(role::runtime::listImages).answer->getImages().size(), 0u);
  EXPECT_TRUE(listFolder(host.dataDir() + "/images/layers")->empty());
}

// The other side of the test below: makes and removes pods until it is killed.

// Not a check but a measurement, printed: how long the steps of a pod's start take.

}  // namespace
}  // namespace cleat::runtime
