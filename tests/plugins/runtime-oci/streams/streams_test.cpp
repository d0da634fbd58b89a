// Exec, attach and port-forward with real containers, through the sockets that clients connect to.
#include "plugins/runtime-oci/machine/namespaces.h"
#include "plugins/runtime-oci/machine/reactor.h"
#include "plugins/runtime-oci/streams/stream_frames.h"
#include "plugins/runtime-oci/streams/stream_offers.h"
#include "plugins/runtime-oci/streams/stream_sessions.h"
#include "tests/plugins/runtime-oci/machine.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <boost/json/serialize.hpp>

#include <cstring>
#include <future>

namespace cleat::runtime {
namespace {

using std::chrono::milliseconds;

// A client of a stream socket, blocking, with a limit on how long it waits.
class Client {
 public:
  explicit Client(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected = connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  void send(Channel channel, std::string_view bytes) {
    std::string out;
    appendFrame(out, channel, bytes);
    sendRaw(out);
  }
  void sendRaw(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(size_t(count));
    }
  }
  // Takes what comes until `enough` or the end.
  void readUntil(const std::function<bool()>& enough) {
    while (!enough()) {
      pollfd watched{fd_.get(), POLLIN, 0};
      if (poll(&watched, 1, 10000) <= 0) {
        ADD_FAILURE() << "nothing comes any more; stdout so far: " << out;
        return;
      }
      char buffer[65536];
      ssize_t count = recv(fd_.get(), buffer, sizeof buffer, 0);
      if (count <= 0) {
        ended = true;
        return;
      }
      raw.append(buffer, size_t(count));
      reader_.feed({buffer, size_t(count)}, [&](Channel channel, std::string_view bytes) {
        (channel == Channel::standardOutput ? out : channel == Channel::standardError ? err : result) += bytes;
      });
    }
  }
  void readAll() {
    readUntil([&] { return ended; });
  }
  void readUntilOutput(const std::string& text) {
    readUntil([&] { return ended || out.find(text) != std::string::npos; });
    EXPECT_NE(out.find(text), std::string::npos) << out;
  }
  void shutdownWriting() { shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

  bool connected = false, ended = false;
  std::string out, err, result, raw;

 private:
  Fd fd_;
  FrameReader reader_;
};

class StreamTest : public MachineTest {
 protected:
  void SetUp() override {
    MachineTest::SetUp();
    if (IsSkipped()) return;
    reactor = std::make_unique<Reactor>();
    offers = std::make_unique<StreamOffers>(*reactor, *folder / "s");
    ASSERT_TRUE(offers->open());
    ASSERT_TRUE(makeFolders(*folder / "exec"));
    sandbox = startSandbox();
  }
  void TearDown() override {
    if (reactor) reactor->stop();  // its thread reads the pointer until then
    reactor.reset();
    if (folder) {
      EXPECT_TRUE(listFolder(*folder / "s")->empty()) << "a socket is left";
      EXPECT_TRUE(listFolder(*folder / "exec")->empty()) << "a scratch file is left";
    }
    MachineTest::TearDown();
  }

  ExecRequest request(const ContainerRecord& record, const std::vector<std::string>& command, bool tty = false) {
    return {.runtime = containers->settings().runtime,
            .runtimeRoot = containers->runtimeRoot(),
            .containerId = record.id,
            .processJson = boost::json::serialize(execProcess(*containers->spec(record.id), command, tty)),
            .scratchFolder = *folder / "exec"};
  }

  Client exec(const ContainerRecord& record, const std::string& script, StreamWish wish) {
    ExecRequest wanted = request(record, {"/bin/sh", "-c", script}, wish.tty);
    auto path =
        offers->offer([this, wanted, wish](Fd client) { runExecSession(*reactor, std::move(client), wanted, wish); });
    EXPECT_TRUE(path);
    return Client(*path);
  }

  ExecOutcome execSync(const ContainerRecord& record, const std::vector<std::string>& command, milliseconds timeout) {
    std::promise<ExecOutcome> promise;
    reactor->post([&] {
      runExecToEnd(*reactor, request(record, command), timeout,
                   [&](ExecOutcome outcome) { promise.set_value(outcome); });
    });
    return promise.get_future().get();
  }

  Client attach(const ContainerRecord& record, StreamWish wish) {
    auto path = offers->offer([this, id = record.id, wish](Fd client) {
      runAttachSession(*reactor, std::move(client), containers->folderOf(id), wish, [this, id](int width, int height) {
        auto resized = containers->resizeTerminal(id, width, height);
        (void)resized;
      });
    });
    EXPECT_TRUE(path);
    return Client(*path);
  }

  SandboxRecord sandbox;
  std::unique_ptr<Reactor> reactor;
  std::unique_ptr<StreamOffers> offers;
};

constexpr StreamWish kAll{.standardInput = true, .standardOutput = true, .standardError = true};
constexpr StreamWish kTerminal{.standardInput = true, .standardOutput = true, .tty = true};

TEST_F(StreamTest, ExecCarriesTheThreeStreamsAndTheExitCode) {
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  Client client = exec(record, "cat; echo oops >&2; exit 7", kAll);
  ASSERT_TRUE(client.connected);
  client.send(Channel::standardInput, "hello ");
  client.send(Channel::standardInput, "world");
  client.send(Channel::standardInput, "");
  client.readAll();
  EXPECT_EQ(client.out, "hello world");
  EXPECT_EQ(client.err, "oops\n");
  EXPECT_EQ(client.result, R"({"exitCode":7})");
}

TEST_F(StreamTest, ManyMegabytesPassBothWaysUnchanged) {
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  Client client = exec(record, "cat", kAll);
  std::string all;
  for (int i = 0; all.size() < 8u << 20; ++i) all += std::to_string(i) + "\n";
  std::thread sender([&] {
    for (size_t start = 0; start < all.size(); start += 100'000)
      client.send(Channel::standardInput, std::string_view(all).substr(start, 100'000));
    client.send(Channel::standardInput, "");
  });
  client.readAll();
  sender.join();
  EXPECT_TRUE(client.out == all) << client.out.size() << " of " << all.size();
}

TEST_F(StreamTest, ATerminalEchoesHasItsSizeAndEndsWithItsClient) {
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  Client client = exec(record, "trap 'stty size' WINCH; echo ready; while :; do sleep 0.01; done", kTerminal);
  client.readUntilOutput("ready");
  client.send(Channel::resize, R"({"Width": 97, "Height": 41})");
  client.readUntilOutput("41 97\r\n");
  client.send(Channel::standardInput, "typed");
  client.readUntilOutput("typed");
  client.close();
  EXPECT_TRUE(eventually([&] {
    return execSync(record, {"/bin/sh", "-c", "ps | grep -c '[W]INCH'"}, milliseconds(5000)).standardOutput == "0\n";
  })) << "the command goes on without its client";
}

TEST_F(StreamTest, ACtrlCInATerminalReachesTheCommand) {
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  Client client = exec(record, "trap 'echo caught; exit 4' INT; echo ready; while :; do sleep 0.01; done", kTerminal);
  client.readUntilOutput("ready");
  client.send(Channel::standardInput, "\x03");
  client.readAll();
  EXPECT_NE(client.out.find("caught"), std::string::npos);
  EXPECT_EQ(client.result, R"({"exitCode":4})");
}

TEST_F(StreamTest, ACommandThatIsNotThereIsAnErrorNotAnExitCode) {
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  ExecRequest wanted = request(record, {"/no/such"});
  auto path = offers->offer([&](Fd client) { runExecSession(*reactor, std::move(client), wanted, kAll); });
  Client client(*path);
  client.readAll();
  EXPECT_NE(client.result.find(R"({"error":"exec failed: unable to start container process: exec: \"/no/such\")"),
            std::string::npos)
      << client.result;
}

TEST_F(StreamTest, ExecSyncCollectsOutputUpToItsLimitAndTheExitCode) {
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  ExecOutcome outcome = execSync(record, {"/bin/sh", "-c", "echo out; echo err >&2; exit 2"}, milliseconds(10000));
  EXPECT_EQ(outcome.standardOutput, "out\n");
  EXPECT_EQ(outcome.standardError, "err\n");
  EXPECT_EQ(outcome.exitCode, 2);
  EXPECT_EQ(execSync(record, {"/bin/head", "-c", "100000", "/dev/zero"}, milliseconds(10000)).standardOutput.size(),
            kExecOutputLimit);
  EXPECT_NE(execSync(record, {"/no/such"}, milliseconds(10000)).error, "");
}

TEST_F(StreamTest, ExecSyncKillsACommandThatTakesTooLong) {
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  ExecOutcome outcome = execSync(record, {"/bin/sleep", "777"}, milliseconds(300));
  EXPECT_TRUE(outcome.timedOut);
  EXPECT_TRUE(eventually([&] {
    return execSync(record, {"/bin/sh", "-c", "ps | grep -c '[s]leep 777'"}, milliseconds(5000)).standardOutput ==
           "0\n";
  }));
}

TEST_F(StreamTest, AttachCarriesTheContainersOwnStreams) {
  ContainerWish wish;
  wish.stdinOpen = wish.stdinOnce = true;
  ContainerRecord record = runScript(sandbox, "while read line; do echo got $line; echo e >&2; done; echo end", wish);
  Client client = attach(record, kAll);
  client.send(Channel::standardInput, "one\n");
  client.readUntilOutput("got one\n");
  client.send(Channel::standardInput, "");
  client.readAll();
  EXPECT_EQ(client.out, "got one\nend\n");
  EXPECT_EQ(client.err, "e\n");
  EXPECT_EQ(client.result, R"({"exitCode":0})");
  EXPECT_EQ(logOf(waitForEnd(record)), "got one\ne\nend\n");
}

TEST_F(StreamTest, AttachToATerminalHasItsSize) {
  ContainerWish wish;
  wish.stdinOpen = wish.tty = true;
  ContainerRecord record =
      runScript(sandbox, "trap 'stty size' WINCH; touch /tmp/ready; while :; do sleep 0.01; done", wish);
  ASSERT_TRUE(
      eventually([&] { return access((containers->folderOf(record.id) + "/rootfs/tmp/ready").c_str(), F_OK) == 0; }));
  Client client = attach(record, kTerminal);
  client.send(Channel::resize, R"({"Width": 101, "Height": 37})");
  client.readUntilOutput("37 101\r\n");
}

TEST_F(StreamTest, PortForwardConnectsToThePodsLoopback) {
  ContainerRecord record =
      runScript(sandbox, "mkdir /tmp/w; echo answer > /tmp/w/x; httpd -f -p 127.0.0.1:7000 -h /tmp/w");
  auto connected = [&]() -> Fd {
    auto fd = connectInside(sandbox.netnsPath, 7000, 1000);
    return fd ? std::move(*fd) : Fd();
  };
  Fd server;
  ASSERT_TRUE(eventually([&] { return bool(server = connected()); }));
  auto shared = std::make_shared<Fd>(std::move(server));
  auto path =
      offers->offer([&, shared](Fd client) { runRelaySession(*reactor, std::move(client), std::move(*shared)); });
  Client client(*path);
  client.sendRaw("GET /x HTTP/1.0\r\n\r\n");
  client.shutdownWriting();
  client.readAll();
  EXPECT_NE(client.raw.find("\r\n\r\nanswer\n"), std::string::npos) << client.raw;
  auto refused = connectInside(sandbox.netnsPath, 7001, 1000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "failed to connect to localhost:7001 inside the pod: Connection refused");
}

TEST_F(StreamTest, ASocketTakesOneConnectionAndIsOpenToRootOnly) {
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  ExecRequest wanted = request(record, {"/bin/true"});
  auto path = offers->offer([&](Fd client) { runExecSession(*reactor, std::move(client), wanted, kAll); });
  struct stat facts;
  ASSERT_EQ(stat((*folder / "s").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  Client first(*path);
  ASSERT_TRUE(first.connected);
  first.readAll();
  EXPECT_FALSE(Client(*path).connected);
}

TEST_F(StreamTest, WhatIsNoFrameEndsTheConnection) {
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  Client client = exec(record, "sleep 1000", kTerminal);
  client.sendRaw("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.readAll();
  EXPECT_TRUE(client.ended);
}

}  // namespace
}  // namespace cleat::runtime
