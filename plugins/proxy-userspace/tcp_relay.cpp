// TCP: a connection from a client, one to an endpoint, and the bytes between them.
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "relay_parts.h"

namespace cleat::proxy {
namespace {

constexpr size_t kBuffer = 32 * 1024;
constexpr int kClient = 0;
constexpr int kEndpoint = 1;

// One direction: what was read and is not written yet.
struct Pipe {
  std::vector<char> bytes;
  size_t begin = 0;
  bool sourceEnded = false, closed = false;
  bool empty() const { return begin == bytes.size(); }
};

class TcpConnection : public Waiter {
 public:
  TcpConnection(Context& context, std::shared_ptr<Balancer> balancer, Fd client, uint32_t address)
      : context_(context), balancer_(std::move(balancer)), address_(address) {
    sides_[kClient] = std::move(client);
  }

  // Begins to connect to an endpoint; false when there is none.
  bool open() {
    while (tries_++ < balancer_->size()) {
      sockaddr_in endpoint{};
      if (!balancer_->choose(address_, endpoint)) return false;
      Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      if (!fd) return false;
      if (connect(fd.get(), reinterpret_cast<sockaddr*>(&endpoint), sizeof endpoint) != 0 && errno != EINPROGRESS) {
        balancer_->forget(address_);
        continue;
      }
      sides_[kEndpoint] = std::move(fd);
      connected_ = false;
      watch(context_.epoll, sides_[kEndpoint].get(), this, kEndpoint, EPOLLOUT);
      return true;
    }
    return false;
  }

  bool ready(int tag, uint32_t events) override {
    if (!connected_) {
      if (tag != kEndpoint) return true;
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(sides_[kEndpoint].get(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) {
        // Refused: the next one.
        balancer_->forget(address_);
        return open();
      }
      connected_ = true;
      watch(context_.epoll, sides_[kClient].get(), this, kClient, EPOLLIN | EPOLLRDHUP);
      return arm();
    }
    if ((events & EPOLLERR) != 0) return false;
    if (!move(kClient, kEndpoint) || !move(kEndpoint, kClient)) return false;
    return arm();
  }

 private:
  Pipe& pipeFrom(int side) { return pipes_[side]; }

  // Reads from one side and writes to the other as far as both go; false when the connection is over.
  bool move(int from, int to) {
    Pipe& pipe = pipeFrom(from);
    while (true) {
      if (pipe.empty() && !pipe.sourceEnded) {
        pipe.bytes.resize(kBuffer);
        pipe.begin = 0;
        ssize_t got = recv(sides_[from].get(), pipe.bytes.data(), kBuffer, 0);
        pipe.bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
        if (got == 0) pipe.sourceEnded = true;
        if (got < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (got < 0) return true;
      }
      if (!pipe.empty()) {
        ssize_t put = send(sides_[to].get(), pipe.bytes.data() + pipe.begin, pipe.bytes.size() - pipe.begin, MSG_NOSIGNAL);
        if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (put < 0) return true;
        pipe.begin += static_cast<size_t>(put);
        if (!pipe.empty()) return true;
      }
      if (pipe.sourceEnded) {
        if (!pipe.closed) shutdown(sides_[to].get(), SHUT_WR);
        pipe.closed = true;
        return !(pipes_[0].closed && pipes_[1].closed);
      }
    }
  }

  bool arm() {
    for (int side : {kClient, kEndpoint}) {
      const Pipe& in = pipes_[side];
      const Pipe& out = pipes_[1 - side];
      uint32_t events = 0;
      if (in.empty() && !in.sourceEnded) events |= EPOLLIN;
      if (!out.empty()) events |= EPOLLOUT;
      rewatch(context_.epoll, sides_[side].get(), this, side, events);
    }
    return true;
  }

  Context& context_;
  std::shared_ptr<Balancer> balancer_;
  uint32_t address_;
  size_t tries_ = 0;
  bool connected_ = false;
  std::array<Fd, 2> sides_;
  std::array<Pipe, 2> pipes_;  // by the side that is read
};

class TcpFront : public Front {
 public:
  TcpFront(Context& context, Fd listener, uint16_t port) : context_(context), listener_(std::move(listener)), port_(port) {
    watch(context_.epoll, listener_.get(), this, 0, EPOLLIN);
  }

  uint16_t port() const override { return port_; }
  void update(const ServicePort& service) override { balancer_->update(service); }
  void sweep(Clock::time_point) override {}

  bool ready(int, uint32_t) override {
    constexpr int kMostAtOnce = 64;
    for (int i = 0; i < kMostAtOnce; ++i) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      Fd client(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!client) return true;
      if (context_.connections >= context_.options.maxConnections) continue;
      auto connection =
          std::make_unique<TcpConnection>(context_, balancer_, std::move(client), from.sin_addr.s_addr);
      if (!connection->open()) continue;
      ++context_.connections;
      context_.adopt(std::move(connection));
    }
    return true;
  }

 private:
  Context& context_;
  Fd listener_;
  uint16_t port_;
  std::shared_ptr<Balancer> balancer_ = std::make_shared<Balancer>();
};

}  // namespace

Result<std::unique_ptr<Front>> makeTcpFront(Context& context, const ServicePort& service) {
  uint16_t port = 0;
  Result<Fd> listener = boundSocket(SOCK_STREAM, port);
  if (!listener) return fail(listener.error());
  if (listen(listener->get(), 1024) != 0) return fail(Status::internal("cannot listen for a service"));
  auto front = std::make_unique<TcpFront>(context, std::move(*listener), port);
  front->update(service);
  return std::unique_ptr<Front>(std::move(front));
}

}  // namespace cleat::proxy
