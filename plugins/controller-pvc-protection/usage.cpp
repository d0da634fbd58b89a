#include "usage.h"

#include <cleat/sdk/meta.h>

namespace cleat::pvc_protection {

namespace {

using core_v1::PersistentVolumeClaim;
using core_v1::Pod;

bool names(core_v1::Volume::Reader volume, const Object<PersistentVolumeClaim>& claim) {
  return volume.hasPersistentVolumeClaim() && view(volume.getPersistentVolumeClaim().getClaimName()) == claim.name();
}

bool isMadeFor(const Object<Pod>& pod, core_v1::Volume::Reader volume, const Object<PersistentVolumeClaim>& claim) {
  return volume.hasEphemeral() && concat(pod.name(), "-", view(volume.getName())) == claim.name() &&
         isControlledBy(claim.meta(), pod.uid());
}

// Its node has let go of everything, or it was deleted by force. What still keeps it, such as a finalizer, may itself
// wait for the claim.
bool isShutDown(const Object<Pod>& pod) {
  auto grace = pod.meta().getDeletionGracePeriodSeconds();
  return deletionPending(pod.meta()) && isSet(grace) && grace.getValue() == 0;
}

bool hasEnded(const Object<Pod>& pod) {
  auto status = pod->getStatus();
  const std::string_view phase = view(status.getPhase());
  if (phase == "Succeeded" || phase == "Failed") return true;
  if (!deletionPending(pod.meta())) return false;
  for (auto container : status.getContainerStatuses()) {
    if (!container.getState().hasTerminated() && !container.getState().hasWaiting()) return false;
  }
  return true;
}

}  // namespace

bool holdsClaim(const Object<Pod>& pod, const Object<PersistentVolumeClaim>& claim) {
  if (pod->getSpec().getNodeName().size() == 0) return false;
  for (auto volume : pod->getSpec().getVolumes()) {
    if (names(volume, claim) || (!isShutDown(pod) && isMadeFor(pod, volume, claim))) return true;
  }
  return false;
}

bool refersToClaim(const Object<Pod>& pod, const Object<PersistentVolumeClaim>& claim) {
  if (hasEnded(pod)) return false;
  for (auto volume : pod->getSpec().getVolumes()) {
    if (names(volume, claim) || isMadeFor(pod, volume, claim)) return true;
  }
  return false;
}

}  // namespace cleat::pvc_protection
