#include "devices/device_limits.h"

#include <algorithm>

namespace cleat::scheduling {
namespace {

std::string shown(resource_v1::DeviceAttribute::Reader attribute) {
  if (attribute.hasString()) return concat("s", attribute.getString());
  if (attribute.hasVersion()) return concat("v", attribute.getVersion());
  if (attribute.hasInt()) return concat("i", attribute.getInt().getValue());
  return concat("b", attribute.getBool().getValue());
}

// An entry by its qualified name, whether or not the device says the domain.
template <class Entries>
auto findNamed(Entries entries, std::string_view wanted, std::string_view driver)
    -> std::optional<decltype(entries[0].getValue())> {
  const devices::QualifiedName name = devices::qualified(wanted, driver);
  for (auto entry : entries) {
    const devices::QualifiedName other = devices::qualified(view(entry.getKey()), driver);
    if (other.domain == name.domain && other.name == name.name) return entry.getValue();
  }
  return std::nullopt;
}

// The least amount that the policy allows and that is no less than what is asked for.
std::optional<Quantity> allowed(resource_v1::CapacityRequestPolicy::Reader policy, const Quantity& wanted) {
  if (policy.getValidValues().size() > 0) {
    std::optional<Quantity> least;
    for (auto text : policy.getValidValues()) {
      const Quantity value = Quantity::parseOrZero(text);
      if (value >= wanted && (!least || value < *least)) least = value;
    }
    return least;
  }
  if (!policy.hasValidRange()) return wanted;
  auto range = policy.getValidRange();
  const Quantity least = Quantity::parseOrZero(range.getMin());
  Quantity amount = std::max(wanted, least);
  if (range.hasStep() && amount > least) {
    const int64_t step = Quantity::parseOrZero(range.getStep()).value();
    const int64_t above = (amount - least).value();
    if (step > 0) amount = least + Quantity::of((above + step - 1) / step * step, amount.format());
  }
  if (range.hasMax() && amount > Quantity::parseOrZero(range.getMax())) return std::nullopt;
  return amount;
}

}  // namespace

std::optional<std::string> attributeOf(const PublishedDevice& device, std::string_view attribute) {
  auto found = findNamed(device.device.getAttributes(), attribute, device.driver());
  return found ? std::optional(shown(*found)) : std::nullopt;
}

bool DeviceConstraints::concerns(uint32_t constraint, const DeviceChoice& choice) const {
  auto names = constraints_[constraint].getRequests();
  if (names.size() == 0) return true;
  for (auto name : names) {
    if (refersTo(view(name), choice)) return true;
  }
  return false;
}

bool DeviceConstraints::suits(uint32_t at, const PublishedDevice& device) const {
  auto constraint = constraints_[at];
  const bool match = constraint.hasMatchAttribute();
  const auto value =
      attributeOf(device, view(match ? constraint.getMatchAttribute() : constraint.getDistinctAttribute()));
  if (!value) return false;
  if (match) return held_[at].empty() || held_[at].front() == *value;
  return std::ranges::find(held_[at], *value) == held_[at].end();
}

bool DeviceConstraints::add(const DeviceChoice& choice, const PublishedDevice& device) {
  for (uint32_t i = 0; i < constraints_.size(); ++i) {
    if (concerns(i, choice) && !suits(i, device)) return false;
  }
  for (uint32_t i = 0; i < constraints_.size(); ++i) {
    if (!concerns(i, choice)) continue;
    auto constraint = constraints_[i];
    auto name = constraint.hasMatchAttribute() ? constraint.getMatchAttribute() : constraint.getDistinctAttribute();
    held_[i].push_back(attributeOf(device, view(name)).value_or(""));
  }
  return true;
}

void DeviceConstraints::remove(const DeviceChoice& choice, const PublishedDevice&) {
  for (uint32_t i = 0; i < constraints_.size(); ++i) {
    if (concerns(i, choice)) held_[i].pop_back();
  }
}

void SharedCounters::change(Left& left, resource_v1::Device::Reader device, bool add) {
  for (auto consumption : device.getConsumesCounters()) {
    for (auto counter : consumption.getCounters()) {
      Quantity& amount = left[{str(consumption.getCounterSet()), str(counter.getKey())}];
      const Quantity value = Quantity::parseOrZero(counter.getValue().getValue());
      amount = add ? amount + value : amount - value;
    }
  }
}

SharedCounters::Left& SharedCounters::of(const DevicePool& pool) {
  auto [at, added] = left_.try_emplace(&pool);
  Left& left = at->second;
  if (!added) return left;
  for (auto set : pool.counters) {
    for (auto counter : set.getCounters()) {
      left[{str(set.getName()), str(counter.getKey())}] = Quantity::parseOrZero(counter.getValue().getValue());
    }
  }
  for (const PublishedDevice* device : pool.devices) {
    if (device->device.getConsumesCounters().size() > 0 && state_.isUsed(device->id)) {
      change(left, device->device, false);
    }
  }
  return left;
}

bool SharedCounters::take(const PublishedDevice& device) {
  if (device.device.getConsumesCounters().size() == 0) return true;
  Left& left = of(*device.pool);
  for (auto consumption : device.device.getConsumesCounters()) {
    for (auto counter : consumption.getCounters()) {
      auto found = left.find({str(consumption.getCounterSet()), str(counter.getKey())});
      if (found == left.end() || found->second < Quantity::parseOrZero(counter.getValue().getValue())) return false;
    }
  }
  change(left, device.device, false);
  return true;
}

void SharedCounters::giveBack(const PublishedDevice& device) {
  if (device.device.getConsumesCounters().size() > 0) change(of(*device.pool), device.device, true);
}

bool hasCapacity(const PublishedDevice& device, const DeviceChoice& choice) {
  return std::ranges::all_of(choice.capacity, [&](const auto& wanted) {
    auto found = findNamed(device.device.getCapacity(), wanted.first, device.driver());
    return found && Quantity::parseOrZero(found->getValue()) >= wanted.second;
  });
}

std::optional<DeviceState::Amounts> consumptionOf(const PublishedDevice& device, const DeviceChoice& choice) {
  if (!hasCapacity(device, choice)) return std::nullopt;
  DeviceState::Amounts amounts;
  for (auto entry : device.device.getCapacity()) {
    auto capacity = entry.getValue();
    const Quantity whole = Quantity::parseOrZero(capacity.getValue());
    std::optional<Quantity> wanted;
    const devices::QualifiedName name = devices::qualified(view(entry.getKey()), device.driver());
    for (const auto& [asked, amount] : choice.capacity) {
      const devices::QualifiedName other = devices::qualified(asked, device.driver());
      if (other.domain == name.domain && other.name == name.name) wanted = amount;
    }
    std::optional<Quantity> amount = whole;
    if (capacity.hasRequestPolicy()) {
      auto policy = capacity.getRequestPolicy();
      if (!wanted && policy.hasDefault()) wanted = Quantity::parseOrZero(policy.getDefault());
      if (wanted) amount = allowed(policy, *wanted);
    } else if (wanted) {
      amount = wanted;
    }
    if (!amount || *amount > whole) return std::nullopt;
    amounts[str(entry.getKey())] = *amount;
  }
  return amounts;
}

}  // namespace cleat::scheduling
