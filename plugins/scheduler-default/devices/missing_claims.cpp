#include "devices/missing_claims.h"

#include <cleat/sdk/meta.h>

namespace cleat::scheduling {

using devices::PodClaim;

std::optional<MissingClaim> missingClaimOf(const Object<core_v1::Pod>& pod, const DeviceState& known) {
  for (const PodClaim& use : devices::podClaimsOf(pod)) {
    if (use.state == PodClaim::State::notNeeded) continue;
    if (use.state == PodClaim::State::notCreated) {
      return MissingClaim{concat("pod ", inQuotes(pod.key()), ": ResourceClaim not created yet"), {}};
    }
    const std::string key = keyOf(pod.ns(), use.claim);
    const Object<ResourceClaim> claim = known.claim(key);
    if (!claim) return MissingClaim{concat("resourceclaim.resource.k8s.io ", inQuotes(use.claim), " not found"), key};
    if (deletionPending(claim.meta())) {
      return MissingClaim{concat("resourceclaim ", inQuotes(use.claim), " is being deleted"), key};
    }
    if (!use.fromTemplate.empty() && !devices::isMadeFor(claim, pod)) {
      return MissingClaim{concat("ResourceClaim ", key, " was not created for pod ", pod.key(), " (pod is not owner)"),
                          key};
    }
  }
  return std::nullopt;
}

}  // namespace cleat::scheduling
