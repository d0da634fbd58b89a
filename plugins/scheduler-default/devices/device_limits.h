// What bounds a choice of devices beyond each device by itself: the attributes that they must have in common or not,
// the counters that devices of a pool share, and the capacity of devices that several claims have a part of.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "devices/wanted_devices.h"

namespace cleat::scheduling {

// The attribute as a text that is equal for equal values of a type; nothing for a device without it.
std::optional<std::string> attributeOf(const PublishedDevice& device, std::string_view attribute);

// The constraints of one claim, with what has been chosen so far.
class DeviceConstraints {
 public:
  explicit DeviceConstraints(resource_v1::DeviceClaim::Reader claim) : constraints_(claim.getConstraints()) {
    held_.resize(constraints_.size());
  }
  // Returns whether the device may be added, and adds it then.
  bool add(const DeviceChoice& choice, const PublishedDevice& device);
  // The last one that was added.
  void remove(const DeviceChoice& choice, const PublishedDevice& device);

 private:
  bool concerns(uint32_t constraint, const DeviceChoice& choice) const;
  bool suits(uint32_t constraint, const PublishedDevice& device) const;

  capnp::List<resource_v1::DeviceConstraint>::Reader constraints_;
  std::vector<std::vector<std::string>> held_;  // by constraint: the values of those chosen
};

// Counters of pools: what is left of them after what claims have, and what has been chosen.
class SharedCounters {
 public:
  explicit SharedCounters(const DeviceState& state) : state_(state) {}
  bool take(const PublishedDevice& device);
  void giveBack(const PublishedDevice& device);

 private:
  using Left = std::map<std::pair<std::string, std::string>, Quantity>;  // by set and counter
  Left& of(const DevicePool& pool);
  static void change(Left& left, resource_v1::Device::Reader device, bool add);

  const DeviceState& state_;
  std::map<const DevicePool*, Left> left_;
};

// Of a device that is not shared: whether it has as much as is asked for.
bool hasCapacity(const PublishedDevice& device, const DeviceChoice& choice);
// Of one that is shared: how much of each capacity a request takes, in the steps that the device's policies allow.
// Nothing: a policy does not allow it, or the device has not so much.
std::optional<DeviceState::Amounts> consumptionOf(const PublishedDevice& device, const DeviceChoice& choice);

}  // namespace cleat::scheduling
