// HealthChecks: answers load balancers that ask whether this node has pods of a service (`spec.healthCheckNodePort`,
// which a service of type LoadBalancer with externalTrafficPolicy Local has): 200 where it has, 503 where not, so that
// they send connections only where somebody takes them. One port a service, on all addresses of the node.
//
//   HealthChecks checks(log);
//   checks.keep({{.port = 31000, .ns = "default", .name = "web", .localEndpoints = 2}});
//
// Whoever can reach the node may ask. There is one thread, begun with the first check; it holds kMostAskers connections
// at most, each for kMostTime, and closes them after their answer.
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/log.h>
#include <cleat/sdk/mutex.h>

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace cleat::proxy {

struct HealthCheck {
  uint16_t port = 0;
  std::string ns, name;
  size_t localEndpoints = 0;
  auto operator<=>(const HealthCheck&) const = default;
};

// The answer to whoever asks.
std::string answerOf(const HealthCheck& check);

class HealthChecks {
 public:
  static constexpr size_t kMostAskers = 64;
  static constexpr std::chrono::seconds kMostTime{5};

  explicit HealthChecks(const Log& log);
  ~HealthChecks();
  HealthChecks(const HealthChecks&) = delete;
  HealthChecks& operator=(const HealthChecks&) = delete;

  // These are answered from now on, and no others. A port that cannot be had is logged once and tried again with the
  // next call.
  void keep(const std::vector<HealthCheck>& wanted);

 private:
  using Clock = std::chrono::steady_clock;
  struct Door {
    Fd listener;
    HealthCheck check;
  };
  struct Asker {
    Fd socket;
    uint16_t port = 0;
    Clock::time_point until;
    std::string read = {};
  };

  void run();
  void wake();
  void admit(uint16_t port, int listener);
  // False: nothing more is expected of it.
  bool hear(Asker& asker);

  const Log& log_;
  Fd wake_;  // an eventfd
  Mutex mutex_;
  std::map<uint16_t, Door> doors_ CLEAT_GUARDED_BY(mutex_);
  bool stops_ CLEAT_GUARDED_BY(mutex_) = false;
  std::map<uint16_t, std::string> missed_;  // ports that could not be had, and why: of `keep` alone
  std::list<Asker> askers_;                 // of the thread alone
  std::thread thread_;
};

}  // namespace cleat::proxy
