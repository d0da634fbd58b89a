// What the agent's HTTPS server carries after an upgrade: exec over a WebSocket and port-forward over SPDY, with a
// client at one end and the runtime's Unix socket at the other.
#include <thread>

#include "server/spdy_frames.h"
#include "tests/plugins/agent/server/stream_fixture.h"

namespace cleat::agent::test {
namespace {

TEST_F(Streams, AnExecCarriesBothWaysAndEndsInOrder) {
  exec([&](TlsClient& connection, WebSocketClient& client) {
    EXPECT_EQ(command_, "cat");
    client.send(2, "\0hello"s);
    EXPECT_EQ(runtime_.read(10), RuntimeEnd::frame(0, "hello"));
    client.send(2, "\4{\"Width\":80,\"Height\":24}");
    EXPECT_EQ(runtime_.read(29), RuntimeEnd::frame(4, "{\"Width\":80,\"Height\":24}"));
    client.send(2, "\xff\0"s);
    EXPECT_EQ(runtime_.read(5), RuntimeEnd::frame(0, "")) << "the end of the input";
    runtime_.write(RuntimeEnd::frame(1, "there") + RuntimeEnd::frame(2, "oops") +
                   RuntimeEnd::frame(3, "{\"exitCode\":3}"));
    runtime_.close();
    EXPECT_EQ(client.read().bytes, "\1there");
    EXPECT_EQ(client.read().bytes, "\2oops");
    std::string result = client.read().bytes;
    EXPECT_EQ(result[0], '\3');
    EXPECT_NE(result.find("exit status 3"), std::string::npos) << result;
    Message last = client.read();
    EXPECT_EQ(last.kind, 8);
    EXPECT_EQ(last.bytes, "\x03\xe8"s) << "a normal close";
    client.send(8, last.bytes);
    EXPECT_EQ(connection.readAll(), "");
    EXPECT_TRUE(connection.endedInOrder());
  });
}

TEST_F(Streams, MuchOutputReachesASlowReaderWhole) {
  constexpr size_t kSize = 100'000, kFrames = 160;  // more than the kernel holds for the reader
  exec([&](TlsClient&, WebSocketClient& client) {
    std::thread command([&] {
      for (size_t i = 0; i < kFrames; ++i)
        runtime_.write(RuntimeEnd::frame(1, std::string(kSize, static_cast<char>(i))));
      runtime_.write(RuntimeEnd::frame(3, "{\"exitCode\":0}"));
      runtime_.close();
    });
    std::string output, result;
    for (Message next = client.read(); next.kind == 2; next = client.read()) {
      (next.bytes[0] == 1 ? output : result) += next.bytes.substr(1);
    }
    command.join();
    ASSERT_EQ(output.size(), kSize * kFrames);
    for (size_t i = 0; i < output.size(); ++i) ASSERT_EQ(output[i], static_cast<char>(i / kSize)) << i;
    EXPECT_NE(result.find("Success"), std::string::npos);
  });
}

TEST_F(Streams, AnExecEndsWhenItsClientCloses) {
  exec([&](TlsClient& connection, WebSocketClient& client) {
    client.send(8, "\x03\xe8"s);
    EXPECT_EQ(client.read().kind, 8) << "the close is answered";
    EXPECT_EQ(connection.readAll(), "");
    connection.end();
    EXPECT_TRUE(runtime_.hasEnded());
  });
}

TEST_F(Streams, AnExecEndsWhenItsClientIsGone) {
  meanwhile([&] {
    {
      TlsClient connection(port_, &apiServer_);
      WebSocketClient(connection).upgrade(kExecPath, kExecProtocol);
      runtime_.accept();
    }
    EXPECT_TRUE(runtime_.hasEnded());
  });
}

TEST_F(Streams, AMessageThatIsTooLongEndsTheExec) {
  exec([&](TlsClient& connection, WebSocketClient& client) {
    connection.write("\x82\xff\0\0\0\0\0\x20\0\0\0\0\0\0"s);  // 2 MiB are said to follow
    Message last = client.read();
    EXPECT_EQ(last.kind, 8);
    EXPECT_EQ(last.bytes.substr(0, 2), "\x03\xf1"s) << "1009, too big";
    connection.end();
    EXPECT_TRUE(runtime_.hasEnded());
  });
}

// A pod's port through the two streams that a client opens for it.
void forward(RuntimeEnd& runtime, const std::function<void(std::string)>& send,
             const std::function<std::string()>& read) {
  SpdyCodec codec;
  std::string opening = codec.synStream(1, {{"streamtype", "error"}, {"port", "8080"}, {"requestid", "0"}});
  opening += codec.synStream(3, {{"streamtype", "data"}, {"port", "8080"}, {"requestid", "0"}});
  send(opening);
  runtime.accept();
  send(codec.data(3, "ping", false));
  EXPECT_EQ(runtime.read(4), "ping");
  runtime.write("pong");
  runtime.close();
  std::string got, bytes;
  bool ended = false;
  while (!ended && !(bytes = read()).empty()) {
    auto frame = codec.decode(bytes);
    for (; frame && *frame; frame = codec.decode({})) {
      if ((*frame)->type != SpdyFrame::Type::data || (*frame)->stream != 3) continue;
      got += (*frame)->bytes;
      ended = (*frame)->fin;
    }
  }
  EXPECT_EQ(got, "pong");
  EXPECT_TRUE(ended);
}

TEST_F(Streams, APortIsForwardedOverSpdy) {
  meanwhile([&] {
    TlsClient connection(port_, &apiServer_);
    connection.write(
        "POST /portForward/default/web HTTP/1.1\r\nHost: node1\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
        "X-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n");
    EXPECT_EQ(statusLine(connection.readThrough("\r\n\r\n")), "HTTP/1.1 101 Switching Protocols");
    forward(runtime_, [&](const std::string& bytes) { connection.write(bytes); }, [&] { return connection.read(1); });
    EXPECT_EQ(forwardedPort_, 8080);
  });
}

TEST_F(Streams, APortIsForwardedOverSpdyInAWebSocket) {
  meanwhile([&] {
    TlsClient connection(port_, &apiServer_);
    WebSocketClient client(connection);
    std::string answer = client.upgrade("/portForward/default/web", "SPDY/3.1+portforward.k8s.io");
    EXPECT_EQ(statusLine(answer), "HTTP/1.1 101 Switching Protocols");
    auto send = [&](std::string_view bytes) {
      for (; !bytes.empty(); bytes.remove_prefix(std::min<size_t>(bytes.size(), 100)))
        client.send(2, bytes.substr(0, 100));
    };
    forward(runtime_, send, [&] { return client.read().bytes; });
  });
}

}  // namespace
}  // namespace cleat::agent::test
