// The subprotocols in which clients other than kubectl speak to exec, logs and port-forward over a WebSocket.
#include "server/channel_messages.h"
#include "tests/plugins/agent/server/stream_fixture.h"

namespace cleat::agent::test {
namespace {

constexpr const char* kFailed = "command terminated with non-zero exit code: exit status 3";

struct ExecCase {
  const char* protocol;  // as the client asks
  const char* chosen;
  bool text;
  bool status;  // the result is a Status
};
void PrintTo(const ExecCase& value, std::ostream* out) { *out << (*value.protocol == 0 ? "none" : value.protocol); }

class ExecChannels : public Streams, public ::testing::WithParamInterface<ExecCase> {
 protected:
  // A message as the protocol has it.
  static std::string message(char channel, std::string_view bytes) {
    if (!GetParam().text) return std::string(1, channel).append(bytes);
    return concat(static_cast<int>(channel), encodeBase64(bytes));
  }
  // The messages up to the close.
  void run(int exitCode, const std::function<void(WebSocketClient&)>& work) {
    meanwhile([&] {
      TlsClient connection(port_, &apiServer_);
      WebSocketClient client(connection);
      std::string answer = client.upgrade(kExecPath, GetParam().protocol);
      EXPECT_EQ(statusLine(answer), "HTTP/1.1 101 Switching Protocols");
      std::string named = concat("Sec-WebSocket-Protocol: ", GetParam().chosen, "\r\n");
      EXPECT_EQ(answer.find(named) != std::string::npos, *GetParam().chosen != 0) << answer;
      runtime_.accept();
      Message first = client.read();
      EXPECT_EQ(first.bytes, message(1, ""));
      EXPECT_EQ(first.kind, GetParam().text ? 1 : 2);
      client.send(GetParam().text ? 1 : 2, message(0, "hello"));
      EXPECT_EQ(runtime_.read(10), RuntimeEnd::frame(0, "hello"));
      runtime_.write(RuntimeEnd::frame(1, "there") + RuntimeEnd::frame(2, "oops") +
                     RuntimeEnd::frame(3, concat("{\"exitCode\":", exitCode, "}")));
      runtime_.close();
      EXPECT_EQ(client.read().bytes, message(1, "there"));
      EXPECT_EQ(client.read().bytes, message(2, "oops"));
      work(client);
      EXPECT_EQ(client.read().kind, 8);
    });
  }
};

TEST_P(ExecChannels, CarryBothWaysAndAFailure) {
  run(3, [](WebSocketClient& client) {
    std::string result = client.read().bytes;
    if (!GetParam().status) {
      EXPECT_EQ(result, message(3, kFailed));
    } else if (GetParam().text) {
      EXPECT_EQ(result[0], '3');
      EXPECT_EQ(result.find('{'), std::string::npos);
    } else {
      EXPECT_NE(result.find("\"NonZeroExitCode\""), std::string::npos) << result;
    }
  });
}

TEST_P(ExecChannels, TellSuccessOnlyAsAStatus) {
  run(0, [](WebSocketClient& client) {
    if (!GetParam().status) return;
    EXPECT_EQ(client.read().bytes[0], message(3, "")[0]);
  });
}

INSTANTIATE_TEST_SUITE_P(
    , ExecChannels,
    ::testing::Values(ExecCase{"", "", false, false}, ExecCase{"channel.k8s.io", "channel.k8s.io", false, false},
                      ExecCase{"base64.channel.k8s.io", "base64.channel.k8s.io", true, false},
                      ExecCase{"v4.channel.k8s.io", "v4.channel.k8s.io", false, true},
                      ExecCase{"v4.base64.channel.k8s.io, v4.channel.k8s.io", "v4.base64.channel.k8s.io", true, true},
                      ExecCase{"v4.channel.k8s.io,v5.channel.k8s.io", "v5.channel.k8s.io", false, true}));

TEST_F(Streams, AProtocolThatIsNotServedIsRefused) {
  for (const char* path : {kExecPath, "/portForward/default/web?port=8080", "/containerLogs/default/web/main"}) {
    meanwhile([&] {
      TlsClient connection(port_, &apiServer_);
      std::string answer = WebSocketClient(connection).upgrade(path, "v9.channel.k8s.io");
      EXPECT_EQ(statusLine(answer), "HTTP/1.1 403 Forbidden") << path;
    });
  }
}

TEST_F(Streams, MessagesThatAreNotBase64AreDropped) {
  meanwhile([&] {
    TlsClient connection(port_, &apiServer_);
    WebSocketClient client(connection);
    client.upgrade(kExecPath, "v4.base64.channel.k8s.io");
    runtime_.accept();
    for (const char* bad : {"", "0", "0a", "0!!!!", "9aGVsbG8="}) client.send(1, bad);
    client.send(1, "0aGVsbG8=");
    EXPECT_EQ(runtime_.read(10), RuntimeEnd::frame(0, "hello"));
  });
}

struct ForwardCase {
  const char* protocol;
  bool text;
};
void PrintTo(const ForwardCase& value, std::ostream* out) { *out << value.protocol; }

class PortChannels : public Streams, public ::testing::WithParamInterface<ForwardCase> {
 protected:
  static std::string message(char channel, std::string_view bytes) {
    if (!GetParam().text) return std::string(1, channel).append(bytes);
    return concat(static_cast<int>(channel), encodeBase64(bytes));
  }
};

TEST_P(PortChannels, CarryAConnectionBothWays) {
  meanwhile([&] {
    TlsClient connection(port_, &apiServer_);
    WebSocketClient client(connection);
    std::string answer = client.upgrade("/portForward/default/web?port=8080", GetParam().protocol);
    EXPECT_EQ(statusLine(answer), "HTTP/1.1 101 Switching Protocols");
    client.send(GetParam().text ? 1 : 2, message(0, "ping"));  // before anything has been said
    runtime_.accept();
    EXPECT_EQ(forwardedPort_, 8080);
    EXPECT_EQ(client.read().bytes, message(0, "\x90\x1f")) << "the port, its lower byte first";
    EXPECT_EQ(client.read().bytes, message(1, "\x90\x1f"));
    EXPECT_EQ(runtime_.read(4), "ping");
    runtime_.write("pong");
    EXPECT_EQ(client.read().bytes, message(0, "pong"));
    client.send(GetParam().text ? 1 : 2, message(0, "again"));
    EXPECT_EQ(runtime_.read(5), "again");
    runtime_.close();
    EXPECT_EQ(client.read().kind, 8) << "it ends with its only connection";
  });
}

TEST_P(PortChannels, TellWhyAPortCannotBeReached) {
  node_.host().onCall(role::runtime::portForward,
                      [](role::PortForwardParams::Reader, role::StreamResults::Builder) -> Result<void> {
                        return fail(Status::internal("Connection refused"));
                      });
  meanwhile([&] {
    TlsClient connection(port_, &apiServer_);
    WebSocketClient client(connection);
    client.upgrade("/portForward/default/web?port=8080,9090", GetParam().protocol);
    std::string told;
    for (Message next = client.read(); next.kind != 8 && next.kind != 0; next = client.read())
      told += next.bytes + "\n";
    for (int index : {0, 1}) {
      auto text = concat("error forwarding port ", index == 0 ? 8080 : 9090, " to pod web, uid : Connection refused");
      EXPECT_NE(told.find(message(static_cast<char>(index * 2 + 1), text)), std::string::npos) << told;
    }
  });
}

INSTANTIATE_TEST_SUITE_P(, PortChannels,
                         ::testing::Values(ForwardCase{"v4.channel.k8s.io", false},
                                           ForwardCase{"v4.base64.channel.k8s.io", true}, ForwardCase{"", false}));

TEST_F(Streams, PortsThatAreNoneAreRefused) {
  struct {
    const char *query, *why;
  } cases[] = {{"", "query parameter \"port\" is required"},
               {"?port=", "query parameter \"port\" cannot be empty"},
               {"?port=0", "unable to parse \"0\" as a port"},
               {"?port=80,http", "unable to parse \"http\" as a port"}};
  for (const auto& each : cases) {
    meanwhile([&] {
      TlsClient connection(port_, &apiServer_);
      WebSocketClient client(connection);
      std::string head = client.upgrade(concat("/portForward/default/web", each.query), "v4.channel.k8s.io");
      EXPECT_EQ(statusLine(head), "HTTP/1.1 400 Bad Request");
      EXPECT_EQ(connection.readAll(), each.why);
    });
  }
}

class LogMessages : public Streams {
 protected:
  LogMessages() {
    FakeContainer* container = node_.runtime().find("main");
    container->logPath = node_.host().dataDir() + "/main.log";
    EXPECT_TRUE(writeFile(container->logPath,
                          "2026-03-01T12:00:00.000000000Z stdout F alive\n"
                          "2026-03-01T12:00:01.000000000Z stdout F still\n"));
    node_.runtime().event();
    node_.advance(6s);
  }
};

TEST_F(LogMessages, CarryTheLogInBytesOrInText) {
  struct {
    const char* protocol;
    int kind;
    std::string bytes;
  } cases[] = {{"binary.k8s.io", 2, "alive\nstill\n"},
               {"base64.binary.k8s.io", 1, encodeBase64("alive\nstill\n")},
               {"", 2, "alive\nstill\n"}};
  for (const auto& each : cases) {
    meanwhile([&] {
      TlsClient connection(port_, &apiServer_);
      WebSocketClient client(connection);
      std::string answer = client.upgrade("/containerLogs/default/web/main", each.protocol);
      EXPECT_EQ(statusLine(answer), "HTTP/1.1 101 Switching Protocols");
      EXPECT_EQ(client.read().bytes, "") << "the log was found";
      Message log = client.read();
      EXPECT_EQ(log.kind, each.kind);
      EXPECT_EQ(log.bytes, each.bytes);
      EXPECT_EQ(client.read().kind, 8);
    });
  }
}

TEST_F(LogMessages, FollowUntilTheClientCloses) {
  meanwhile([&] {
    TlsClient connection(port_, &apiServer_);
    WebSocketClient client(connection);
    client.upgrade("/containerLogs/default/web/main?follow=true&tailLines=1", "binary.k8s.io");
    client.read();
    EXPECT_EQ(client.read().bytes, "still\n");
    client.send(8, "\x03\xe8"s);
    EXPECT_EQ(client.read().kind, 8);
  });
}

}  // namespace
}  // namespace cleat::agent::test
