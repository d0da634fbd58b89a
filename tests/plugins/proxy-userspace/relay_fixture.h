// A relay on loopback, with endpoints that are sockets of the test.
#pragma once

#include "plugins/proxy-userspace/relay.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "cleat/sdk/file.h"

namespace cleat::proxy {

using namespace std::chrono_literals;

constexpr int kPatienceMs = 10'000;

inline sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

inline bool becomes(int fd, short events, int ms = kPatienceMs) {
  pollfd wait{fd, events, 0};
  return poll(&wait, 1, ms) == 1;
}

// What comes next: the bytes, "" at the end, or the name of the error.
inline std::string receive(int fd) {
  std::array<char, 4096> bytes;
  if (!becomes(fd, POLLIN)) return "(nothing)";
  ssize_t got = recv(fd, bytes.data(), bytes.size(), 0);
  return got >= 0 ? std::string(bytes.data(), static_cast<size_t>(got)) : strerrorname_np(errno);
}

inline void say(int fd, std::string_view text) {
  ASSERT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

// An endpoint: a socket of ours on loopback.
struct Backend {
  explicit Backend(int type = SOCK_STREAM, int backlog = 256) : socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(listen(socket.get(), backlog), 0);
    }
  }
  Fd accept() {
    return becomes(socket.get(), POLLIN) ? Fd(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)) : Fd();
  }
  bool asked(int ms = 0) { return becomes(socket.get(), POLLIN, ms); }
  // The next datagram, and its sender.
  std::string receiveFrom(sockaddr_in& from) {
    std::array<char, 4096> bytes;
    socklen_t size = sizeof from;
    if (!becomes(socket.get(), POLLIN)) return "(nothing)";
    ssize_t got = recvfrom(socket.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    return std::string(bytes.data(), static_cast<size_t>(got));
  }
  void answer(const sockaddr_in& to, std::string_view text) {
    sendto(socket.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  Fd socket;
  uint16_t port = 0;
};

class RelayTest : public testing::Test {
 protected:
  static ServicePort service(const std::vector<uint16_t>& ports, const std::string& protocol = "tcp") {
    ServicePort made;
    made.ns = "default";
    made.name = "web";
    made.protocol = protocol;
    for (uint16_t port : ports) made.endpoints.push_back({"127.0.0.1", port, true});
    return made;
  }
  void serve(const std::vector<ServicePort>& services) {
    auto ports = relay->serve(services);
    ASSERT_TRUE(ports) << ports.error().message;
    port = services.empty() ? 0 : ports->at(services.front().key());
  }
  void make(RelayOptions options) { relay = std::make_unique<Relay>(options); }

  Fd client(int type = SOCK_STREAM) {
    Fd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in to = loopback(port);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0) << strerrorname_np(errno);
    return fd;
  }
  // Waits for what the relay's thread is about to do.
  bool connectionsBecome(size_t count) {
    for (int i = 0; i < kPatienceMs && relay->connections() != count; ++i) poll(nullptr, 0, 1);
    return relay->connections() == count;
  }
  std::unique_ptr<Relay> relay = std::make_unique<Relay>(RelayOptions{});
  uint16_t port = 0;
};

}  // namespace cleat::proxy
