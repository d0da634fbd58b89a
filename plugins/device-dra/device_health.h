// How the devices of a driver are, as it says by Kubernetes' protocol for that (DRAResourceHealth): it is watched on a
// thread of its own for as long as this lives, and asked again when the watch ends. A driver that has no such service
// is left alone. What a driver does not repeat in time is not known any more.
//
//   DriverHealth health(driver, [](const std::string& line) { … });   // `say`, from that thread
//   for (const DeviceHealth& device : health.known()) …
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/time.h>

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "dra_driver.h"

namespace cleat::dra {

struct DeviceHealth {
  enum class State : uint8_t { unknown, healthy, unhealthy };
  std::string pool, device;
  State state = State::unknown;
  std::string message;
  Duration lasts{};  // so long it is true
  bool operator==(const DeviceHealth&) const = default;
};
// What one message of the service says.
Result<std::vector<DeviceHealth>> healthIn(std::string_view message);

class DriverHealth {
 public:
  DriverHealth(DriverFacts driver, std::function<void(const std::string&)> say);
  ~DriverHealth();
  DriverHealth(const DriverHealth&) = delete;
  DriverHealth& operator=(const DriverHealth&) = delete;

  const DriverFacts& driver() const { return driver_; }
  std::vector<DeviceHealth> known() const CLEAT_EXCLUDES(mutex_);

 private:
  using Clock = std::chrono::steady_clock;
  struct Known {
    DeviceHealth health;
    Clock::time_point until;
  };
  void watch();
  void take(std::string_view message) CLEAT_EXCLUDES(mutex_);
  // Whether it has been told to stop.
  bool stoppedWithin(Duration time) const;

  const DriverFacts driver_;
  const std::function<void(const std::string&)> say_;
  const Fd stop_;  // can be read from then on
  mutable Mutex mutex_;
  std::vector<Known> known_ CLEAT_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace cleat::dra
