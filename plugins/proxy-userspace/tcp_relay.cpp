// TCP: a connection from a client, one to an endpoint, and the bytes between them.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "relay_parts.h"

namespace cleat::proxy {
namespace {

constexpr int kClient = 0;
constexpr int kEndpoint = 1;
// SO_ORIGINAL_DST, and IP6T_SO_ORIGINAL_DST too. The kernel's headers that name them do not go with <netinet/in.h>.
constexpr int kOriginalDestination = 80;
// Endpoints that are tried for one client: each one, and at least so often.
constexpr size_t kLeastTries = 4;
// Reads from one connection in a row, so that a fast one does not keep the others waiting.
constexpr int kReadsAtOnce = 16;
// A peer that has vanished without a word is noticed after some two and a half minutes.
constexpr int kKeepAliveSeconds = 15;

void setOptions(int fd) {
  const int on = 1, seconds = kKeepAliveSeconds;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // what is relayed has been delayed where it was wanted
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
}

// Whether netfilter has sent the connection here from another address: it remembers which.
bool wasRedirected(Family family, int fd) {
  SocketAddress wanted(family), here(family);
  socklen_t size = wanted.size();
  const int level = family == Family::ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (getsockopt(fd, level, kOriginalDestination, wanted.get(), &size) != 0) return false;
  size = here.size();
  return getsockname(fd, here.get(), &size) == 0 && wanted != here;
}

// One direction: what was read and could not be written yet.
struct Pipe {
  std::vector<char> rest;
  size_t begin = 0;
  bool sourceEnded = false, closed = false;
  bool empty() const { return rest.empty(); }
};

class TcpConnection : public Waiter {
 public:
  TcpConnection(Context& context, std::shared_ptr<Balancer> balancer, Fd client, AddressBytes address)
      : context_(context), balancer_(std::move(balancer)), address_(address) {
    setOptions(client.get());
    sides_[kClient] = std::move(client);
  }
  ~TcpConnection() override { context_.deadlines.clear(this); }

  // Begins to connect to an endpoint; false when there is none left to try.
  bool open() {
    while (tries_ < std::max(balancer_->size(), kLeastTries)) {
      const auto now = Clock::now();
      const std::optional<SocketAddress> endpoint = balancer_->choose(address_, now);
      if (!endpoint) return false;
      Fd fd(socket(socketFamily(context_.options.family), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      if (!fd) return false;
      const auto patience = context_.options.connectTimeout * (1 << std::min<size_t>(tries_++, 3));
      if (connect(fd.get(), endpoint->get(), endpoint->size()) != 0 && errno != EINPROGRESS) {
        balancer_->forget(address_);
        continue;
      }
      setOptions(fd.get());
      sides_[kEndpoint] = std::move(fd);
      watched_[kEndpoint] = 0;
      awaitEvents(kEndpoint, EPOLLOUT);
      context_.deadlines.set(this, now + patience);
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
      if (error != 0) return tryAnother();
      connected_ = true;
      context_.deadlines.clear(this);
    } else if ((events & EPOLLERR) != 0) {
      return false;
    }
    if (!move(kClient, kEndpoint) || !move(kEndpoint, kClient)) return false;
    if (pipes_[0].closed && pipes_[1].closed) return false;
    arm();
    return true;
  }

  // The endpoint did not accept in time.
  bool expired(Clock::time_point) override { return tryAnother(); }

 private:
  bool tryAnother() {
    balancer_->forget(address_);
    return open();
  }

  // Reads from one side and writes to the other as far as both go; false when the connection is broken.
  bool move(int from, int to) {
    Pipe& pipe = pipes_[from];
    if (!flush(pipe, to)) return false;
    for (int i = 0; i < kReadsAtOnce && pipe.empty() && !pipe.sourceEnded; ++i) {
      std::vector<char>& buffer = context_.buffer;
      ssize_t got = recv(sides_[from].get(), buffer.data(), buffer.size(), 0);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      pipe.sourceEnded = got == 0;
      if (got == 0) break;
      ssize_t put = send(sides_[to].get(), buffer.data(), static_cast<size_t>(got), MSG_NOSIGNAL);
      if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
      pipe.rest.assign(buffer.begin() + std::max<ssize_t>(put, 0), buffer.begin() + got);
    }
    if (pipe.sourceEnded && pipe.empty() && !pipe.closed) {
      shutdown(sides_[to].get(), SHUT_WR);
      pipe.closed = true;
    }
    return true;
  }

  bool flush(Pipe& pipe, int to) {
    while (!pipe.empty()) {
      ssize_t put = send(sides_[to].get(), pipe.rest.data() + pipe.begin, pipe.rest.size() - pipe.begin, MSG_NOSIGNAL);
      if (put < 0) return errno == EAGAIN || errno == EINTR;
      pipe.begin += static_cast<size_t>(put);
      if (pipe.begin < pipe.rest.size()) continue;
      pipe = {.rest = {}, .begin = 0, .sourceEnded = pipe.sourceEnded, .closed = pipe.closed};
    }
    return true;
  }

  void arm() {
    for (int side : {kClient, kEndpoint}) {
      const Pipe& in = pipes_[side];
      const Pipe& out = pipes_[1 - side];
      uint32_t events = 0;
      if (in.empty() && !in.sourceEnded) events |= EPOLLIN;
      if (!out.empty()) events |= EPOLLOUT;
      awaitEvents(side, events);
    }
  }

  // A side that is waited for nothing leaves epoll, which would report EPOLLHUP without end.
  void awaitEvents(int side, uint32_t events) {
    if (events == watched_[side]) return;
    const int fd = sides_[side].get();
    if (events == 0)
      unwatch(context_.epoll, fd);
    else if (watched_[side] == 0)
      watch(context_.epoll, fd, this, side, events);
    else
      rewatch(context_.epoll, fd, this, side, events);
    watched_[side] = events;
  }

  Context& context_;
  std::shared_ptr<Balancer> balancer_;
  AddressBytes address_;
  size_t tries_ = 0;
  bool connected_ = false;
  std::array<Fd, 2> sides_;
  std::array<uint32_t, 2> watched_{};
  std::array<Pipe, 2> pipes_;  // by the side that is read
};

class TcpFront : public Front {
 public:
  TcpFront(Context& context, Fd listener, uint16_t port)
      : context_(context), listener_(std::move(listener)), reserve_(open("/dev/null", O_RDONLY | O_CLOEXEC)),
        port_(port) {
    watch(context_.epoll, listener_.get(), this, 0, EPOLLIN);
  }

  uint16_t port() const override { return port_; }
  void update(const ServicePort& service) override { balancer_->update(service); }

  bool ready(int, uint32_t) override {
    constexpr int kMostAtOnce = 64;
    for (int i = 0; i < kMostAtOnce; ++i) {
      SocketAddress from(context_.options.family);
      socklen_t size = from.size();
      Fd client(accept4(listener_.get(), from.get(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!client) {
        if (errno == EMFILE || errno == ENFILE) refuseOne();
        return true;
      }
      if (context_.connections >= context_.options.maxConnections) continue;
      if (context_.options.redirectedOnly && !wasRedirected(context_.options.family, client.get())) continue;
      auto connection = std::make_unique<TcpConnection>(context_, balancer_, std::move(client), from.bytes());
      if (connection->open()) context_.adopt(std::move(connection));
    }
    return true;
  }

 private:
  // Out of descriptors: the client would wait in the queue, and the loop run in circles. With the one that was kept for
  // this it is let in and put out.
  void refuseOne() {
    reserve_.reset();
    Fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    reserve_ = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }

  Context& context_;
  Fd listener_, reserve_;
  uint16_t port_;
  std::shared_ptr<Balancer> balancer_ = std::make_shared<Balancer>();
};

}  // namespace

Result<std::unique_ptr<Front>> makeTcpFront(Context& context) {
  uint16_t port = 0;
  CLEAT_TRY(Fd listener, boundSocket(context.options.family, SOCK_STREAM, port));
  if (listen(listener.get(), 1024) != 0) return fail(systemError("cannot listen for a service", errno));
  return std::make_unique<TcpFront>(context, std::move(listener), port);
}

}  // namespace cleat::proxy
