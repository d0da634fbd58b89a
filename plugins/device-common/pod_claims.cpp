#include "device-common/pod_claims.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::devices {

std::vector<PodClaim> podClaimsOf(const Object<Pod>& pod) {
  std::vector<PodClaim> uses;
  for (auto entry : pod->getSpec().getResourceClaims()) {
    PodClaim use{.name = str(entry.getName())};
    if (entry.hasResourceClaimName()) {
      use.claim = str(entry.getResourceClaimName());
    } else {
      use.state = PodClaim::State::notCreated;
      use.fromTemplate = str(entry.getResourceClaimTemplateName());
      for (auto status : pod->getStatus().getResourceClaimStatuses()) {
        if (view(status.getName()) != use.name) continue;
        use.claim = str(status.getResourceClaimName());
        use.state = use.claim.empty() ? PodClaim::State::notNeeded : PodClaim::State::named;
      }
    }
    uses.push_back(std::move(use));
  }
  return uses;
}

std::string_view extendedResourceClaimOf(const Object<Pod>& pod) {
  return view(pod->getStatus().getExtendedResourceClaimStatus().getResourceClaimName());
}

std::vector<std::string> claimKeysOf(const Object<Pod>& pod) {
  std::vector<std::string> keys;
  auto add = [&](std::string key) {
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
  };
  if (const std::string_view claim = extendedResourceClaimOf(pod); !claim.empty()) add(keyOf(pod.ns(), claim));
  if (pod->getSpec().getResourceClaims().size() == 0) return keys;
  for (const PodClaim& use : podClaimsOf(pod)) {
    if (use.state == PodClaim::State::named) add(keyOf(pod.ns(), use.claim));
  }
  return keys;
}

bool isMadeFor(const Object<ResourceClaim>& claim, const Object<Pod>& pod) {
  return claim.ns() == pod.ns() && isControlledBy(claim.meta(), pod.uid());
}

bool isForExtendedResources(const Object<ResourceClaim>& claim) {
  return annotation(claim.meta(), kExtendedResourceClaim) == "true";
}

bool isPod(resource_v1::ResourceClaimConsumerReference::Reader consumer) {
  return consumer.getApiGroup().size() == 0 && view(consumer.getResource()) == "pods";
}

bool isReservedFor(resource_v1::ResourceClaimStatus::Reader status, std::string_view podUid) {
  for (auto consumer : status.getReservedFor()) {
    if (view(consumer.getUid()) == podUid) return true;
  }
  return false;
}

bool isAllocated(const Object<ResourceClaim>& claim) { return claim->getStatus().hasAllocation(); }

void reserveFor(resource_v1::ResourceClaimStatus::Builder status, const Object<Pod>& pod) {
  using Consumer = resource_v1::ResourceClaimConsumerReference;
  const uint32_t at = status.getReservedFor().size();
  status.adoptReservedFor(extended<Consumer>(status.disownReservedFor(), orphanageOf(status), 1));
  auto consumer = status.getReservedFor()[at];
  consumer.setResource("pods");
  consumer.setName(str(pod.name()));
  consumer.setUid(str(pod.uid()));
}

}  // namespace cleat::devices
