#include "provision.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/storage_classes.h>

#include "volume-common/binding_names.h"
#include "volume-common/local_path_names.h"
#include "volume-common/volume_match.h"

namespace cleat::local_path {
namespace {

using Action = ProvisionPlan::Action;

constexpr const char* kHostname = "kubernetes.io/hostname";
constexpr size_t kMostOfLabel = 63;

ProvisionPlan refused(std::string why) { return {Action::refuse, std::move(why)}; }
ProvisionPlan elsewhere(std::string why) { return {Action::reschedule, std::move(why)}; }

// What no node could do anything about.
std::string wrongWith(const Object<PersistentVolumeClaim>& claim) {
  auto spec = claim->getSpec();
  for (auto mode : spec.getAccessModes()) {
    if (view(mode) != "ReadWriteOnce" && view(mode) != "ReadWriteOncePod") {
      return concat("access mode ", mode,
                    " is not supported: a volume on a node's disk is for the pods of that node, ReadWriteOnce or "
                    "ReadWriteOncePod");
    }
  }
  if (spec.hasVolumeMode() && view(spec.getVolumeMode()) != "Filesystem") {
    return concat("volume mode ", spec.getVolumeMode(), " is not supported: the volumes are folders");
  }
  if (spec.hasSelector()) return "claim.spec.selector is not supported: volumes are made new";
  if (spec.hasDataSourceRef() || spec.hasDataSource()) {
    return "claim.spec.dataSource is not supported: volumes are empty when they are made";
  }
  return {};
}

}  // namespace

bool isAskedFor(const Object<PersistentVolumeClaim>& claim) {
  return !deletionPending(claim.meta()) && claim->getSpec().getVolumeName().size() == 0 &&
         annotation(claim.meta(), volumes::kStorageProvisioner) == kProvisioner;
}

std::string_view selectedNode(const Object<PersistentVolumeClaim>& claim) {
  return annotation(claim.meta(), volumes::kSelectedNode).value_or("");
}

std::string volumeName(const Object<PersistentVolumeClaim>& claim) { return concat("pvc-", claim.uid()); }

ProvisionPlan planProvision(const Object<PersistentVolumeClaim>& claim, const Object<StorageClass>& storageClass,
                            const Object<Node>& node) {
  if (!storageClass) {
    return refused(concat("storageclass.storage.k8s.io ", inQuotes(storageClassOf(*claim).value_or("")), " not found"));
  }
  if (view(storageClass->getProvisioner()) != kProvisioner) return {};
  if (std::string wrong = wrongWith(claim); !wrong.empty()) return refused(std::move(wrong));
  if (storageClass->getParameters().size() > 0) return refused("the class has parameters, and none is known");
  if (storageClass->getMountOptions().size() > 0) return refused("the class has mount options, and folders take none");
  const std::string_view chosen = selectedNode(claim);
  if (chosen.empty()) {
    return refused("no node was chosen: a class of local volumes must have the volumeBindingMode WaitForFirstConsumer");
  }
  if (!node) return elsewhere(concat("node ", inQuotes(chosen), " not found"));
  if (annotation(node.meta(), kFolder).value_or("").empty()) {
    return elsewhere(concat("node ", inQuotes(chosen), " has no folder for local volumes"));
  }
  if (chosen.size() > kMostOfLabel || !label(node.meta(), kHostname)) {
    return elsewhere(concat("node ", inQuotes(chosen), " cannot be named by a label"));
  }
  return {Action::make, {}};
}

Draft<PersistentVolume> volumeFor(const Object<PersistentVolumeClaim>& claim, const Object<StorageClass>& storageClass,
                                  const Object<Node>& node) {
  const std::string name = volumeName(claim);
  Draft<PersistentVolume> volume;
  volume->initMetadata().setName(name);
  setLabel(volume.meta(), kNode, node.name());
  setAnnotation(volume.meta(), volumes::kProvisionedBy, kProvisioner);
  addFinalizer(volume.meta(), kFinalizer);
  auto spec = volume->initSpec();
  auto capacity = spec.initCapacity(1)[0];
  capacity.setKey(volumes::kStorage);
  capacity.setValue(str(valueIn(claim->getSpec().getResources().getRequests(), volumes::kStorage)));
  spec.setAccessModes(claim->getSpec().getAccessModes());
  spec.setPersistentVolumeReclaimPolicy(storageClass->getReclaimPolicy());
  spec.setStorageClassName(str(storageClass.name()));
  spec.setVolumeMode("Filesystem");
  spec.initLocal().setPath(concat(*annotation(node.meta(), kFolder), "/", name));
  auto reference = spec.initClaimRef();
  reference.setApiVersion("v1");
  reference.setKind("PersistentVolumeClaim");
  reference.setNamespace(str(claim.ns()));
  reference.setName(str(claim.name()));
  reference.setUid(str(claim.uid()));
  reference.setResourceVersion(concat(claim.revision()));
  auto term = spec.initNodeAffinity().initRequired().initNodeSelectorTerms(1)[0];
  auto requirement = term.initMatchExpressions(1)[0];
  requirement.setKey(kHostname);
  requirement.setOperator("In");
  requirement.initValues(1).set(0, str(*label(node.meta(), kHostname)));
  return volume;
}

bool isOwn(const Object<PersistentVolume>& volume) {
  return annotation(volume.meta(), volumes::kProvisionedBy) == kProvisioner;
}

VolumeAction planVolume(const Object<PersistentVolume>& volume, bool nodeIsThere) {
  if (!isOwn(volume)) return VolumeAction::nothing;
  if (deletionPending(volume.meta())) {
    const bool waits = hasFinalizer(volume.meta(), kFinalizer);
    return waits && !nodeIsThere ? VolumeAction::abandon : VolumeAction::nothing;
  }
  const bool goes = view(volume->getStatus().getPhase()) == "Released" &&
                    view(volume->getSpec().getPersistentVolumeReclaimPolicy()) == "Delete";
  return goes ? VolumeAction::remove : VolumeAction::nothing;
}

bool isToGrow(const Object<PersistentVolumeClaim>& claim, const Object<PersistentVolume>& volume) {
  if (!isOwn(volume) || !volumes::isHeldBy(volume, claim) || deletionPending(claim.meta())) return false;
  auto status = claim->getStatus();
  const auto has = Quantity::parse(valueIn(status.getCapacity(), volumes::kStorage));
  return view(status.getPhase()) == "Bound" && has && *has < volumes::requestOf(claim);
}

}  // namespace cleat::local_path
