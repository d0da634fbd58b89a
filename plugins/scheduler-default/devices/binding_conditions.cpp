#include "devices/binding_conditions.h"

#include <cleat/sdk/meta.h>

#include <optional>

namespace cleat::scheduling {
namespace {

using resource_v1::AllocatedDeviceStatus;
using resource_v1::DeviceRequestAllocationResult;
using resource_v1::ResourceClaim;

// Parts of a device that is shared are not told apart.
std::optional<AllocatedDeviceStatus::Reader> statusOf(ResourceClaim::Reader claim,
                                                      DeviceRequestAllocationResult::Reader result) {
  for (auto device : claim.getStatus().getDevices()) {
    const bool isSame = view(device.getDevice()) == view(result.getDevice()) &&
                        view(device.getDriver()) == view(result.getDriver()) &&
                        view(device.getPool()) == view(result.getPool());
    if (isSame) return device;
  }
  return std::nullopt;
}

bool isMet(AllocatedDeviceStatus::Reader device, std::string_view type) {
  auto condition = findCondition(device.getConditions(), type);
  return condition && view(condition->getStatus()) == "True";
}

}  // namespace

Readiness readinessOf(const Object<ResourceClaim>& claim) {
  using State = Readiness::State;
  Readiness readiness{claim->getStatus().hasAllocation() ? State::ready : State::pending, {}};
  for (auto result : claim->getStatus().getAllocation().getDevices().getResults()) {
    if (result.getBindingConditions().size() == 0) continue;
    const auto device = statusOf(*claim, result);
    if (!device) return {State::pending, {}};
    for (auto type : result.getBindingFailureConditions()) {
      if (!isMet(*device, view(type))) continue;
      auto condition = *findCondition(device->getConditions(), view(type));
      return {State::failed, concat("claim ", claim.name(), " binding failed: reason=", condition.getReason(),
                                    ", message=", inQuotes(view(condition.getMessage())))};
    }
    for (auto type : result.getBindingConditions()) {
      if (!isMet(*device, view(type))) return {State::pending, {}};
    }
  }
  return readiness;
}

bool hasBindingConditions(const Object<ResourceClaim>& claim) {
  for (auto result : claim->getStatus().getAllocation().getDevices().getResults()) {
    if (result.getBindingConditions().size() > 0) return true;
  }
  return false;
}

}  // namespace cleat::scheduling
