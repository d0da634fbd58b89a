// Devices that a driver has to make ready once a node is chosen: their binding conditions were copied into the claim's
// allocation, and the driver says in the claim's `status.devices` which are met, and whether it failed.
#pragma once

#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/object.h>

#include <string>

namespace cleat::scheduling {

struct Readiness {
  enum class State : uint8_t { ready, pending, failed } state = State::ready;
  std::string why;  // of a failure
};
// A claim without such devices is ready when it is allocated.
Readiness readinessOf(const Object<resource_v1::ResourceClaim>& claim);
bool hasBindingConditions(const Object<resource_v1::ResourceClaim>& claim);

}  // namespace cleat::scheduling
