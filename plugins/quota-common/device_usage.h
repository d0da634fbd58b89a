// What a claim for devices takes of quotas. A device counts under its class (`gpu.deviceclass.resource.k8s.io/devices`)
// and under the extended resources that are other names of it: `requests.deviceclass.resource.kubernetes.io/gpu`, and
// `requests.example.com/gpu` where the class says `extendedResourceName: example.com/gpu`. What a pod asks for by such
// a name counts for the pod; the claim that the scheduler makes of it does not count under that name a second time.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>

#include <string>
#include <string_view>

#include "quota-common/amounts.h"

namespace cleat::quota {

inline constexpr std::string_view kRequests = "requests.";
inline constexpr std::string_view kOfDevices = ".deviceclass.resource.k8s.io/devices";

// What it depends on besides the claim itself.
class DeviceLookup {
 public:
  virtual ~DeviceLookup() = default;
  // As the class says it; empty: none, or there is no such class.
  virtual std::string_view extendedResourceOf(std::string_view deviceClass) const = 0;
  // The pod that is the claim's controller; refers to nothing where none is, or it is not known.
  virtual Object<core_v1::Pod> controllingPod(const Object<resource_v1::ResourceClaim>& claim) const = 0;
  // Whether another claim is for extended resources of the same pod.
  virtual bool hasTwin(const Object<resource_v1::ResourceClaim>& claim) const = 0;
};

bool isExtendedResource(std::string_view name);

// Without `lookup` as if there were no such names and pods.
Amounts deviceUsage(const Object<resource_v1::ResourceClaim>& claim, const DeviceLookup* lookup);

}  // namespace cleat::quota
