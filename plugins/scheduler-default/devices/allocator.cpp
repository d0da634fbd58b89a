#include "devices/allocator.h"

#include <algorithm>

namespace cleat::scheduling {

Allocator::Allocator(const DeviceState& state, const Object<core_v1::Node>& node)
    : state_(state), node_(node), counters_(state) {
  for (const PublishedDevice* device : state.published().mayBeFor(node.name())) {
    if (device->isFor(node)) reachable_.push_back(device);
  }
  // What is ready comes first.
  std::ranges::stable_partition(reachable_, [](const PublishedDevice* device) { return !device->pool->binds; });
}

Result<std::optional<Allocations>> Allocator::allocate(const std::vector<WantedDevices>& wanted) {
  wanted_ = &wanted;
  constraints_.clear();
  for (const WantedDevices& one : wanted) {
    if (!one.error.empty()) return fail(Status::internal(one.error));
    constraints_.emplace_back(one.claim->getSpec().getDevices());
  }
  found_.assign(wanted.size(), {});
  steps_ = 0;
  const bool all = from({0, 0});
  if (!error_.empty()) return fail(Status::internal(error_));
  if (!all) return std::optional<Allocations>();
  return std::optional(std::move(found_));
}

bool Allocator::suits(const DeviceChoice& choice, const PublishedDevice& device) {
  for (const Selector* selector : choice.selectors) {
    const devices::SelectorAnswer& answer = device.ask(*selector);
    if (!answer.error.empty()) {
      if (error_.empty()) error_ = concat("device ", device.id, ": CEL runtime error: ", answer.error);
      return false;
    }
    if (!answer.matches) return false;
  }
  return true;
}

Allocator::Candidates Allocator::findCandidates(const DeviceChoice& choice) {
  std::vector<const PublishedDevice*> devices;
  for (const PublishedDevice* device : reachable_) {
    const DevicePool& pool = *device->pool;
    const bool usable = pool.complete && pool.valid;
    if (!pool.valid) invalid_ = true;
    // Nobody knows which all are while a pool is being changed.
    if (!usable && choice.all && suits(choice, *device)) return std::nullopt;
    if (!usable || !suits(choice, *device)) continue;
    if (!device->isShared() && !hasCapacity(*device, choice)) continue;
    devices.push_back(device);
    if (!error_.empty()) return std::nullopt;
  }
  if (choice.all && (devices.empty() || devices.size() > kMostResults)) return std::nullopt;
  return devices;
}

const Allocator::Candidates& Allocator::candidatesOf(const DeviceChoice& choice) {
  auto found = candidates_.find(&choice);
  if (found == candidates_.end()) found = candidates_.emplace(&choice, findCandidates(choice)).first;
  return found->second;
}

bool Allocator::from(Place place) {
  if (place.claim == wanted_->size()) return true;
  const WantedDevices& claim = (*wanted_)[place.claim];
  if (place.request == claim.requests.size()) return from({place.claim + 1, 0});
  for (const DeviceChoice& choice : claim.requests[place.request].choices) {
    if (tryChoice(place, choice)) return true;
    if (!error_.empty() || steps_ > kMostSteps) return false;
  }
  return false;
}

bool Allocator::tryChoice(Place place, const DeviceChoice& choice) {
  const Candidates& candidates = candidatesOf(choice);
  if (!candidates) return false;
  const size_t count = choice.all ? candidates->size() : choice.count;
  if (candidates->empty() || found_[place.claim].size() + count > kMostResults) return false;
  return pick(place, choice, *candidates, 0, count);
}

bool Allocator::pick(Place place, const DeviceChoice& choice, const std::vector<const PublishedDevice*>& candidates,
                     size_t first, size_t left) {
  if (left == 0) return from({place.claim, place.request + 1});
  for (size_t i = first; i < candidates.size(); ++i) {
    if (++steps_ > kMostSteps || !error_.empty()) return false;
    const PublishedDevice& device = *candidates[i];
    if (take(place, choice, device)) {
      // Of a device that is shared a request may have several parts.
      const size_t next = device.isShared() && !choice.all ? i : i + 1;
      if (pick(place, choice, candidates, next, left - 1)) return true;
      giveBack(place);
    }
    if (choice.all) return false;
  }
  return false;
}

bool Allocator::isTolerated(const DeviceChoice& choice, const PublishedDevice& device) const {
  auto minds = [&](resource_v1::DeviceTaint::Reader taint) {
    return devices::keepsOff(taint) && !devices::areTolerated(choice.tolerations, taint);
  };
  for (auto taint : device.device.getTaints()) {
    if (minds(taint)) return false;
  }
  bool tolerated = true;
  state_.rules().forEach([&](const Object<DeviceTaintRule>& rule) {
    auto spec = rule->getSpec();
    if (devices::selects(spec, device.driver(), device.poolName(), device.name()) && minds(spec.getTaint())) {
      tolerated = false;
    }
  });
  return tolerated;
}

bool Allocator::takePart(const PublishedDevice& device, ChosenDevice& chosen) {
  chosen.consumed = consumptionOf(device, *chosen.choice);
  if (!chosen.consumed) return false;
  DeviceState::Amounts& here = parts_[&device];
  const DeviceState::Amounts& used = state_.consumed(device.id);
  for (auto entry : device.device.getCapacity()) {
    const std::string key = str(entry.getKey());
    auto has = used.find(key);
    const Quantity before = (has == used.end() ? Quantity() : has->second) + here[key];
    if (before + (*chosen.consumed)[key] > Quantity::parseOrZero(entry.getValue().getValue())) return false;
  }
  for (const auto& [key, amount] : *chosen.consumed) here[key] += amount;
  return true;
}

bool Allocator::take(Place place, const DeviceChoice& choice, const PublishedDevice& device) {
  ChosenDevice chosen{&device, &choice, std::nullopt};
  const bool isTaken = device.isShared() ? state_.isTaken(device.id) : state_.isUsed(device.id);
  if (!choice.adminAccess && (isTaken || taken_.contains(&device))) return false;
  if (!isTolerated(choice, device)) return false;
  if (!constraints_[place.claim].add(choice, device)) return false;
  // Who only looks after a device takes nothing of it.
  if (choice.adminAccess) {
    found_[place.claim].push_back(std::move(chosen));
    return true;
  }
  // Parts of a device share its counters.
  const bool first = !state_.isUsed(device.id) && parts_.find(&device) == parts_.end();
  if (device.isShared() ? !(takePart(device, chosen) && (!first || counters_.take(device))) : !counters_.take(device)) {
    if (device.isShared() && first) parts_.erase(&device);
    constraints_[place.claim].remove(choice, device);
    return false;
  }
  if (!device.isShared()) taken_.insert(&device);
  found_[place.claim].push_back(std::move(chosen));
  return true;
}

void Allocator::giveBack(Place place) {
  const ChosenDevice chosen = std::move(found_[place.claim].back());
  found_[place.claim].pop_back();
  constraints_[place.claim].remove(*chosen.choice, *chosen.device);
  if (chosen.choice->adminAccess) return;
  if (!chosen.device->isShared()) {
    taken_.erase(chosen.device);
    counters_.giveBack(*chosen.device);
    return;
  }
  DeviceState::Amounts& here = parts_[chosen.device];
  for (const auto& [key, amount] : *chosen.consumed) here[key] -= amount;
  const bool others = std::ranges::any_of(found_, [&](const Allocation& allocation) {
    return std::ranges::any_of(allocation, [&](const ChosenDevice& other) {
      return other.device == chosen.device && !other.choice->adminAccess;
    });
  });
  if (others) return;
  parts_.erase(chosen.device);
  if (!state_.isUsed(chosen.device->id)) counters_.giveBack(*chosen.device);
}

}  // namespace cleat::scheduling
