// How the devices of this node are, as far as their drivers say it. Strand only.
#pragma once

#include <cleat/schema/role/device_driver.capnp.h>

#include <functional>
#include <map>
#include <string>

namespace cleat::agent {

struct DeviceId {
  std::string driver, pool, device;
  auto operator<=>(const DeviceId&) const = default;
};

struct DeviceHealth {
  role::Health health = role::Health::UNKNOWN;
  std::string message;
  bool operator==(const DeviceHealth&) const = default;
};
using HealthByDevice = std::map<DeviceId, DeviceHealth>;

class DeviceHealths {
 public:
  // `changed` is called whenever something else is known of any device.
  void onChange(std::function<void()> changed) { changed_ = std::move(changed); }
  void set(HealthByDevice now) {
    if (known_ == now) return;
    known_ = std::move(now);
    changed_();
  }
  DeviceHealth of(const DeviceId& device) const {
    const auto found = known_.find(device);
    return found == known_.end() ? DeviceHealth() : found->second;
  }

 private:
  HealthByDevice known_;
  std::function<void()> changed_ = [] {};
};

}  // namespace cleat::agent
