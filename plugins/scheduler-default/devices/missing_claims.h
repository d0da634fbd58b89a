// Whether the claims for devices that a pod names are there, for it to use.
#pragma once

#include <optional>
#include <string>

#include "device-common/pod_claims.h"
#include "devices/device_state.h"

namespace cleat::scheduling {

struct MissingClaim {
  std::string why;  // in Kubernetes' words
  std::string key;  // of the claim that has to change; empty: the pod has to say first which it is
};
// The first that is not; nothing: all are there.
std::optional<MissingClaim> missingClaimOf(const Object<core_v1::Pod>& pod, const DeviceState& known);

}  // namespace cleat::scheduling
