// PersistentVolumeClaims: what is asked of storage. Which volume a claim gets is for others to decide.
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>

#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-common/volume_claims.h"
#include "kinds-core/differences.h"
#include "kinds-core/storage_kinds.h"

namespace cleat::kinds::core {

namespace {

using core_v1::PersistentVolumeClaim;
using ClaimSpec = core_v1::PersistentVolumeClaimSpec::Reader;
using ClaimSpecDraft = core_v1::PersistentVolumeClaimSpec::Builder;

bool isBound(PersistentVolumeClaim::Reader claim) { return view(claim.getStatus().getPhase()) == "Bound"; }

// -- Defaults --

bool isClaimOrSnapshot(core_v1::TypedLocalObjectReference::Reader source) {
  const std::string_view group = view(source.getApiGroup()), kind = view(source.getKind());
  return (kind == "PersistentVolumeClaim" && group.empty()) ||
         (kind == "VolumeSnapshot" && group == "snapshot.storage.k8s.io");
}

template <class To, class From>
void copySource(To to, From from) {
  if (from.hasApiGroup()) to.setApiGroup(from.getApiGroup());
  to.setKind(from.getKind());
  to.setName(from.getName());
}

// dataSource is the older field and knows claims and snapshots only: what else it says has always been overlooked.
// Where both can say the same, both do. Sources in other namespaces are alpha and not taken.
void settleDataSources(ClaimSpecDraft spec, std::optional<ClaimSpec> old) {
  const ClaimSpec now = spec.asReader();
  const bool hadReference = old && old->hasDataSourceRef(), hadSource = hadReference || (old && old->hasDataSource());
  const bool elsewhere = now.getDataSourceRef().getNamespace().size() > 0;
  if (elsewhere && !hadReference) spec.disownDataSourceRef();
  if (spec.hasDataSourceRef()) {
    if (!spec.hasDataSource() && !elsewhere) copySource(spec.initDataSource(), now.getDataSourceRef());
    return;
  }
  if (spec.hasDataSource() && !hadSource && !isClaimOrSnapshot(now.getDataSource())) spec.disownDataSource();
  if (spec.hasDataSource()) copySource(spec.initDataSourceRef(), now.getDataSource());
}

void setClaimDefaults(PersistentVolumeClaim::Builder claim, const Change<PersistentVolumeClaim>& change) {
  if (change.isDelete()) return;
  auto status = claim.getStatus();
  if (status.getPhase().size() == 0) status.setPhase("Pending");
  // The health of volumes is alpha and not taken.
  if (change.isStatus()) {
    status.disownHealthStatus();
    return;
  }
  setClaimSpecDefaults(claim.getSpec());
  settleDataSources(claim.getSpec(), change.old ? std::optional(change.old->getSpec()) : std::nullopt);
}

// -- Rules --

std::string_view requestedText(ClaimSpec spec) { return valueIn(spec.getResources().getRequests(), kStorageResource); }
Quantity requestedSize(ClaimSpec spec) { return Quantity::parse(requestedText(spec)).value_or(Quantity()); }

// A claim that named its class in the annotation, or none at all, may be given it in the field.
bool mayTakeClass(PersistentVolumeClaim::Reader old, PersistentVolumeClaim::Reader now) {
  auto before = annotation(old.getMetadata(), kBetaStorageClass);
  if (old.getSpec().hasStorageClassName() || !now.getSpec().hasStorageClassName()) return false;
  return !before || *before == view(now.getSpec().getStorageClassName());
}

bool movesClassToField(PersistentVolumeClaim::Reader old, PersistentVolumeClaim::Reader now) {
  auto before = annotation(old.getMetadata(), kBetaStorageClass),
       after = annotation(now.getMetadata(), kBetaStorageClass);
  return before && mayTakeClass(old, now) && (!after || after == before);
}

// The new specification with what may change set back to what it was.
Draft<core_v1::PersistentVolumeClaimSpec> undone(PersistentVolumeClaim::Reader old, PersistentVolumeClaim::Reader now) {
  Draft<core_v1::PersistentVolumeClaimSpec> draft(now.getSpec());
  auto spec = *draft;
  auto before = old.getSpec();
  if (before.getVolumeName().size() == 0) spec.disownVolumeName();
  if (mayTakeClass(old, now)) spec.disownStorageClassName();
  const bool same = requestedSize(before) == requestedSize(now.getSpec());
  if (spec.hasResources() && spec.getResources().hasRequests() && (isBound(now) || same)) {
    auto resources = spec.getResources();
    resources.adoptRequests(withEntry(resources.asReader().getRequests(), orphanageOf(resources), kStorageResource,
                                      lookup(before.getResources().getRequests(), kStorageResource)));
  }
  if (isBound(now)) {
    if (before.hasVolumeAttributesClassName()) {
      spec.setVolumeAttributesClassName(before.getVolumeAttributesClassName());
    } else {
      spec.disownVolumeAttributesClassName();
    }
  }
  return draft;
}

void checkSpecKept(PersistentVolumeClaim::Reader old, PersistentVolumeClaim::Reader now, Findings& findings) {
  auto kept = undone(old, now);
  if (sameStruct(kept.reader(), old.getSpec())) return;
  findings.forbidden(Path("spec"),
                     concat("spec is immutable after creation except resources.requests and volumeAttributesClassName "
                            "for bound claims\n",
                            differences(old.getSpec(), kept.reader(), "spec.")));
}

// It may become smaller again after a growth that failed, but not as small as what there is.
void checkNotShrunk(PersistentVolumeClaim::Reader old, PersistentVolumeClaim::Reader now, Findings& findings) {
  const Quantity size = requestedSize(now.getSpec());
  auto has = Quantity::parse(valueIn(old.getStatus().getCapacity(), kStorageResource)).value_or(Quantity());
  if (size >= requestedSize(old.getSpec()) || size > has) return;
  findings.forbidden(Path("spec") / "resources" / "requests" / kStorageResource,
                     "field can not be less than status.capacity");
}

// Once a volume has a class of attributes, it has one for good.
void checkAttributesKept(PersistentVolumeClaim::Reader old, ClaimSpec now, Findings& findings) {
  auto before = old.getSpec().getVolumeAttributesClassName(), after = now.getVolumeAttributesClassName();
  const bool had = old.getSpec().hasVolumeAttributesClassName(), has = now.hasVolumeAttributesClassName();
  if (!old.getStatus().hasCurrentVolumeAttributesClassName() || (had == has && view(before) == view(after))) return;
  const Path path = Path("spec") / "volumeAttributesClassName";
  if (!has) {
    findings.forbidden(path, "update to nil is forbidden when status.currentVolumeAttributesClassName is not nil");
  } else if (after.size() == 0) {
    findings.forbidden(path,
                       "update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil");
  }
}

void checkClaimUpdate(PersistentVolumeClaim::Reader old, PersistentVolumeClaim::Reader now, Findings& findings) {
  auto before = annotation(old.getMetadata(), kBetaStorageClass),
       after = annotation(now.getMetadata(), kBetaStorageClass);
  if (!movesClassToField(old, now) && before.value_or("") != after.value_or("")) {
    findings.invalid(Path("metadata") / "annotations" / kBetaStorageClass, after.value_or(""), kImmutable);
  }
  checkSpecKept(old, now, findings);
  checkNotShrunk(old, now, findings);
  auto mode = now.getSpec().getVolumeMode();
  if (view(old.getSpec().getVolumeMode()) != view(mode)) findings.invalid(Path("volumeMode"), mode, kImmutable);
  checkAttributesKept(old, now.getSpec(), findings);
}

void checkResourceKey(std::string_view name, const Path& path, Findings& findings) {
  Wrongs wrongs = wrongQualifiedName(name);
  if (!wrongs.empty()) {
    findings.invalidEach(path, name, wrongs);
    return;
  }
  const bool native = name.find('/') == std::string_view::npos || name.find("kubernetes.io/") != std::string_view::npos;
  if (native && name != kStorageResource) findings.notSupported(path, name, {kStorageResource});
}

void checkAmount(meta_v1::TextEntry::Reader amount, const Path& path, Findings& findings) {
  const int64_t value = Quantity::parseOrZero(amount.getValue()).value();
  if (value < 0) findings.invalid(path[view(amount.getKey())], value, "must be a valid resource quantity");
}

void checkClaimStatus(core_v1::PersistentVolumeClaimStatus::Reader status, Findings& findings) {
  constexpr std::string_view kStates[] = {"ControllerResizeInProgress", "ControllerResizeInfeasible",
                                          "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"};
  const Path path("status");
  for (auto amount : status.getCapacity()) checkAmount(amount, path / "capacity", findings);
  const Path states = path / "allocatedResourceStatuses";
  for (auto state : status.getAllocatedResourceStatuses()) {
    checkResourceKey(view(state.getKey()), states, findings);
    if (std::ranges::find(kStates, view(state.getValue())) == std::end(kStates)) {
      findings.notSupported(states, state.getKey(), kStates);
    }
  }
  const Path amounts = path / "allocatedResources";
  for (auto amount : status.getAllocatedResources()) {
    const size_t before = findings.causes().size();
    checkResourceKey(view(amount.getKey()), amounts, findings);
    if (findings.causes().size() == before) checkAmount(amount, amounts, findings);
  }
}

void warnOfClaim(PersistentVolumeClaim::Reader claim, Findings& findings) {
  if (annotation(claim.getMetadata(), kBetaStorageClass)) {
    findings.warn(concat((Path("metadata") / "annotations")[kBetaStorageClass].text(),
                         ": deprecated since v1.8; use \"storageClassName\" attribute instead"));
  }
  warnOfClaimSpec(claim.getSpec(), Path("spec"), findings);
}

void validateClaim(const Change<PersistentVolumeClaim>& change, Findings& findings) {
  if (change.isStatus()) {
    checkClaimStatus(change.object.getStatus(), findings);
    return;
  }
  checkClaimSpec(change.object.getSpec(), Path("spec"), findings);
  if (change.old) checkClaimUpdate(*change.old, change.object, findings);
  warnOfClaim(change.object, findings);
}

// -- Rows --

void printClaim(PersistentVolumeClaim::Reader claim, Cells& cells) {
  auto meta = claim.getMetadata();
  auto spec = claim.getSpec();
  auto status = claim.getStatus();
  const bool has = spec.getVolumeName().size() > 0;
  cells.text(meta.getName());
  cells.text(deletionPending(meta) ? std::string_view("Terminating") : view(status.getPhase()));
  cells.text(spec.getVolumeName());
  cells.text(has ? lookup(status.getCapacity(), kStorageResource).value_or("0") : std::string_view());
  cells.text(has ? accessModesText(status.getAccessModes()) : std::string());
  cells.text(annotation(meta, kBetaStorageClass).value_or(view(spec.getStorageClassName())));
  cells.text(spec.hasVolumeAttributesClassName() ? view(spec.getVolumeAttributesClassName()) : "<unset>");
  cells.age(meta.getCreationTimestamp());
  cells.text(spec.hasVolumeMode() ? view(spec.getVolumeMode()) : "<unset>");
}

}  // namespace

void addPersistentVolumeClaims(KindTable& table) {
  table.add<PersistentVolumeClaim>(
      {.structFile = kStorageSchemaFile,
       .shortNames = {"pvc"},
       .columns = {nameColumn(),
                   {"Status", "string", "Whether a volume was found."},
                   {"Volume", "string", "The volume that the claim has."},
                   {"Capacity", "string", "How much the volume holds."},
                   {"Access Modes", "string", "The ways in which the volume can be mounted."},
                   {"StorageClass", "string", "The class that the claim asks for."},
                   {"VolumeAttributesClass", "string", "The class whose parameters the volume is to have."},
                   ageColumn(),
                   wide({"VolumeMode", "string", "Whether a filesystem or a raw device is asked for."})},
       .hasStatus = true,
       .keepsGeneration = true,
       .returnsDeleted = true},
      {setClaimDefaults, validateClaim, printClaim});
  table.addStatus<PersistentVolumeClaim>();
}

}  // namespace cleat::kinds::core
