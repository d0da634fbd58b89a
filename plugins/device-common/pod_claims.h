// Which ResourceClaims a pod uses, whether a claim was made for it, and who a claim is reserved for.
//
//   for (const PodClaim& use : podClaimsOf(pod)) {
//     if (use.state == PodClaim::State::named) claims.get(keyOf(pod.ns(), use.claim));
//   }
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/object.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::devices {

using core_v1::Pod;
using resource_v1::ResourceClaim;

// On a claim that was made of a template: the name in spec.resourceClaims that it was made for.
inline constexpr const char* kPodClaimName = "resource.kubernetes.io/pod-claim-name";
// On a claim while devices are allocated to it.
inline constexpr const char* kDeleteProtection = "resource.kubernetes.io/delete-protection";
// "true" on a claim that the scheduler made for extended resources of a pod (`requests: {example.com/gpu: 1}`) which
// devices of a class provide.
inline constexpr const char* kExtendedResourceClaim = "resource.kubernetes.io/extended-resource-claim";
// Before a class's name: the extended resource that each class provides, whatever else it says.
inline constexpr std::string_view kClassResource = "deviceclass.resource.kubernetes.io/";

struct PodClaim {
  enum class State : uint8_t {
    named,       // it is `claim`
    notCreated,  // it is to be made of `fromTemplate`
    notNeeded,   // the pod's status says that none is needed
  };
  std::string name;  // in spec.resourceClaims
  State state = State::named;
  std::string claim;         // in the pod's namespace
  std::string fromTemplate;  // empty: the pod names the claim itself
};
// In the order of spec.resourceClaims.
std::vector<PodClaim> podClaimsOf(const Object<Pod>& pod);
// The one that was made for the pod's extended resources, as its status says; empty: none.
std::string_view extendedResourceClaimOf(const Object<Pod>& pod);
// The keys of all these, as far as they have a name.
std::vector<std::string> claimKeysOf(const Object<Pod>& pod);

// Whether the claim was made for the pod.
bool isMadeFor(const Object<ResourceClaim>& claim, const Object<Pod>& pod);
// Whether it was made for extended resources of the pod that is its controller.
bool isForExtendedResources(const Object<ResourceClaim>& claim);
bool isReservedFor(resource_v1::ResourceClaimStatus::Reader status, std::string_view podUid);
// A consumer that is a pod.
bool isPod(resource_v1::ResourceClaimConsumerReference::Reader consumer);
bool isAllocated(const Object<ResourceClaim>& claim);

// One consumer more: the pod.
void reserveFor(resource_v1::ResourceClaimStatus::Builder status, const Object<Pod>& pod);

}  // namespace cleat::devices
