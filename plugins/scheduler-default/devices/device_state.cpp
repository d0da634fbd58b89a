#include "devices/device_state.h"

#include <cleat/sdk/meta.h>

#include "device-common/pod_claims.h"

namespace cleat::scheduling {
namespace {

bool isChosenBefore(const Object<DeviceClass>& a, const Object<DeviceClass>& b) {
  const std::string_view made = view(a.meta().getCreationTimestamp()), other = view(b.meta().getCreationTimestamp());
  return made != other ? made > other : a.name() < b.name();
}

}  // namespace

void DeviceState::setClaim(const Object<ResourceClaim>& claim) {
  claims_.set(claim);
  noteOwner(claim.key(), claim);
  recount(claim.key());
}

void DeviceState::eraseClaim(const std::string& key) {
  claims_.erase(key);
  noteOwner(key, {});
  recount(key);
}

void DeviceState::noteOwner(const std::string& key, const Object<ResourceClaim>& claim) {
  if (auto found = owners_.find(key); found != owners_.end()) {
    auto made = made_.find(found->second);
    std::erase(made->second, key);
    if (made->second.empty()) made_.erase(made);
    owners_.erase(found);
  }
  auto owner = claim ? controllerOf(claim.meta()) : std::nullopt;
  if (!owner || !devices::isForExtendedResources(claim)) return;
  owners_[key] = str(owner->getUid());
  made_[str(owner->getUid())].push_back(key);
}

const std::vector<std::string>& DeviceState::extendedResourceClaimsOf(std::string_view podUid) const {
  static const std::vector<std::string> kNone;
  auto found = made_.find(podUid);
  return found == made_.end() ? kNone : found->second;
}

void DeviceState::setClass(const Object<DeviceClass>& deviceClass) {
  classes_.set(deviceClass);
  readResources();
}

void DeviceState::eraseClass(const std::string& name) {
  classes_.erase(name);
  readResources();
}

void DeviceState::readResources() {
  ++version_;
  byResource_.clear();
  classes_.forEach([&](const Object<DeviceClass>& one) {
    const std::string_view resource = view(one->getSpec().getExtendedResourceName());
    if (resource.empty()) return;
    std::string& chosen = byResource_[std::string(resource)];
    if (chosen.empty() || isChosenBefore(one, classes_.get(chosen))) chosen = str(one.name());
  });
}

std::string DeviceState::classFor(std::string_view resource) const {
  if (resource.starts_with(devices::kClassResource)) {
    const std::string_view name = resource.substr(devices::kClassResource.size());
    return classes_.get(name) ? std::string(name) : std::string();
  }
  auto found = byResource_.find(resource);
  return found == byResource_.end() ? std::string() : found->second;
}

void DeviceState::setSlice(const Object<ResourceSlice>& slice) {
  published_.set(slice);
  ++version_;
}

void DeviceState::eraseSlice(std::string_view name) {
  published_.erase(name);
  ++version_;
}

Object<ResourceClaim> DeviceState::claim(std::string_view key) const {
  Object<ResourceClaim> known = claims_.get(key);
  if (known && devices::isAllocated(known)) return known;
  auto found = promises_.find(key);
  if (found == promises_.end()) return known;
  const Object<ResourceClaim>& allocated = found->second.allocated;
  const bool isSame = known ? allocated.uid() == known.uid() : allocated.uid().empty();
  return isSame ? allocated : known;
}

void DeviceState::promise(const std::string& key, const Object<ResourceClaim>& allocated) {
  Promise& promise = promises_[key];
  if (promise.holders++ == 0) promise.allocated = allocated;
  recount(key);
}

void DeviceState::takeBack(const std::string& key) {
  auto found = promises_.find(key);
  if (found == promises_.end() || --found->second.holders > 0) return;
  promises_.erase(found);
  recount(key);
}

void DeviceState::recount(const std::string& key) {
  ++version_;
  if (auto found = counted_.find(key); found != counted_.end()) {
    count(found->second, -1);
    counted_.erase(found);
  }
  const Object<ResourceClaim> now = claim(key);
  if (!now || !devices::isAllocated(now)) return;
  count(now, 1);
  counted_.emplace(key, now);
}

void DeviceState::count(const Object<ResourceClaim>& claim, int sign) {
  for (auto result : claim->getStatus().getAllocation().getDevices().getResults()) {
    // Who only looks after a device takes nothing of it.
    if (result.getAdminAccess().getValue()) continue;
    const std::string id = deviceId(view(result.getDriver()), view(result.getPool()), view(result.getDevice()));
    Use& use = uses_[id];
    (result.hasShareID() ? use.parts : use.whole) += sign;
    for (auto entry : result.getConsumedCapacity()) {
      Quantity& amount = use.consumed[str(entry.getKey())];
      const Quantity change = Quantity::parseOrZero(entry.getValue());
      amount = sign > 0 ? amount + change : amount - change;
    }
    if (use.whole == 0 && use.parts == 0) uses_.erase(id);
  }
}

bool DeviceState::isTaken(const std::string& id) const {
  auto found = uses_.find(id);
  return found != uses_.end() && found->second.whole > 0;
}

bool DeviceState::isUsed(const std::string& id) const { return uses_.contains(id); }

const DeviceState::Amounts& DeviceState::consumed(const std::string& id) const {
  static const Amounts kNone;
  auto found = uses_.find(id);
  return found == uses_.end() ? kNone : found->second.consumed;
}

}  // namespace cleat::scheduling
