// UDP: one socket towards the clients, and for each client one towards its endpoint, until it has been silent for a while.
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "relay_parts.h"

namespace cleat::proxy {
namespace {

constexpr size_t kDatagram = 65536;

struct ClientKey {
  uint32_t address;
  uint16_t port;
  auto operator<=>(const ClientKey&) const = default;
};

// What comes back from a client's endpoint.
class UdpSession : public Waiter {
 public:
  UdpSession(int front, sockaddr_in client, Fd endpoint) : front_(front), client_(client), endpoint_(std::move(endpoint)) {}

  int fd() const { return endpoint_.get(); }
  Clock::time_point lastUsed = Clock::now();

  bool ready(int, uint32_t) override {
    std::array<char, kDatagram> datagram;
    for (int i = 0; i < 64; ++i) {
      ssize_t got = recv(endpoint_.get(), datagram.data(), datagram.size(), 0);
      if (got < 0) return true;
      lastUsed = Clock::now();
      sendto(front_, datagram.data(), static_cast<size_t>(got), 0, reinterpret_cast<sockaddr*>(&client_), sizeof client_);
    }
    return true;
  }

 private:
  int front_;
  sockaddr_in client_;
  Fd endpoint_;
};

class UdpFront : public Front {
 public:
  UdpFront(Context& context, Fd socket, uint16_t port) : context_(context), socket_(std::move(socket)), port_(port) {
    epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
    watch(context_.epoll, socket_.get(), this, 0, EPOLLIN);
    // The sessions' sockets wait in an epoll of their own, which waits in the loop's: they come and go with this front.
    watch(context_.epoll, epoll_.get(), this, 1, EPOLLIN);
  }
  ~UdpFront() override { context_.connections -= sessions_.size(); }

  uint16_t port() const override { return port_; }
  void update(const ServicePort& service) override {
    balancer_.update(service);
    context_.connections -= sessions_.size();
    sessions_.clear();  // they choose again among the endpoints that are there now
  }

  bool ready(int tag, uint32_t) override {
    if (tag == 1) {
      std::array<epoll_event, 64> events;
      int count = epoll_wait(epoll_.get(), events.data(), events.size(), 0);
      for (int i = 0; i < count; ++i) reinterpret_cast<UdpSession*>(events[i].data.u64)->ready(0, events[i].events);
      return true;
    }
    std::array<char, kDatagram> datagram;
    for (int i = 0; i < 64; ++i) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      ssize_t got = recvfrom(socket_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 0) return true;
      if (UdpSession* session = sessionOf(from)) {
        session->lastUsed = Clock::now();
        if (send(session->fd(), datagram.data(), static_cast<size_t>(got), 0) < 0 && errno == ECONNREFUSED) {
          balancer_.forget(from.sin_addr.s_addr);
        }
      }
    }
    return true;
  }

  void sweep(Clock::time_point now) override {
    context_.connections -= std::erase_if(
        sessions_, [&](const auto& entry) { return now - entry.second->lastUsed > context_.options.udpIdle; });
  }

 private:
  UdpSession* sessionOf(const sockaddr_in& from) {
    const ClientKey key{from.sin_addr.s_addr, from.sin_port};
    auto found = sessions_.find(key);
    if (found != sessions_.end()) return found->second.get();
    sockaddr_in endpoint{};
    if (context_.connections >= context_.options.maxConnections) return nullptr;
    if (!balancer_.choose(from.sin_addr.s_addr, endpoint)) return nullptr;
    Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd || connect(fd.get(), reinterpret_cast<sockaddr*>(&endpoint), sizeof endpoint) != 0) return nullptr;
    auto session = std::make_unique<UdpSession>(socket_.get(), from, std::move(fd));
    UdpSession* raw = session.get();
    watch(epoll_.get(), raw->fd(), raw, 0, EPOLLIN);
    sessions_[key] = std::move(session);
    ++context_.connections;
    return raw;
  }

  Context& context_;
  Fd socket_, epoll_;
  uint16_t port_;
  Balancer balancer_;
  std::map<ClientKey, std::unique_ptr<UdpSession>> sessions_;
};

}  // namespace

Result<std::unique_ptr<Front>> makeUdpFront(Context& context, const ServicePort& service) {
  uint16_t port = 0;
  Result<Fd> fd = boundSocket(SOCK_DGRAM, port);
  if (!fd) return fail(fd.error());
  auto front = std::make_unique<UdpFront>(context, std::move(*fd), port);
  front->update(service);
  return std::unique_ptr<Front>(std::move(front));
}

}  // namespace cleat::proxy
