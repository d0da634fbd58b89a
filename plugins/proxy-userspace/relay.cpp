#include "relay.h"

#include <arpa/inet.h>
#include <cleat/sdk/text.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "relay_parts.h"

namespace cleat::proxy {
namespace {

constexpr int kSweepMs = 250;

}  // namespace

void Balancer::update(const ServicePort& service) {
  endpoints_.clear();
  for (const Endpoint& endpoint : service.endpoints) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(endpoint.port));
    if (inet_pton(AF_INET, endpoint.address.c_str(), &address.sin_addr) == 1) endpoints_.push_back(address);
  }
  affinity_ = std::chrono::seconds(service.affinitySeconds);
  std::erase_if(sticky_, [&](const auto& entry) { return !contains(entry.second.endpoint); });
}

bool Balancer::contains(const sockaddr_in& endpoint) const {
  for (const sockaddr_in& one : endpoints_) {
    if (one.sin_addr.s_addr == endpoint.sin_addr.s_addr && one.sin_port == endpoint.sin_port) return true;
  }
  return false;
}

bool Balancer::choose(uint32_t client, sockaddr_in& endpoint) {
  if (endpoints_.empty()) return false;
  const auto now = Clock::now();
  if (affinity_.count() > 0) {
    auto found = sticky_.find(client);
    if (found != sticky_.end() && found->second.until > now) {
      found->second.until = now + affinity_;
      endpoint = found->second.endpoint;
      return true;
    }
  }
  endpoint = endpoints_[turn_++ % endpoints_.size()];
  if (affinity_.count() > 0) {
    constexpr size_t kMostClients = 100'000;
    if (sticky_.size() >= kMostClients) sticky_.erase(sticky_.begin());
    sticky_[client] = {endpoint, now + affinity_};
  }
  return true;
}

void watch(int epoll, int fd, Waiter* waiter, int tag, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = reinterpret_cast<uint64_t>(waiter) | static_cast<uint64_t>(tag);
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void rewatch(int epoll, int fd, Waiter* waiter, int tag, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = reinterpret_cast<uint64_t>(waiter) | static_cast<uint64_t>(tag);
  epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

Result<Fd> boundSocket(int type, uint16_t& port) {
  Fd fd(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  const bool good = fd && bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!good) return fail(Status::internal(concat("cannot open a socket for a service: ", std::strerror(errno))));
  port = ntohs(address.sin_port);
  return fd;
}

struct Relay::Loop {
  Context context;
  Fd epoll, wake;
  std::map<std::string, std::unique_ptr<Front>> fronts;
  std::unordered_map<Waiter*, std::unique_ptr<Waiter>> connections;
  std::mutex mutex;
  std::vector<std::function<void()>> posted;
  bool ending = false;
  std::thread thread;

  explicit Loop(RelayOptions options) : epoll(epoll_create1(EPOLL_CLOEXEC)), wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    context.epoll = epoll.get();
    context.options = options;
    context.adopt = [this](std::unique_ptr<Waiter> connection) {
      Waiter* key = connection.get();
      connections[key] = std::move(connection);
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
      std::lock_guard lock(mutex);
      posted.push_back(std::move(work));
    }
    uint64_t one = 1;
    (void)!::write(wake.get(), &one, sizeof one);
  }

  void run() {
    std::array<epoll_event, 256> events;
    auto swept = Clock::now();
    while (!ending) {
      // Sleeps for good when there is nothing that could go idle.
      const int timeout = connections.empty() && !hasUdp() ? -1 : kSweepMs;
      int count = epoll_wait(epoll.get(), events.data(), events.size(), timeout);
      for (int i = 0; i < count; ++i) deliver(events[i]);
      const auto now = Clock::now();
      if (now - swept >= std::chrono::milliseconds(kSweepMs)) {
        for (auto& [key, front] : fronts) front->sweep(now);
        swept = now;
      }
      runPosted();
    }
    connections.clear();
    fronts.clear();
  }

  bool hasUdp() const {
    for (const auto& [key, front] : fronts) {
      if (key.ends_with("/udp")) return true;
    }
    return false;
  }

  void deliver(const epoll_event& event) {
    auto* waiter = reinterpret_cast<Waiter*>(event.data.u64 & ~uint64_t{1});
    if (waiter == nullptr) {
      uint64_t count = 0;
      (void)!::read(wake.get(), &count, sizeof count);
      return;
    }
    // The two descriptors of a connection may both be in one batch, and the first may have ended it.
    const bool front = isFront(waiter);
    if (!front && !connections.contains(waiter)) return;
    const bool goesOn = waiter->ready(static_cast<int>(event.data.u64 & 1), event.events);
    if (!goesOn && !front) {
      connections.erase(waiter);
      --context.connections;
    }
  }

  bool isFront(Waiter* waiter) const {
    for (const auto& [key, front] : fronts) {
      if (front.get() == waiter) return true;
    }
    return false;
  }

  void runPosted() {
    std::vector<std::function<void()>> work;
    {
      std::lock_guard lock(mutex);
      work.swap(posted);
    }
    for (auto& one : work) one();
  }

  Result<std::map<std::string, uint16_t>> update(const std::vector<ServicePort>& services) {
    std::map<std::string, uint16_t> ports;
    std::map<std::string, std::unique_ptr<Front>> next;
    for (const ServicePort& service : services) {
      if (service.protocol != "tcp" && service.protocol != "udp") continue;  // SCTP is not relayed
      const std::string key = service.key();
      auto found = fronts.find(key);
      if (found != fronts.end()) {
        next[key] = std::move(found->second);
        next[key]->update(service);
      } else {
        auto made = service.protocol == "tcp" ? makeTcpFront(context, service) : makeUdpFront(context, service);
        if (!made) return fail(made.error());
        next[key] = std::move(*made);
      }
      ports[key] = next[key]->port();
    }
    fronts = std::move(next);
    return ports;
  }
};

Relay::Relay(RelayOptions options) : loop_(std::make_unique<Loop>(options)) {}
Relay::~Relay() = default;

Result<std::map<std::string, uint16_t>> Relay::serve(const std::vector<ServicePort>& services) {
  auto promise = std::make_shared<std::promise<Result<std::map<std::string, uint16_t>>>>();
  auto future = promise->get_future();
  loop_->post([this, promise, services] { promise->set_value(loop_->update(services)); });
  return future.get();
}

}  // namespace cleat::proxy
