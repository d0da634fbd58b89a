// The parts of the relay's loop: what waits in epoll or for a time, and what all of them share.
#pragma once

#include <cleat/sdk/file.h>
#include <sys/epoll.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "balancer.h"
#include "relay.h"

namespace cleat::proxy {

// Something with descriptors in epoll. `ready` is called with the descriptor's tag (0 or 1) and the events; `expired`
// at the time it asked for. When one returns false, the thing is over and is destroyed.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual bool ready(int tag, uint32_t events) = 0;
  virtual bool expired(Clock::time_point) { return true; }
};

// The times that waiters asked for, one for each at most.
class Deadlines {
 public:
  void set(Waiter* waiter, Clock::time_point at);
  void clear(Waiter* waiter);
  // Milliseconds for epoll_wait: -1 when nobody waits.
  int timeoutMs(Clock::time_point now) const;
  // One that is due, which is cleared with that; none: nullptr.
  Waiter* takeDue(Clock::time_point now);

 private:
  std::map<Waiter*, Clock::time_point> times_;
  std::set<std::pair<Clock::time_point, Waiter*>> order_;
};

// A waiter's tag travels in the low bit of its address.
void watch(int epoll, int fd, Waiter* waiter, int tag, uint32_t events);
void rewatch(int epoll, int fd, Waiter* waiter, int tag, uint32_t events);
void unwatch(int epoll, int fd);

struct Context {
  int epoll = -1;
  RelayOptions options;
  // Hands a new connection to the loop, which owns it from then on and counts it.
  std::function<void(std::unique_ptr<Waiter>)> adopt;
  size_t connections = 0;
  Deadlines deadlines;
  std::vector<char> buffer = std::vector<char>(65536);  // for one read; nothing stays in it
};

// One service port's socket.
class Front : public Waiter {
 public:
  virtual uint16_t port() const = 0;
  virtual void update(const ServicePort& service) = 0;
};

Result<std::unique_ptr<Front>> makeTcpFront(Context& context);
Result<std::unique_ptr<Front>> makeUdpFront(Context& context);

Result<Fd> boundSocket(Family family, int type, uint16_t& port);

}  // namespace cleat::proxy
