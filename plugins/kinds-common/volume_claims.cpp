#include "kinds-common/volume_claims.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include "kinds-common/cells.h"
#include "kinds-common/metadata.h"
#include "kinds-common/pod_parts.h"

namespace cleat::kinds {

namespace {

constexpr std::string_view kOnePod = "ReadWriteOncePod";

bool hasText(bool set, capnp::Text::Reader text) { return set && text.size() > 0; }

// A dataSource or a dataSourceRef.
template <class Source>
void checkDataSource(Source source, const Path& path, Findings& findings) {
  if (source.getName().size() == 0) findings.required(path / "name");
  if (source.getKind().size() == 0) findings.required(path / "kind");
  const std::string_view group = view(source.getApiGroup());
  if (group.empty() && view(source.getKind()) != "PersistentVolumeClaim") {
    findings.invalid(path, source.getKind(), "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  }
  if (!group.empty()) checkDnsSubdomain(group, path / "apiGroup", findings);
}

bool sameSource(core_v1::TypedLocalObjectReference::Reader a, core_v1::TypedObjectReference::Reader b) {
  return a.hasApiGroup() == b.hasApiGroup() && view(a.getApiGroup()) == view(b.getApiGroup()) &&
         view(a.getKind()) == view(b.getKind()) && view(a.getName()) == view(b.getName());
}

void checkDataSources(core_v1::PersistentVolumeClaimSpec::Reader spec, const Path& path, Findings& findings) {
  auto source = spec.getDataSource();
  auto reference = spec.getDataSourceRef();
  if (spec.hasDataSource()) checkDataSource(source, path / "dataSource", findings);
  if (!spec.hasDataSourceRef()) return;
  checkDataSource(reference, path / "dataSourceRef", findings);
  const bool elsewhere = hasText(reference.hasNamespace(), reference.getNamespace());
  if (elsewhere) checkDnsLabel(view(reference.getNamespace()), path / "dataSourceRef" / "namespace", findings);
  if (!spec.hasDataSource()) return;
  if (elsewhere) {
    findings.invalid(path, Shown::plain("{}"), "may not be specified when dataSourceRef.namespace is specified");
  } else if (!sameSource(source, reference)) {
    findings.invalid(path, Shown::plain("{}"), "must match dataSourceRef");
  }
}

}  // namespace

void setClaimSpecDefaults(core_v1::PersistentVolumeClaimSpec::Builder spec) {
  if (!spec.hasVolumeMode()) spec.setVolumeMode("Filesystem");
}

void checkClaimSpec(core_v1::PersistentVolumeClaimSpec::Reader spec, const Path& path, Findings& findings) {
  if (spec.getAccessModes().size() == 0) {
    findings.required(path / "accessModes", "at least 1 access mode is required");
  }
  if (spec.hasSelector()) checkLabelSelector(spec.getSelector(), path / "selector", findings);
  checkAccessModes(spec.getAccessModes(), path / "accessModes", findings);
  const Path size = (path / "resources")[kStorageResource];
  bool asked = false;
  for (auto request : spec.getResources().getRequests()) {
    if (view(request.getKey()) != kStorageResource) continue;
    asked = true;
    checkPositiveAmount(request.getValue(), size, findings);
  }
  if (!asked) findings.required(size);
  if (hasText(spec.hasStorageClassName(), spec.getStorageClassName())) {
    checkClassName(view(spec.getStorageClassName()), path / "storageClassName", findings);
  }
  if (spec.hasVolumeMode()) checkVolumeMode(view(spec.getVolumeMode()), path / "volumeMode", findings);
  checkDataSources(spec, path, findings);
  if (hasText(spec.hasVolumeAttributesClassName(), spec.getVolumeAttributesClassName())) {
    checkClassName(view(spec.getVolumeAttributesClassName()), path / "volumeAttributesClassName", findings);
  }
}

void warnOfClaimSpec(core_v1::PersistentVolumeClaimSpec::Reader spec, const Path& path, Findings& findings) {
  auto whole = [&](TextMapReader amounts, const char* field) {
    const std::string_view text = valueIn(amounts, kStorageResource);
    auto amount = Quantity::parse(text).value_or(Quantity());
    if (amount.milliValue() % 1000 == 0) return;
    findings.warn(concat((path / "resources" / field)[kStorageResource].text(), ": fractional byte value ",
                         quoted(text), " is invalid, must be an integer"));
  };
  whole(spec.getResources().getRequests(), "requests");
  whole(spec.getResources().getLimits(), "limits");
}

void checkClaimTemplateMetadata(meta_v1::ObjectMeta::Reader meta, const Path& path, Findings& findings) {
  checkAnnotations(meta.getAnnotations(), path / "metadata" / "annotations", findings);
  checkLabels(meta.getLabels(), path / "metadata" / "labels", findings);
  auto forbid = [&](bool set, const char* field) {
    if (set) findings.forbidden(path / "metadata" / field, "cannot be set");
  };
  forbid(meta.getName().size() > 0, "name");
  forbid(meta.getGenerateName().size() > 0, "generateName");
  forbid(meta.getNamespace().size() > 0, "namespace");
  forbid(meta.getSelfLink().size() > 0, "selfLink");
  forbid(meta.getUid().size() > 0, "uID");
  forbid(meta.getResourceVersion() != 0, "resourceVersion");
  forbid(meta.getGeneration() != 0, "generation");
  forbid(meta.getCreationTimestamp().size() > 0, "creationTimestamp");
  forbid(meta.getDeletionTimestamp().size() > 0, "deletionTimestamp");
  forbid(meta.hasDeletionGracePeriodSeconds(), "deletionGracePeriodSeconds");
  forbid(meta.getOwnerReferences().size() > 0, "ownerReferences");
  forbid(meta.getFinalizers().size() > 0, "finalizers");
  forbid(meta.getManagedFields().size() > 0, "managedFields");
}

void checkAccessModes(capnp::List<capnp::Text>::Reader modes, const Path& path, Findings& findings) {
  bool onePod = false, others = false;
  for (auto mode : modes) {
    const std::string_view text = view(mode);
    const size_t before = findings.causes().size();
    checkOneOf(text, path, {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", kOnePod}, findings);
    (text == kOnePod ? onePod : others) |= findings.causes().size() == before;
  }
  if (onePod && others) findings.forbidden(path, "may not use ReadWriteOncePod with other access modes");
}

void checkVolumeMode(std::string_view mode, const Path& path, Findings& findings) {
  checkOneOf(mode, path, {"Block", "Filesystem"}, findings);
}

void checkClassName(std::string_view name, const Path& path, Findings& findings) {
  checkDnsSubdomain(name, path, findings);
}

void checkPositiveAmount(capnp::Text::Reader amount, const Path& path, Findings& findings) {
  if (Quantity::parseOrZero(amount) <= Quantity()) findings.invalid(path, amount, "must be greater than zero");
}

std::string accessModesText(capnp::List<capnp::Text>::Reader modes) {
  constexpr std::pair<std::string_view, const char*> kShort[] = {
      {"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"}, {"ReadWriteMany", "RWX"}, {kOnePod, "RWOP"}};
  std::vector<std::string> texts;
  for (const auto& [mode, text] : kShort) {
    if (contains(modes, mode)) texts.emplace_back(text);
  }
  return joined(texts, ",");
}

}  // namespace cleat::kinds
