// The parts of the relay's loop: what waits in epoll, and how an endpoint is chosen.
#pragma once

#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "relay.h"

namespace cleat::proxy {

using Clock = std::chrono::steady_clock;

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Something with descriptors in epoll. `ready` is called with the descriptor's tag (0 or 1) and the events; when it returns
// false, the thing is over and is destroyed.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual bool ready(int tag, uint32_t events) = 0;
};

// The endpoints of one service port, taken in turn; with affinity a client keeps its own.
class Balancer {
 public:
  void update(const ServicePort& service);
  // The next endpoint for the client (its address in network order); false when there is none.
  bool choose(uint32_t client, sockaddr_in& endpoint);
  // The client's endpoint did not answer: it gets another next time.
  void forget(uint32_t client) { sticky_.erase(client); }
  size_t size() const { return endpoints_.size(); }
  bool contains(const sockaddr_in& endpoint) const;

 private:
  struct Sticky {
    sockaddr_in endpoint;
    Clock::time_point until;
  };
  std::vector<sockaddr_in> endpoints_;
  size_t turn_ = 0;
  std::chrono::seconds affinity_{0};
  std::map<uint32_t, Sticky> sticky_;
};

// A waiter's tag travels in the low bit of its address.
void watch(int epoll, int fd, Waiter* waiter, int tag, uint32_t events);
void rewatch(int epoll, int fd, Waiter* waiter, int tag, uint32_t events);

struct Context {
  int epoll = -1;
  RelayOptions options;
  // Hands a new connection to the loop, which owns it from then on.
  std::function<void(std::unique_ptr<Waiter>)> adopt;
  size_t connections = 0;
};

// One service port's socket.
class Front : public Waiter {
 public:
  virtual uint16_t port() const = 0;
  virtual void update(const ServicePort& service) = 0;
  // Ends what has been idle; called every now and then.
  virtual void sweep(Clock::time_point now) = 0;
};

Result<std::unique_ptr<Front>> makeTcpFront(Context& context, const ServicePort& service);
Result<std::unique_ptr<Front>> makeUdpFront(Context& context, const ServicePort& service);

Result<Fd> boundSocket(int type, uint16_t& port);

}  // namespace cleat::proxy
