#include "devices/device_state.h"

#include "device-common/pod_claims.h"

namespace cleat::scheduling {

void DeviceState::setClaim(const Object<ResourceClaim>& claim) {
  claims_.set(claim);
  recount(claim.key());
}

void DeviceState::eraseClaim(const std::string& key) {
  claims_.erase(key);
  recount(key);
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
  if (!known || devices::isAllocated(known)) return known;
  auto found = promises_.find(key);
  const bool isSame = found != promises_.end() && found->second.allocated.uid() == known.uid();
  return isSame ? found->second.allocated : known;
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
