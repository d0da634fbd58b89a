// What may stand in a claim: what it asks for, and what was allocated.
#pragma once

#include <set>
#include <string>

#include "kinds-resource/resource_kinds.h"

namespace cleat::kinds::resource {

void checkClaim(v1::ResourceClaimSpec::Reader spec, const Path& path, Findings& findings);
void checkClaimStatus(const Change<v1::ResourceClaim>& change, Findings& findings);

// A device in the world, or a share of one: "driver/pool/device" or "driver/pool/device/share".
std::string deviceIdOf(v1::DeviceRequestAllocationResult::Reader result);
std::string deviceIdOf(v1::AllocatedDeviceStatus::Reader device);
std::set<std::string> allocatedDevices(v1::ResourceClaimStatus::Reader status);

}  // namespace cleat::kinds::resource
