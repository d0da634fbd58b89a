#include "volume-common/volume_match.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/storage_classes.h>

#include <tuple>

#include "volume-common/binding_names.h"

namespace cleat::volumes {
namespace {

constexpr std::string_view kBetaClass = "volume.beta.kubernetes.io/storage-class";

std::string_view modeOf(bool set, capnp::Text::Reader mode) { return set ? view(mode) : "Filesystem"; }

bool sameVolumeMode(const Object<PersistentVolumeClaim>& claim, const Object<PersistentVolume>& volume) {
  auto asked = claim->getSpec();
  auto has = volume->getSpec();
  return modeOf(asked.hasVolumeMode(), asked.getVolumeMode()) == modeOf(has.hasVolumeMode(), has.getVolumeMode());
}

bool sameAttributes(const Object<PersistentVolumeClaim>& claim, const Object<PersistentVolume>& volume) {
  return view(claim->getSpec().getVolumeAttributesClassName()) ==
         view(volume->getSpec().getVolumeAttributesClassName());
}

bool sameClass(const Object<PersistentVolumeClaim>& claim, const Object<PersistentVolume>& volume) {
  return storageClassOf(*claim).value_or("") == classOf(volume);
}

bool hasAccessModes(const Object<PersistentVolumeClaim>& claim, const Object<PersistentVolume>& volume) {
  const auto has = volume->getSpec().getAccessModes();
  for (auto mode : claim->getSpec().getAccessModes()) {
    if (!contains(has, view(mode))) return false;
  }
  return true;
}

bool isFree(const Object<PersistentVolume>& volume) {
  return !volume->getSpec().hasClaimRef() && !deletionPending(volume.meta()) &&
         view(volume->getStatus().getPhase()) == "Available";
}

bool isSelected(const Object<PersistentVolumeClaim>& claim, const Object<PersistentVolume>& volume) {
  if (!claim->getSpec().hasSelector()) return true;
  auto selector = LabelSelector::compile(claim->getSpec().getSelector());
  return selector && selector->matches(volume.meta().getLabels());
}

bool isMet(core_v1::TopologySelectorTerm::Reader term, const Object<Node>& node) {
  for (auto wanted : term.getMatchLabelExpressions()) {
    const auto has = label(node.meta(), view(wanted.getKey()));
    if (!has || !contains(wanted.getValues(), *has)) return false;
  }
  return true;
}

}  // namespace

bool isBindingComplete(const Object<PersistentVolumeClaim>& claim) {
  return claim->getSpec().getVolumeName().size() > 0 && annotation(claim.meta(), kBindCompleted).has_value();
}

bool isMeantFor(const Object<PersistentVolume>& volume, const Object<PersistentVolumeClaim>& claim) {
  if (!volume->getSpec().hasClaimRef()) return false;
  auto reference = volume->getSpec().getClaimRef();
  if (view(reference.getName()) != claim.name() || view(reference.getNamespace()) != claim.ns()) return false;
  return reference.getUid().size() == 0 || view(reference.getUid()) == claim.uid();
}

bool isHeldBy(const Object<PersistentVolume>& volume, const Object<PersistentVolumeClaim>& claim) {
  return isMeantFor(volume, claim) && volume->getSpec().getClaimRef().getUid().size() > 0;
}

Draft<PersistentVolume> heldBy(const Object<PersistentVolume>& volume, const Object<PersistentVolumeClaim>& claim) {
  Draft<PersistentVolume> draft(volume);
  const bool isMeant = isMeantFor(volume, claim);
  auto reference = isMeant ? draft->getSpec().getClaimRef() : draft->getSpec().initClaimRef();
  reference.setApiVersion("v1");
  reference.setKind("PersistentVolumeClaim");
  reference.setNamespace(str(claim.ns()));
  reference.setName(str(claim.name()));
  reference.setUid(str(claim.uid()));
  reference.setResourceVersion(concat(claim.revision()));
  if (!isMeant) setAnnotation(draft.meta(), kBoundByController, "yes");
  return draft;
}

std::string_view classOf(const Object<PersistentVolume>& volume) {
  return annotation(volume.meta(), kBetaClass).value_or(view(volume->getSpec().getStorageClassName()));
}

Quantity sizeOf(const Object<PersistentVolume>& volume) {
  return Quantity::parse(valueIn(volume->getSpec().getCapacity(), kStorage)).value_or(Quantity());
}

Quantity requestOf(const Object<PersistentVolumeClaim>& claim) {
  return Quantity::parse(valueIn(claim->getSpec().getResources().getRequests(), kStorage)).value_or(Quantity());
}

std::string mismatch(const Object<PersistentVolumeClaim>& claim, const Object<PersistentVolume>& volume) {
  if (requestOf(claim) > sizeOf(volume)) return "requested PV is too small";
  if (!sameClass(claim, volume)) return "storageClassName does not match";
  if (!sameAttributes(claim, volume)) return "volumeAttributesClassName does not match";
  if (!sameVolumeMode(claim, volume)) return "incompatible volumeMode";
  if (!hasAccessModes(claim, volume)) return "incompatible accessMode";
  return {};
}

bool isWithinReach(const Object<PersistentVolume>& volume, const Object<Node>& node) {
  if (!volume->getSpec().hasNodeAffinity() || !volume->getSpec().getNodeAffinity().hasRequired()) return true;
  for (auto term : volume->getSpec().getNodeAffinity().getRequired().getNodeSelectorTerms()) {
    if (matchesTerm(term, node)) return true;
  }
  return false;
}

bool mayBeMadeFor(const Object<storage_v1::StorageClass>& storageClass, const Object<Node>& node) {
  const auto terms = storageClass->getAllowedTopologies();
  if (terms.size() == 0) return true;
  for (auto term : terms) {
    if (isMet(term, node)) return true;
  }
  return false;
}

Object<PersistentVolume> bestMatch(const Object<PersistentVolumeClaim>& claim,
                                   const std::vector<Object<PersistentVolume>>& volumes, const MatchOptions& options) {
  const Quantity wanted = requestOf(claim);
  Object<PersistentVolume> best;
  auto rank = [](const Object<PersistentVolume>& volume) {
    return std::tuple(volume->getSpec().getAccessModes().size(), sizeOf(volume), volume.name());
  };
  for (const Object<PersistentVolume>& volume : volumes) {
    const bool meant = isMeantFor(volume, claim);
    if (!meant && (options.meantOnly || !isFree(volume))) continue;
    if (deletionPending(volume.meta()) && !isHeldBy(volume, claim)) continue;
    if (options.isTaken && options.isTaken(volume)) continue;
    if (sizeOf(volume) < wanted || !sameVolumeMode(claim, volume) || !sameAttributes(claim, volume)) continue;
    if (!hasAccessModes(claim, volume)) continue;
    if (options.node && !isWithinReach(volume, options.node)) continue;
    if (meant) return volume;
    if (!sameClass(claim, volume) || !isSelected(claim, volume)) continue;
    if (!best || rank(volume) < rank(best)) best = volume;
  }
  return best;
}

}  // namespace cleat::volumes
