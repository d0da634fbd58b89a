#include "kinds-common/persistent_volume_spec.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include "kinds-common/metadata.h"
#include "kinds-common/pod_parts.h"
#include "kinds-common/volume_claims.h"
#include "kinds-common/volume_sources.h"

namespace cleat::kinds {

namespace {

using VolumeSpec = core_v1::PersistentVolumeSpec::Reader;

constexpr size_t kInitiatorMaxLength = 64;
constexpr std::string_view kNotInline = "may not be specified in the context of inline volumes";

template <auto has, auto get>
constexpr SourceRule<VolumeSpec> held(const char* field, const char* at = nullptr) {
  return sourceRule<VolumeSpec, has, get>(field, at);
}

// In the order in which Kubernetes looks: it checks the first that is set and refuses the others.
constexpr SourceRule<VolumeSpec> kSources[] = {
    held<&VolumeSpec::hasHostPath, &VolumeSpec::getHostPath>("hostPath"),
    held<&VolumeSpec::hasGcePersistentDisk, &VolumeSpec::getGcePersistentDisk>("gcePersistentDisk", "persistentDisk"),
    held<&VolumeSpec::hasAwsElasticBlockStore, &VolumeSpec::getAwsElasticBlockStore>("awsElasticBlockStore"),
    held<&VolumeSpec::hasGlusterfs, &VolumeSpec::getGlusterfs>("glusterfs"),
    held<&VolumeSpec::hasFlocker, &VolumeSpec::getFlocker>("flocker"),
    held<&VolumeSpec::hasNfs, &VolumeSpec::getNfs>("nfs"),
    held<&VolumeSpec::hasRbd, &VolumeSpec::getRbd>("rbd"),
    held<&VolumeSpec::hasQuobyte, &VolumeSpec::getQuobyte>("quobyte"),
    held<&VolumeSpec::hasCephfs, &VolumeSpec::getCephfs>("cephFS", "cephfs"),
    held<&VolumeSpec::hasIscsi, &VolumeSpec::getIscsi>("iscsi"),
    held<&VolumeSpec::hasCinder, &VolumeSpec::getCinder>("cinder"),
    held<&VolumeSpec::hasFc, &VolumeSpec::getFc>("fc"),
    held<&VolumeSpec::hasFlexVolume, &VolumeSpec::getFlexVolume>("flexVolume"),
    held<&VolumeSpec::hasAzureFile, &VolumeSpec::getAzureFile>("azureFile"),
    held<&VolumeSpec::hasVsphereVolume, &VolumeSpec::getVsphereVolume>("vsphereVolume"),
    held<&VolumeSpec::hasPhotonPersistentDisk, &VolumeSpec::getPhotonPersistentDisk>("photonPersistentDisk"),
    held<&VolumeSpec::hasPortworxVolume, &VolumeSpec::getPortworxVolume>("portworxVolume"),
    held<&VolumeSpec::hasAzureDisk, &VolumeSpec::getAzureDisk>("azureDisk"),
    held<&VolumeSpec::hasScaleIO, &VolumeSpec::getScaleIO>("scaleIO"),
    held<&VolumeSpec::hasLocal, &VolumeSpec::getLocal>("local"),
    held<&VolumeSpec::hasStorageos, &VolumeSpec::getStorageos>("storageos"),
    held<&VolumeSpec::hasCsi, &VolumeSpec::getCsi>("csi"),
};

void checkSources(VolumeSpec spec, std::string_view name, const Path& path, Findings& findings) {
  int count = 0;
  std::string_view first;
  for (const auto& rule : kSources) {
    if (!rule.isSet(spec)) continue;
    // Beside another source, too, Kubernetes takes this one.
    const bool isTaken = rule.field == std::string_view("flexVolume");
    if (count++ == 0 || isTaken) {
      if (first.empty()) first = rule.field;
      rule.check(spec, path / rule.at, findings);
    } else {
      findings.forbidden(path / rule.field, kOneSource);
    }
  }
  if (count == 0) findings.required(path, "must specify a volume type");
  if (first == "local" && !spec.hasNodeAffinity()) {
    findings.required(path / "nodeAffinity", "Local volume requires node affinity");
  }
  auto iscsi = spec.getIscsi();
  if (iscsi.hasInitiatorName() && name.size() + 1 + iscsi.getTargetPortal().size() > kInitiatorMaxLength) {
    findings.invalid(path / "iscsi" / "targetportal", iscsi.getTargetPortal(),
                     "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
                     "iscsi.initiatorName is specified.");
  }
}

void checkCapacity(TextMapReader capacity, const Path& path, Findings& findings) {
  if (capacity.size() == 0) findings.required(path);
  if (capacity.size() > 1 || !lookup(capacity, kStorageResource)) {
    findings.notSupported(path, shownMap(capacity), {kStorageResource});
  }
  for (auto amount : capacity) {
    const Path at = path[view(amount.getKey())];
    const int64_t value = Quantity::parseOrZero(amount.getValue()).value();
    if (value < 0) findings.invalid(at, value, "must be a valid resource quantity");
    checkPositiveAmount(amount.getValue(), at, findings);
  }
}

void checkModes(VolumeSpec spec, const Path& path, Findings& findings) {
  if (spec.getAccessModes().size() == 0) findings.required(path / "accessModes");
  checkAccessModes(spec.getAccessModes(), path / "accessModes", findings);
}

// Whether nothing but the root is left of a path when its dots are followed.
bool isRoot(std::string_view path) {
  if (!path.starts_with('/')) return false;
  int depth = 0;
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part == "..") {
      depth = std::max(0, depth - 1);
    } else if (!part.empty() && part != ".") {
      ++depth;
    }
    begin = end + 1;
  }
  return depth == 0;
}

void checkRecycling(VolumeSpec spec, const Path& path, Findings& findings) {
  if (!spec.hasHostPath() || view(spec.getPersistentVolumeReclaimPolicy()) != "Recycle") return;
  if (!isRoot(view(spec.getHostPath().getPath()))) return;
  findings.forbidden(path / "persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
}

void checkNodes(core_v1::VolumeNodeAffinity::Reader affinity, const Path& path, Findings& findings) {
  if (affinity.hasRequired()) {
    checkNodeSelector(affinity.getRequired(), path / "required", findings);
  } else {
    findings.required(path / "required", "must specify required node constraints");
  }
}

void checkAttributesClass(VolumeSpec spec, const Path& path, Findings& findings) {
  if (!spec.hasVolumeAttributesClassName()) return;
  const std::string_view name = view(spec.getVolumeAttributesClassName());
  if (name.empty()) {
    findings.required(path / "volumeAttributesClassName", "an empty string is disallowed");
  } else {
    checkClassName(name, path / "volumeAttributesClassName", findings);
  }
  if (!spec.hasCsi()) {
    findings.required(path / "csi", "has to be specified when using volumeAttributesClassName");
  }
}

}  // namespace

void setVolumeSourceDefaults(core_v1::PersistentVolumeSpec::Builder spec) {
  setSourceDefaults(spec);
  if (spec.hasHostPath() && !spec.getHostPath().hasType()) spec.getHostPath().setType("");
}

void checkVolumeSpec(VolumeSpec spec, std::string_view name, const Path& path, Findings& findings) {
  checkModes(spec, path, findings);
  checkCapacity(spec.getCapacity(), path / "capacity", findings);
  if (spec.getPersistentVolumeReclaimPolicy().size() > 0) {
    checkOneOf(view(spec.getPersistentVolumeReclaimPolicy()), path / "persistentVolumeReclaimPolicy",
               {"Delete", "Recycle", "Retain"}, findings);
  }
  if (spec.hasNodeAffinity()) checkNodes(spec.getNodeAffinity(), path / "nodeAffinity", findings);
  checkSources(spec, name, path, findings);
  checkRecycling(spec, path, findings);
  if (spec.getStorageClassName().size() > 0) {
    checkClassName(view(spec.getStorageClassName()), path / "storageClassName", findings);
  }
  if (spec.hasVolumeMode()) checkVolumeMode(view(spec.getVolumeMode()), path / "volumeMode", findings);
  checkAttributesClass(spec, path, findings);
}

void checkInlineVolumeSpec(VolumeSpec spec, const Path& path, Findings& findings) {
  auto forbid = [&](bool set, const char* field, std::string_view why = kNotInline) {
    if (set) findings.forbidden(path / field, why);
  };
  forbid(spec.hasClaimRef(), "claimRef");
  forbid(spec.getCapacity().size() > 0, "capacity");
  if (!spec.hasCsi()) findings.required(path / "csi", "has to be specified in the context of inline volumes");
  checkModes(spec, path, findings);
  const std::string_view policy = view(spec.getPersistentVolumeReclaimPolicy());
  forbid(!policy.empty() && policy != "Retain", "persistentVolumeReclaimPolicy",
         "may only be Retain in the context of inline volumes");
  forbid(spec.hasNodeAffinity(), "nodeAffinity");
  checkSources(spec, "", path, findings);
  checkRecycling(spec, path, findings);
  forbid(spec.getStorageClassName().size() > 0, "storageClassName");
  forbid(spec.hasVolumeMode() && view(spec.getVolumeMode()) != "Filesystem", "volumeMode",
         "may not specify volumeMode other than Filesystem in the context of inline volumes");
}

}  // namespace cleat::kinds
