// Finds devices for claims on one node, as Kubernetes' structured allocator does: the first combination, in the order
// of the claims, their requests, the choices of a request and the devices of the pools, that everything allows.
//
//   Allocator allocator(state, node);
//   Result<std::optional<Allocations>> found = allocator.allocate(wanted);
//
// An error is an expression that failed; nothing: these claims cannot all be had on the node.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "devices/device_limits.h"

namespace cleat::scheduling {

struct ChosenDevice {
  const PublishedDevice* device = nullptr;
  const DeviceChoice* choice = nullptr;
  std::optional<DeviceState::Amounts> consumed;  // of one that is shared
};
using Allocation = std::vector<ChosenDevice>;  // of one claim, in the order of its requests
using Allocations = std::vector<Allocation>;   // in the order of the claims

class Allocator {
 public:
  Allocator(const DeviceState& state, const Object<core_v1::Node>& node);
  // `wanted` must outlive what is found, and nothing may change meanwhile.
  Result<std::optional<Allocations>> allocate(const std::vector<WantedDevices>& wanted);
  // Whether a pool that might have had devices was invalid, as Kubernetes tells then.
  bool metInvalidPool() const { return invalid_; }

 private:
  // Beyond so many steps the node is taken for one that has not what is wanted.
  static constexpr size_t kMostSteps = 200'000;

  struct Place {
    size_t claim = 0, request = 0;
  };
  // The devices for a choice, whether or not they are free; nothing: it cannot be met whatever is free.
  using Candidates = std::optional<std::vector<const PublishedDevice*>>;
  const Candidates& candidatesOf(const DeviceChoice& choice);
  Candidates findCandidates(const DeviceChoice& choice);
  bool suits(const DeviceChoice& choice, const PublishedDevice& device);

  // Each returns whether the rest could be found too; what was taken for it is then in `found_`.
  bool from(Place place);
  bool tryChoice(Place place, const DeviceChoice& choice);
  bool pick(Place place, const DeviceChoice& choice, const std::vector<const PublishedDevice*>& candidates,
            size_t first, size_t left);
  bool take(Place place, const DeviceChoice& choice, const PublishedDevice& device);
  bool takePart(const PublishedDevice& device, ChosenDevice& chosen);
  void giveBack(Place place);

  bool isTolerated(const DeviceChoice& choice, const PublishedDevice& device) const;

  const DeviceState& state_;
  Object<core_v1::Node> node_;
  std::vector<const PublishedDevice*> reachable_;
  const std::vector<WantedDevices>* wanted_ = nullptr;
  std::vector<DeviceConstraints> constraints_;  // by claim
  SharedCounters counters_;
  std::unordered_map<const DeviceChoice*, Candidates> candidates_;
  std::unordered_set<const PublishedDevice*> taken_;
  std::unordered_map<const PublishedDevice*, DeviceState::Amounts> parts_;  // of shared ones
  Allocations found_;
  std::string error_;
  size_t steps_ = 0;
  bool invalid_ = false;
};

}  // namespace cleat::scheduling
