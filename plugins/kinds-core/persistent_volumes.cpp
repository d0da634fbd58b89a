// PersistentVolumes: pieces of storage, each of which one claim can have.
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include "kinds-common/deprecated_labels.h"
#include "kinds-common/persistent_volume_spec.h"
#include "kinds-common/volume_claims.h"
#include "kinds-core/differences.h"
#include "kinds-core/storage_kinds.h"

namespace cleat::kinds::core {

namespace {

using core_v1::PersistentVolume;
using VolumeSpec = core_v1::PersistentVolumeSpec::Reader;

constexpr std::string_view kMountOptions = "volume.beta.kubernetes.io/mount-options";

// -- Defaults --

// When the phase changes is noted once it is known that it does (notePhase).
void keepPhaseTime(PersistentVolume::Builder volume, PersistentVolume::Reader old) {
  auto status = volume.getStatus();
  auto before = old.getStatus();
  if (status.hasLastPhaseTransitionTime() || !before.hasLastPhaseTransitionTime()) return;
  if (view(status.getPhase().asReader()) != view(before.getPhase())) return;
  status.setLastPhaseTransitionTime(before.getLastPhaseTransitionTime());
}

void setVolumeDefaults(PersistentVolume::Builder volume, const Change<PersistentVolume>& change) {
  if (change.isDelete()) return;
  auto spec = volume.getSpec();
  if (spec.getPersistentVolumeReclaimPolicy().size() == 0) spec.setPersistentVolumeReclaimPolicy("Retain");
  if (!spec.hasVolumeMode()) spec.setVolumeMode("Filesystem");
  setVolumeSourceDefaults(spec);
  auto status = volume.getStatus();
  if (change.isCreate()) status.setLastPhaseTransitionTime(formatTime(change.now));
  if (status.getPhase().size() == 0) status.setPhase("Pending");
  if (change.isStatus()) keepPhaseTime(volume, *change.old);
}

// -- Rules --

// Kinds of storage that Kubernetes still mounts with options that an annotation gives.
bool takesMountOptions(VolumeSpec spec) {
  return spec.hasGcePersistentDisk() || spec.hasAwsElasticBlockStore() || spec.hasGlusterfs() || spec.hasNfs() ||
         spec.hasRbd() || spec.hasQuobyte() || spec.hasIscsi() || spec.hasCinder() || spec.hasCephfs() ||
         spec.hasAzureFile() || spec.hasVsphereVolume() || spec.hasAzureDisk() || spec.hasPhotonPersistentDisk();
}

// The specification without what may change, so that what is left is the source: with the secret for expansion as it
// was where it is only added.
Draft<core_v1::PersistentVolumeSpec> sourceOf(VolumeSpec spec, bool withoutExpansionSecret) {
  Draft<core_v1::PersistentVolumeSpec> source(spec);
  source->disownCapacity();
  source->disownAccessModes();
  source->disownClaimRef();
  source->disownPersistentVolumeReclaimPolicy();
  source->disownStorageClassName();
  source->disownMountOptions();
  source->disownVolumeMode();
  source->disownNodeAffinity();
  source->disownVolumeAttributesClassName();
  if (withoutExpansionSecret) source->getCsi().disownControllerExpandSecretRef();
  return source;
}

void checkSourceKept(VolumeSpec old, VolumeSpec now, Findings& findings) {
  const bool added = old.hasCsi() && !old.getCsi().hasControllerExpandSecretRef() && now.hasCsi() &&
                     now.getCsi().hasControllerExpandSecretRef();
  auto before = sourceOf(old, false), after = sourceOf(now, added);
  if (sameStruct(before.reader(), after.reader())) return;
  findings.forbidden(Path("spec") / "persistentvolumesource",
                     concat("spec.persistentvolumesource is immutable after creation\n",
                            differences(before.reader(), after.reader(), "spec.")));
}

bool sameRequirement(core_v1::NodeSelectorRequirement::Reader old, core_v1::NodeSelectorRequirement::Reader now) {
  const std::string_view before = view(old.getKey()), after = view(now.getKey());
  const bool renamed = !after.empty() && successorOfLabel(before) == after;
  return (before == after || renamed) && view(old.getOperator()) == view(now.getOperator()) &&
         strings(old.getValues()) == strings(now.getValues());
}

template <class Requirements>
bool sameRequirements(Requirements old, Requirements now) {
  if (old.size() != now.size()) return false;
  for (uint32_t i = 0; i < old.size(); ++i) {
    if (!sameRequirement(old[i], now[i])) return false;
  }
  return true;
}

// The same, but that labels may be given the names that they have by now.
bool sameAffinity(core_v1::VolumeNodeAffinity::Reader old, core_v1::VolumeNodeAffinity::Reader now) {
  auto before = old.getRequired().getNodeSelectorTerms(), after = now.getRequired().getNodeSelectorTerms();
  if (old.hasRequired() != now.hasRequired() || before.size() != after.size()) return false;
  for (uint32_t i = 0; i < before.size(); ++i) {
    if (!sameRequirements(before[i].getMatchExpressions(), after[i].getMatchExpressions())) return false;
    if (!sameRequirements(before[i].getMatchFields(), after[i].getMatchFields())) return false;
  }
  return true;
}

std::string shownRequirements(capnp::List<core_v1::NodeSelectorRequirement>::Reader requirements) {
  if (requirements.size() == 0) return "null";
  std::string out;
  for (auto requirement : requirements) {
    appendTo(out, concat(out.empty() ? "[" : ",", "{\"Key\":", jsonText(view(requirement.getKey())),
                         ",\"Operator\":", jsonText(view(requirement.getOperator())),
                         ",\"Values\":", Shown::list(strings(requirement.getValues())).text(), "}"));
  }
  return out + "]";
}

Shown shownAffinity(bool set, core_v1::VolumeNodeAffinity::Reader affinity) {
  if (!set) return Shown::null();
  if (!affinity.hasRequired()) return Shown::plain("{\"Required\":null}");
  std::string out;
  for (auto term : affinity.getRequired().getNodeSelectorTerms()) {
    appendTo(out,
             concat(out.empty() ? "[" : ",", "{\"MatchExpressions\":", shownRequirements(term.getMatchExpressions()),
                    ",\"MatchFields\":", shownRequirements(term.getMatchFields()), "}"));
  }
  return Shown::plain(concat("{\"Required\":{\"NodeSelectorTerms\":", out.empty() ? "null" : out + "]", "}}"));
}

void checkVolumeUpdate(VolumeSpec old, VolumeSpec now, Findings& findings) {
  checkSourceKept(old, now, findings);
  if (old.hasVolumeMode() != now.hasVolumeMode() || view(old.getVolumeMode()) != view(now.getVolumeMode())) {
    findings.invalid(Path("volumeMode"), now.hasVolumeMode() ? Shown(now.getVolumeMode()) : Shown::null(), kImmutable);
  }
  if (old.hasNodeAffinity() && !sameAffinity(old.getNodeAffinity(), now.getNodeAffinity())) {
    findings.invalid(Path("nodeAffinity"), shownAffinity(now.hasNodeAffinity(), now.getNodeAffinity()),
                     "field is immutable, except for updating from beta label to GA");
  }
  if (old.hasVolumeAttributesClassName() && !now.hasVolumeAttributesClassName()) {
    findings.forbidden(Path("spec") / "volumeAttributesClassName", "update from non-nil value to nil is forbidden");
  }
}

void warnOfVolume(PersistentVolume::Reader volume, Findings& findings) {
  constexpr std::pair<std::string_view, const char*> kAnnotations[] = {
      {kBetaStorageClass, "deprecated since v1.8; use \"storageClassName\" attribute instead"},
      {kMountOptions, "deprecated since v1.31; use \"mountOptions\" attribute instead"}};
  for (const auto& [key, message] : kAnnotations) {
    if (!annotation(volume.getMetadata(), key)) continue;
    findings.warn(concat((Path("metadata") / "annotations")[key].text(), ": ", message));
  }
  auto spec = volume.getSpec();
  if (view(spec.getPersistentVolumeReclaimPolicy()) == "Recycle") {
    findings.warn(
        "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
        "recommended approach is to use dynamic provisioning.");
  }
  warnOfDeprecatedLabels(spec.getNodeAffinity().getRequired(), Path("spec") / "nodeAffinity" / "required", findings);
  auto gone = [&](bool used, const char* message) {
    if (used) findings.warn(message);
  };
  gone(spec.hasCephfs(), "spec.cephfs: deprecated in v1.28, non-functional in v1.31+");
  gone(spec.hasPhotonPersistentDisk(), "spec.photonPersistentDisk: deprecated in v1.11, non-functional in v1.16+");
  gone(spec.hasScaleIO(), "spec.scaleIO: deprecated in v1.16, non-functional in v1.22+");
  gone(spec.hasStorageos(), "spec.storageOS: deprecated in v1.22, non-functional in v1.25+");
  gone(spec.hasGlusterfs(), "spec.glusterfs: deprecated in v1.25, non-functional in v1.26+");
  gone(spec.hasRbd(), "spec.rbd: deprecated in v1.28, non-functional in v1.31+");
}

void validateVolume(const Change<PersistentVolume>& change, Findings& findings) {
  if (change.isStatus()) return;
  auto spec = change.object.getSpec();
  checkVolumeSpec(spec, view(change.object.getMetadata().getName()), Path("spec"), findings);
  if (annotation(change.object.getMetadata(), kMountOptions) && !takesMountOptions(spec)) {
    findings.forbidden(Path("metadata") / "annotations" / kMountOptions,
                       "may not specify mount options for this volume type");
  }
  if (change.old) checkVolumeUpdate(change.old->getSpec(), spec, findings);
  warnOfVolume(change.object, findings);
}

// -- Rows --

void printVolume(PersistentVolume::Reader volume, Cells& cells) {
  auto meta = volume.getMetadata();
  auto spec = volume.getSpec();
  auto claim = spec.getClaimRef();
  cells.text(meta.getName());
  cells.text(lookup(spec.getCapacity(), kStorageResource).value_or("0"));
  cells.text(accessModesText(spec.getAccessModes()));
  cells.text(spec.getPersistentVolumeReclaimPolicy());
  cells.text(deletionPending(meta) ? std::string_view("Terminating") : view(volume.getStatus().getPhase()));
  cells.text(spec.hasClaimRef() ? concat(view(claim.getNamespace()), "/", view(claim.getName())) : std::string());
  cells.text(annotation(meta, kBetaStorageClass).value_or(view(spec.getStorageClassName())));
  cells.text(spec.hasVolumeAttributesClassName() ? view(spec.getVolumeAttributesClassName()) : "<unset>");
  cells.text(volume.getStatus().getReason());
  cells.age(meta.getCreationTimestamp());
  cells.text(spec.hasVolumeMode() ? view(spec.getVolumeMode()) : "<unset>");
}

}  // namespace

Object<PersistentVolume> notePhase(const Object<PersistentVolume>& volume, const Object<PersistentVolume>& old,
                                   WallTime now) {
  if (!old) return volume;
  auto status = volume->getStatus(), before = old->getStatus();
  if (view(status.getPhase()) == view(before.getPhase())) return volume;
  const std::string_view time = view(status.getLastPhaseTransitionTime());
  if (!time.empty() && time != view(before.getLastPhaseTransitionTime())) return volume;
  Draft<PersistentVolume> noted(volume);
  noted->getStatus().setLastPhaseTransitionTime(formatTime(now));
  return std::move(noted).freeze();
}

void addPersistentVolumes(KindTable& table) {
  table.add<PersistentVolume>(
      {.structFile = kStorageSchemaFile,
       .shortNames = {"pv"},
       .columns = {nameColumn(),
                   {"Capacity", "string", "How much the volume holds."},
                   {"Access Modes", "string", "The ways in which it can be mounted."},
                   {"Reclaim Policy", "string", "What becomes of it when its claim is deleted."},
                   {"Status", "string", "Whether it is free, bound or released."},
                   {"Claim", "string", "The claim that has it."},
                   {"StorageClass", "string", "The class that it belongs to."},
                   {"VolumeAttributesClass", "string", "The class whose parameters it has."},
                   {"Reason", "string", "Why reclaiming it failed."},
                   ageColumn(),
                   wide({"VolumeMode", "string", "Whether it is a filesystem or a raw device."})},
       .hasStatus = true,
       .keepsGeneration = true,
       .returnsDeleted = true,
       .allocates = true},
      {setVolumeDefaults, validateVolume, printVolume});
  table.addStatus<PersistentVolume>();
}

}  // namespace cleat::kinds::core
