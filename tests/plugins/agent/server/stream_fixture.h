// A client's side and the runtime's side of what the agent's HTTPS server carries after an upgrade.
#pragma once

#include <cleat/sdk/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>

#include "tests/plugins/agent/server/server_fixture.h"

namespace cleat::agent::test {

using namespace std::string_literals;

// The runtime's end of a stream.
class RuntimeEnd {
 public:
  explicit RuntimeEnd(std::string path) : path_(std::move(path)), listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
  }

  const std::string& path() const { return path_; }

  void accept() {
    connection_ = Fd(::accept(listener_.get(), nullptr, nullptr));
    timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(connection_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  std::string read(size_t size) {
    std::string bytes(size, '\0');
    ssize_t got = recv(connection_.get(), bytes.data(), size, MSG_WAITALL);
    bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return bytes;
  }
  bool hasEnded() {
    char byte;
    return recv(connection_.get(), &byte, 1, 0) == 0;
  }
  void write(std::string_view bytes) {
    EXPECT_EQ(send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  static std::string frame(char channel, std::string_view bytes) {
    std::string text(1, channel);
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(bytes.size() >> shift & 0xff);
    return text.append(bytes);
  }
  void close() { connection_.reset(); }

 private:
  std::string path_;
  Fd listener_, connection_;
};

struct Message {
  int kind = 0;  // 1 text, 2 binary, 8 close
  std::string bytes;
};

// A client's side of a WebSocket, as far as the tests need it.
class WebSocketClient {
 public:
  explicit WebSocketClient(TlsClient& connection) : connection_(connection) {}

  // Without a protocol if that is empty.
  std::string upgrade(const std::string& path, const std::string& protocol) {
    std::string named = protocol.empty() ? std::string() : concat("Sec-WebSocket-Protocol: ", protocol, "\r\n");
    connection_.write(concat("GET ", path,
                             " HTTP/1.1\r\nHost: node1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                             named, "\r\n"));
    return connection_.readThrough("\r\n\r\n");
  }
  // Of at most 125 bytes, with a mask of zeros.
  void send(int kind, std::string_view bytes) {
    std::string frame{static_cast<char>(0x80 | kind), static_cast<char>(0x80 | bytes.size()), 0, 0, 0, 0};
    EXPECT_TRUE(connection_.write(frame.append(bytes)));
  }
  Message read() {
    std::string head = connection_.read(2);
    if (head.size() < 2) return {};
    EXPECT_EQ(head[0] & 0x80, 0x80) << "a message comes as one frame";
    size_t size = static_cast<unsigned char>(head[1]);
    int sizeBytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (sizeBytes > 0) size = 0;
    for (unsigned char byte : connection_.read(static_cast<size_t>(sizeBytes))) size = size << 8 | byte;
    return {head[0] & 0x0f, connection_.read(size)};
  }

 private:
  TlsClient& connection_;
};

class Streams : public Server {
 protected:
  Streams() {
    node_.put(podNamed("web"));
    node_.advance(2s);
    node_.host().onCall(role::runtime::exec,
                        [this](role::ExecParams::Reader params, role::StreamResults::Builder out) -> Result<void> {
                          command_ = str(params.getCommand()[0]);
                          out.setSocketPath(runtime_.path());
                          return {};
                        });
    node_.host().onCall(
        role::runtime::portForward,
        [this](role::PortForwardParams::Reader params, role::StreamResults::Builder out) -> Result<void> {
          forwardedPort_ = params.getPort();
          out.setSocketPath(runtime_.path());
          return {};
        });
  }

  static constexpr const char* kExecPath = "/exec/default/web/main?command=cat&input=1&output=1&error=1";
  static constexpr const char* kExecProtocol = "v5.channel.k8s.io";

  // An exec over a WebSocket, with both ends there.
  void exec(const std::function<void(TlsClient&, WebSocketClient&)>& work) {
    meanwhile([&] {
      TlsClient connection(port_, &apiServer_);
      WebSocketClient client(connection);
      std::string answer = client.upgrade(kExecPath, kExecProtocol);
      EXPECT_EQ(statusLine(answer), "HTTP/1.1 101 Switching Protocols");
      EXPECT_NE(answer.find("Sec-WebSocket-Protocol: v5.channel.k8s.io\r\n"), std::string::npos);
      EXPECT_NE(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
      runtime_.accept();
      EXPECT_EQ(client.read().bytes, "\1") << "the command is there";
      work(connection, client);
    });
  }

  RuntimeEnd runtime_{node_.host().dataDir() + "/stream"};
  std::string command_;
  int forwardedPort_ = 0;
};

}  // namespace cleat::agent::test
