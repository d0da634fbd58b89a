// How far forward the choices are that claims got of requests with several (firstAvailable): by that DynamicResources
// scores nodes.
#pragma once

#include <cstdint>

#include "devices/allocator.h"

namespace cleat::scheduling {

// The first choice of a request is worth 8, each that comes later one less, devices that were asked for exactly
// nothing.
int64_t rankOf(const Object<ResourceClaim>& allocated);
int64_t rankOf(const WantedDevices& wanted, const Allocation& allocation);

}  // namespace cleat::scheduling
