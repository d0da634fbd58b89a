// What goes in at one port comes out at the other, both ways, to the last byte.
#include "core/app/dev/port_relay.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace cleat::app {
namespace {

class PortRelayTest : public ::testing::Test {
 protected:
  PortRelayTest() {
    Fd outside = listening();
    outsidePort_ = portOf(outside);
    inside_ = listening();
    relay_.emplace(std::move(outside), portOf(inside_));
    thread_ = std::thread([this] { relay_->runUntil(stop_.get()); });
  }
  ~PortRelayTest() override {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  static sockaddr_in loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static Fd listening() {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd.get(), 8), 0);
    return fd;
  }
  static uint16_t portOf(const Fd& fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  Fd connected() const {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(outsidePort_);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  Fd accepted() const { return Fd(accept4(inside_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

  static void sendAll(const Fd& fd, std::string_view text) {
    while (!text.empty()) {
      const ssize_t put = send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
      ASSERT_GT(put, 0);
      text.remove_prefix(static_cast<size_t>(put));
    }
  }
  static std::string readAll(const Fd& fd) {
    std::string all(1 << 16, '\0');
    size_t size = 0;
    for (ssize_t got = 0; (got = read(fd.get(), all.data() + size, all.size() - size)) > 0;) {
      size += static_cast<size_t>(got);
      if (size == all.size()) all.resize(2 * size);
    }
    all.resize(size);
    return all;
  }

  Fd stop_{eventfd(0, EFD_CLOEXEC)}, inside_;
  uint16_t outsidePort_ = 0;
  std::optional<PortRelay> relay_;
  std::thread thread_;
};

TEST_F(PortRelayTest, PassesOnWhatEitherEndSaysUntilBothHaveEnded) {
  const Fd client = connected(), server = accepted();
  sendAll(client, "what is it?");
  shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(readAll(server), "what is it?");
  sendAll(server, "an answer, after the question has ended");
  shutdown(server.get(), SHUT_WR);
  EXPECT_EQ(readAll(client), "an answer, after the question has ended");
}

TEST_F(PortRelayTest, LosesNothingOfWhatIsTakenLateAndKeepsConnectionsApart) {
  const Fd client = connected(), server = accepted();
  const std::string much(20 << 20, 'x');
  std::thread sender([&] {
    sendAll(server, much);
    shutdown(server.get(), SHUT_WR);
  });
  const Fd other = connected(), otherServer = accepted();
  sendAll(other, "meanwhile");
  shutdown(other.get(), SHUT_WR);
  EXPECT_EQ(readAll(otherServer), "meanwhile");
  EXPECT_EQ(readAll(client).size(), much.size());
  sender.join();
}

TEST_F(PortRelayTest, ClosesWhatNobodyTakes) {
  inside_.reset();
  const Fd client = connected();
  EXPECT_EQ(readAll(client), "");
}

}  // namespace
}  // namespace cleat::app
