// In which resources of quotas the objects of a kind are measured, and what one of them takes.
#pragma once

#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "quota-common/amounts.h"
#include "quota-common/device_usage.h"

namespace cleat::quota {

// A kind, whatever its version.
struct KindName {
  std::string group, resource;
  auto operator<=>(const KindName&) const = default;
};

// Reviews and such are not stored, and events were never counted.
bool isCounted(const KindName& kind);

// Claims for devices.
inline const KindName kDeviceClaims{"resource.k8s.io", "resourceclaims"};

// Whether a quota that names the resource is about objects of this kind.
bool measures(const KindName& kind, std::string_view resource);
// The kinds that a resource is about: one, or pods and claims for devices where both have it; none for a resource that
// nothing is measured in.
std::vector<KindName> measuredKinds(std::string_view resource);

// What the object takes of each resource that its kind is measured in. What has ended, and what should have by `now`,
// takes no more than its place. `devices` is for claims for devices.
Amounts usageOf(const KindName& kind, const AnyRef& object, WallTime now, const DeviceLookup* devices = nullptr);

// Of the resources that are `named`, those that each container of the pod has to say something about and does not, as
// Kubernetes words it: "must specify limits.cpu for: a,b; memory for: a". Empty: all is said, or it is no pod.
std::string missingIn(const KindName& kind, const AnyRef& object, const std::function<bool(std::string_view)>& named);

}  // namespace cleat::quota
