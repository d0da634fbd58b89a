// When a pod has to go for the taints of its devices, and what a rule says of that. Pure functions over what there is.
#pragma once

#include <cleat/sdk/informer.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "device-common/device_taints.h"
#include "device-common/pod_claims.h"

namespace cleat::device_taint_eviction {

using core_v1::Pod;
using resource_v1::DeviceTaintRule;
using resource_v1::ResourceClaim;
using resource_v1::ResourceSlice;

// "driver/pool", the name of the index of slices and of claims.
inline constexpr const char* kByPool = "pool";
std::vector<std::string> poolsOf(const Object<ResourceClaim>& claim);

struct Known {
  Informer<ResourceClaim>& claims;
  Informer<ResourceSlice>& slices;
  Informer<DeviceTaintRule>& rules;
};

struct Due {
  WallTime at{};
  std::string rule;  // the name of the rule whose taint it is; empty: the device's own
};
// The earliest; nothing where the pod may stay. `whatIf`: a rule that counts as one of NoExecute.
std::optional<Due> dueOf(const Object<Pod>& pod, const Known& known, WallTime now,
                         const Object<DeviceTaintRule>& whatIf = {});

// Whether it runs, so that there is something to end.
bool isRunning(const Object<Pod>& pod);

struct Outlook {
  size_t pods = 0;  // that have to go, or would
  size_t namespaces = 0;
  size_t published = 0, allocated = 0;  // devices that the rule selects
};
Outlook outlookOf(const Object<DeviceTaintRule>& rule, const std::vector<Object<Pod>>& pods, const Known& known,
                  WallTime now);

// "1 pod needs to be evicted in 1 namespace. 2 pods evicted since starting the controller."
std::string progressText(const Outlook& outlook, size_t evicted);
// What a rule with the effect None says.
std::string simulationText(const Outlook& outlook);

}  // namespace cleat::device_taint_eviction
