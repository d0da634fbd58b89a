#include "claims.h"

#include <cleat/sdk/meta.h>

namespace cleat::resource_claim {

using Consumer = resource_v1::ResourceClaimConsumerReference;

std::string generateNameFor(std::string_view pod, std::string_view claimName) {
  // A label has 63 characters; a hyphen and five of chance are added.
  constexpr size_t kMost = 57;
  std::string whole = concat(pod, "-", claimName);
  if (whole.size() <= kMost) return whole + "-";
  // Something of both, in proportion: the end of the one alone would not say which claim it is.
  const size_t length = whole.size() + 1;
  return concat(pod.substr(0, pod.size() * kMost / length), "-", claimName.substr(0, claimName.size() * kMost / length),
                "-");
}

Draft<ResourceClaim> claimFor(const Object<Pod>& pod, const std::string& claimName,
                              const Object<ResourceClaimTemplate>& from) {
  Draft<ResourceClaim> claim;
  auto meta = claim->initMetadata();
  meta.setGenerateName(generateNameFor(pod.name(), claimName));
  meta.setNamespace(str(pod.ns()));
  auto wanted = from->getSpec();
  meta.setLabels(wanted.getMetadata().getLabels());
  meta.setAnnotations(wanted.getMetadata().getAnnotations());
  setAnnotation(meta, devices::kPodClaimName, claimName);
  claim->setSpec(wanted.getSpec());
  setController(claim.meta(), pod);
  // A pod may go before its claim does, also in the foreground.
  for (auto owner : claim.meta().getOwnerReferences()) owner.disownBlockOwnerDeletion();
  return claim;
}

void note(core_v1::PodStatus::Builder status, const std::string& claimName, const std::string& claim) {
  for (auto known : status.getResourceClaimStatuses()) {
    if (view(known.asReader().getName()) == claimName) return known.setResourceClaimName(claim);
  }
  const uint32_t at = status.getResourceClaimStatuses().size();
  status.adoptResourceClaimStatuses(
      extended<core_v1::PodResourceClaimStatus>(status.disownResourceClaimStatuses(), orphanageOf(status), 1));
  auto added = status.getResourceClaimStatuses()[at];
  added.setName(claimName);
  added.setResourceClaimName(claim);
}

std::optional<Draft<ResourceClaim>> released(const Object<ResourceClaim>& claim, const Uses& uses) {
  std::vector<Consumer::Reader> kept;
  auto reservedFor = claim->getStatus().getReservedFor();
  for (auto consumer : reservedFor) {
    if (uses(consumer)) kept.push_back(consumer);
  }
  const bool fewer = kept.size() < reservedFor.size();
  const bool goes = kept.empty() && deletionPending(claim.meta()) && devices::isAllocated(claim);
  if (!fewer && !goes) return std::nullopt;
  Draft<ResourceClaim> draft(claim);
  auto status = draft->getStatus();
  if (kept.empty()) {
    status.disownReservedFor();
    status.disownAllocation();
    status.disownDevices();
  } else {
    status.adoptReservedFor(listOf<Consumer>(orphanageOf(status), kept));
  }
  return draft;
}

Draft<ResourceClaim> reservedFor(const Object<ResourceClaim>& claim, const Object<Pod>& pod) {
  Draft<ResourceClaim> draft(claim);
  devices::reserveFor(draft->getStatus(), pod);
  return draft;
}

}  // namespace cleat::resource_claim
