#include "relay.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "relay_parts.h"

namespace cleat::proxy {

void Deadlines::set(Waiter* waiter, Clock::time_point at) {
  clear(waiter);
  times_[waiter] = at;
  order_.insert({at, waiter});
}

void Deadlines::clear(Waiter* waiter) {
  auto found = times_.find(waiter);
  if (found == times_.end()) return;
  order_.erase({found->second, waiter});
  times_.erase(found);
}

int Deadlines::timeoutMs(Clock::time_point now) const {
  if (order_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(order_.begin()->first - now);
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
}

Waiter* Deadlines::takeDue(Clock::time_point now) {
  if (order_.empty() || order_.begin()->first > now) return nullptr;
  Waiter* waiter = order_.begin()->second;
  clear(waiter);
  return waiter;
}

namespace {

void control(int epoll, int operation, int fd, Waiter* waiter, int tag, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = reinterpret_cast<uint64_t>(waiter) | static_cast<uint64_t>(tag);
  epoll_ctl(epoll, operation, fd, &event);
}

}  // namespace

void watch(int epoll, int fd, Waiter* waiter, int tag, uint32_t events) {
  control(epoll, EPOLL_CTL_ADD, fd, waiter, tag, events);
}
void rewatch(int epoll, int fd, Waiter* waiter, int tag, uint32_t events) {
  control(epoll, EPOLL_CTL_MOD, fd, waiter, tag, events);
}
void unwatch(int epoll, int fd) { epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr); }

Result<Fd> boundSocket(Family family, int type, uint16_t& port) {
  Fd fd(socket(socketFamily(family), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  SocketAddress address(family);
  socklen_t size = address.size();
  const int on = 1;
  const bool alone = family == Family::ipv4 || setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
  const bool good =
      fd && alone && bind(fd.get(), address.get(), size) == 0 && getsockname(fd.get(), address.get(), &size) == 0;
  if (!good) return fail(systemError("cannot open a socket for a service", errno));
  port = address.port();
  return fd;
}

struct Relay::Loop {
  using Fronts = std::map<std::string, std::unique_ptr<Front>>;

  Context context;
  Fd epoll, wake;
  Fronts fronts;
  std::unordered_set<Waiter*> isFront;
  std::unordered_map<Waiter*, std::unique_ptr<Waiter>> connections;
  // Destroyed when the events of one round have been delivered: none of them may find another in its place.
  std::vector<std::unique_ptr<Waiter>> ended;
  Mutex mutex;
  std::vector<std::function<void()>> posted CLEAT_GUARDED_BY(mutex);
  bool ending = false;
  std::thread thread;

  explicit Loop(RelayOptions options)
      : epoll(epoll_create1(EPOLL_CLOEXEC)), wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    context.epoll = epoll.get();
    context.options = options;
    context.adopt = [this](std::unique_ptr<Waiter> connection) {
      Waiter* key = connection.get();
      connections[key] = std::move(connection);
      ++context.connections;
    };
    watch(epoll.get(), wake.get(), nullptr, 0, EPOLLIN);
    thread = std::thread([this] { run(); });
  }

  ~Loop() {
    post([this] { ending = true; });
    thread.join();
  }

  void post(std::function<void()> work) {
    {
      MutexLock lock(mutex);
      posted.push_back(std::move(work));
    }
    uint64_t one = 1;
    (void)!::write(wake.get(), &one, sizeof one);
  }

  // Runs `work` on the loop's thread and waits for what it gives.
  template <class F>
  std::invoke_result_t<F&> ask(F work) {
    auto task = std::make_shared<std::packaged_task<std::invoke_result_t<F&>()>>(std::move(work));
    auto answer = task->get_future();
    post([task] { (*task)(); });
    return answer.get();
  }

  void run() {
    std::array<epoll_event, 256> events;
    while (!ending) {
      int count = epoll_wait(epoll.get(), events.data(), events.size(), context.deadlines.timeoutMs(Clock::now()));
      for (int i = 0; i < count; ++i) deliver(events[i]);
      const auto now = Clock::now();
      while (Waiter* due = context.deadlines.takeDue(now)) {
        if (!due->expired(now)) end(due);
      }
      ended.clear();
      runPosted();
    }
    connections.clear();
    fronts.clear();
  }

  void deliver(const epoll_event& event) {
    auto* waiter = reinterpret_cast<Waiter*>(event.data.u64 & ~uint64_t{1});
    if (waiter == nullptr) {
      uint64_t count = 0;
      (void)!::read(wake.get(), &count, sizeof count);
      return;
    }
    // The two descriptors of a connection may both be in one round, and the first may have ended it.
    if (!isFront.contains(waiter) && !connections.contains(waiter)) return;
    if (!waiter->ready(static_cast<int>(event.data.u64 & 1), event.events)) end(waiter);
  }

  void end(Waiter* waiter) {
    auto found = connections.find(waiter);
    if (found == connections.end()) return;
    context.deadlines.clear(waiter);
    ended.push_back(std::move(found->second));
    connections.erase(found);
    --context.connections;
  }

  void runPosted() {
    std::vector<std::function<void()>> work;
    {
      MutexLock lock(mutex);
      work.swap(posted);
    }
    for (auto& one : work) one();
  }

  Result<std::map<std::string, uint16_t>> update(const std::vector<ServicePort>& services) {
    Fronts made;  // all of them or none
    for (const ServicePort& service : services) {
      if (service.protocol == "sctp" || fronts.contains(service.key())) continue;  // SCTP is not relayed
      CLEAT_TRY(auto front, service.protocol == "tcp" ? makeTcpFront(context) : makeUdpFront(context));
      made[service.key()] = std::move(front);
    }
    Fronts next;
    std::map<std::string, uint16_t> ports;
    for (const ServicePort& service : services) {
      if (service.protocol == "sctp") continue;
      const std::string key = service.key();
      next[key] = std::move(made.contains(key) ? made[key] : fronts[key]);
      next[key]->update(service);
      ports[key] = next[key]->port();
    }
    fronts = std::move(next);
    isFront.clear();
    for (const auto& [key, front] : fronts) isFront.insert(front.get());
    return ports;
  }
};

Relay::Relay(RelayOptions options) : loop_(std::make_unique<Loop>(options)) {}
Relay::~Relay() = default;

Result<std::map<std::string, uint16_t>> Relay::serve(const std::vector<ServicePort>& services) {
  return loop_->ask([&] { return loop_->update(services); });
}

size_t Relay::connections() {
  return loop_->ask([&] { return loop_->context.connections; });
}

}  // namespace cleat::proxy
