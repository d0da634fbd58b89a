#include "plan.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/storage_classes.h>

#include "volume-common/binding_names.h"
#include "volume-common/volume_match.h"

namespace cleat::volume_binder {
namespace {

using ClaimAction = ClaimPlan::Action;
using VolumeAction = VolumePlan::Action;

Note normal(std::string reason, std::string message) { return {false, std::move(reason), std::move(message)}; }
Note warning(std::string reason, std::string message) { return {true, std::move(reason), std::move(message)}; }

bool waitsForConsumer(const Object<StorageClass>& storageClass) {
  return storageClass && view(storageClass->getVolumeBindingMode()) == "WaitForFirstConsumer";
}

Note whyItWaits(const Object<PersistentVolumeClaim>& claim, const Surroundings& around) {
  const std::string pod = around.unscheduledUser(claim);
  if (!pod.empty()) return normal("WaitForPodScheduled", concat("waiting for pod ", pod, " to be scheduled"));
  return normal("WaitForFirstConsumer", "waiting for first consumer to be created before binding");
}

ClaimPlan planProvisioning(std::string_view name, const Object<StorageClass>& storageClass) {
  ClaimPlan plan{.action = ClaimAction::wait};
  if (!storageClass) {
    plan.note = warning("ProvisioningFailed", concat("storageclass.storage.k8s.io ", inQuotes(name), " not found"));
    return plan;
  }
  const std::string_view provisioner = view(storageClass->getProvisioner());
  // Those of Kubernetes itself are none any more.
  if (provisioner.starts_with("kubernetes.io/")) {
    plan.note = warning("ProvisioningFailed", concat("no volume plugin matched name: ", provisioner));
    return plan;
  }
  plan.action = ClaimAction::provision;
  plan.storageClass = storageClass;
  plan.note = normal("ExternalProvisioning",
                     concat("Waiting for a volume to be created either by the external provisioner '", provisioner,
                            "' or manually by the system administrator. If volume creation is delayed, please verify "
                            "that the provisioner is running and correctly registered."));
  return plan;
}

// The claim names no volume.
ClaimPlan planSearch(const Object<PersistentVolumeClaim>& claim, const Surroundings& around) {
  const std::string_view name = storageClassOf(*claim).value_or("");
  const Object<StorageClass> storageClass = name.empty() ? Object<StorageClass>() : around.storageClass(name);
  const bool delayed = waitsForConsumer(storageClass);
  const Object<PersistentVolume> found = volumes::bestMatch(claim, around.candidates(claim), {.meantOnly = delayed});
  if (found) return {.action = ClaimAction::bind, .volume = found};
  if (delayed && !annotation(claim.meta(), volumes::kSelectedNode)) {
    return {.action = ClaimAction::wait, .note = whyItWaits(claim, around)};
  }
  if (!name.empty()) return planProvisioning(name, storageClass);
  return {
      .action = ClaimAction::wait,
      .note = normal("FailedBinding", "no persistent volumes available for this claim and no storage class is set")};
}

// The claim names its volume, and nobody has completed that.
ClaimPlan planNamed(const Object<PersistentVolumeClaim>& claim, const Surroundings& around) {
  const std::string_view name = view(claim->getSpec().getVolumeName());
  const Object<PersistentVolume> volume = around.volume(name);
  if (!volume) return {.action = ClaimAction::wait};
  if (volumes::isMeantFor(volume, claim)) return {.action = ClaimAction::bind, .volume = volume};
  if (!volume->getSpec().hasClaimRef()) {
    const std::string wrong = volumes::mismatch(claim, volume);
    if (wrong.empty()) return {.action = ClaimAction::bind, .volume = volume};
    return {.action = ClaimAction::wait,
            .note = warning("VolumeMismatch", concat("Cannot bind to requested volume ", inQuotes(name), ": ", wrong))};
  }
  return {.action = ClaimAction::wait,
          .note = warning("FailedBinding", concat("volume ", inQuotes(name), " already bound to a different claim."))};
}

ClaimPlan lost(std::string reason, std::string message) {
  return {.action = ClaimAction::lose, .note = warning(std::move(reason), std::move(message))};
}

ClaimPlan planBound(const Object<PersistentVolumeClaim>& claim, const Surroundings& around) {
  const std::string_view name = view(claim->getSpec().getVolumeName());
  if (name.empty()) {
    return lost("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
  }
  const Object<PersistentVolume> volume = around.volume(name);
  if (!volume) return lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  if (!volume->getSpec().hasClaimRef() || volumes::isHeldBy(volume, claim)) {
    return {.action = ClaimAction::bind, .volume = volume};
  }
  return lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
}

// Who has made a volume takes it away; a driver's is left to the driver's own provisioner, even if it was made by hand.
bool isDeletedByOthers(const Object<PersistentVolume>& volume) {
  return annotation(volume.meta(), volumes::kProvisionedBy) || annotation(volume.meta(), volumes::kMigratedTo) ||
         volume->getSpec().hasCsi();
}

VolumePlan planReclaim(const Object<PersistentVolume>& volume) {
  const std::string_view phase = view(volume->getStatus().getPhase());
  const std::string_view policy = view(volume->getSpec().getPersistentVolumeReclaimPolicy());
  const bool isEmptied = policy == "Recycle" && !annotation(volume.meta(), volumes::kMigratedTo);
  const bool canBeEmptied = volume->getSpec().hasHostPath() || volume->getSpec().hasNfs();
  if (isEmptied && canBeEmptied && (phase == "Released" || phase == "Failed")) {
    return {.action = VolumeAction::recycle, .withoutClaim = true};
  }
  if (phase == "Failed") return {};
  VolumePlan failed{.action = VolumeAction::setPhase, .phase = "Failed", .withoutClaim = true};
  if (isEmptied && !canBeEmptied) {
    failed.note = warning("VolumeFailedRecycle", "No recycler plugin found for the volume!");
    return failed;
  }
  if (policy == "Delete" && !isDeletedByOthers(volume)) {
    failed.note = warning("VolumeFailedDelete", concat("error getting deleter volume plugin for volume ",
                                                       inQuotes(volume.name()), ": no volume plugin matched"));
    return failed;
  }
  if (phase == "Released") return {};
  return {.action = VolumeAction::setPhase, .phase = "Released", .withoutClaim = true};
}

VolumePlan inPhase(const Object<PersistentVolume>& volume, const char* phase) {
  if (view(volume->getStatus().getPhase()) == phase) return {};
  return {.action = VolumeAction::setPhase, .phase = phase};
}

}  // namespace

ClaimPlan planClaim(const Object<PersistentVolumeClaim>& claim, const Surroundings& around) {
  if (annotation(claim.meta(), volumes::kBindCompleted)) return planBound(claim, around);
  if (deletionPending(claim.meta())) return {};
  if (!storageClassOf(*claim)) {
    if (const Object<StorageClass> given = around.defaultClass()) {
      return {.action = ClaimAction::adoptClass, .storageClass = given};
    }
  }
  return claim->getSpec().getVolumeName().size() == 0 ? planSearch(claim, around) : planNamed(claim, around);
}

VolumePlan planVolume(const Object<PersistentVolume>& volume, const Surroundings& around) {
  auto spec = volume->getSpec();
  auto reference = spec.getClaimRef();
  if (!spec.hasClaimRef() || reference.getUid().size() == 0) return inPhase(volume, "Available");
  const Object<PersistentVolumeClaim> claim = around.claim(view(reference.getNamespace()), view(reference.getName()));
  if (!claim || claim.uid() != view(reference.getUid())) return planReclaim(volume);
  const std::string_view has = view(claim->getSpec().getVolumeName());
  if (has == volume.name()) return inPhase(volume, "Bound");
  if (has.empty()) return {.action = VolumeAction::lookAtClaim};
  // It was made for the claim, which has found another one meanwhile.
  const bool isSurplus =
      annotation(volume.meta(), volumes::kProvisionedBy) && view(spec.getPersistentVolumeReclaimPolicy()) == "Delete";
  if (isSurplus) return view(volume->getStatus().getPhase()) == "Failed" ? VolumePlan{} : inPhase(volume, "Released");
  return {.action = VolumeAction::unbind};
}

}  // namespace cleat::volume_binder
