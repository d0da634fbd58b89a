#include "ephemeral_claims.h"

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

namespace cleat::ephemeral_volume {

std::vector<WantedClaim> wantedClaims(const Object<core_v1::Pod>& pod) {
  std::vector<WantedClaim> wanted;
  for (auto volume : pod->getSpec().getVolumes()) {
    if (!volume.hasEphemeral()) continue;
    wanted.push_back({str(volume.getName()), concat(pod.name(), "-", volume.getName())});
  }
  return wanted;
}

Draft<core_v1::PersistentVolumeClaim> claimFor(const Object<core_v1::Pod>& pod, const WantedClaim& wanted) {
  Draft<core_v1::PersistentVolumeClaim> claim;
  claim->initMetadata().setName(wanted.name);
  claim.meta().setNamespace(str(pod.ns()));
  for (auto volume : pod->getSpec().getVolumes()) {
    if (view(volume.getName()) != wanted.volume || !volume.hasEphemeral()) continue;
    auto from = volume.getEphemeral().getVolumeClaimTemplate();
    claim.meta().setLabels(from.getMetadata().getLabels());
    claim.meta().setAnnotations(from.getMetadata().getAnnotations());
    claim->setSpec(from.getSpec());
  }
  setController(claim.meta(), pod);
  return claim;
}

}  // namespace cleat::ephemeral_volume
