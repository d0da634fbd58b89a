// How an allocation is written into its claim.
#pragma once

#include "devices/allocator.h"

namespace cleat::scheduling {

// The claim as it will be: with the devices, what configures them, and the nodes that can use them. The caller
// sees to the claim's finalizer and its reservations.
Object<ResourceClaim> allocated(const WantedDevices& wanted, const Allocation& allocation,
                                const Object<core_v1::Node>& node, const DeviceState& state);

}  // namespace cleat::scheduling
