#include "filters/claim_choices.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/storage_classes.h>

#include <algorithm>

#include "volume-common/binding_names.h"
#include "volume-common/volume_match.h"

namespace cleat::scheduling {
namespace {

bool isIn(const std::vector<ClaimChoice>& choices, const Object<PersistentVolume>& volume) {
  return std::ranges::any_of(
      choices, [&](const ClaimChoice& choice) { return choice.volume && choice.volume.name() == volume.name(); });
}

bool canMake(const Object<StorageClass>& storageClass, const Object<Node>& node) {
  const std::string_view provisioner = view(storageClass->getProvisioner());
  return !provisioner.empty() && provisioner != volumes::kNoProvisioner && volumes::mayBeMadeFor(storageClass, node);
}

// What has been chosen for the claim before, for another pod or at an earlier try, it keeps.
std::optional<ClaimChoice> chosenBefore(const Object<PersistentVolumeClaim>& claim, const Object<Node>& node,
                                        const ClusterState& state, bool& elsewhere) {
  const VolumeState& known = state.volumes();
  elsewhere = false;
  if (const Promise* promise = known.promiseOf(claim.key()); promise != nullptr) {
    elsewhere = promise->node != node.name();
    const auto volume = promise->volume.empty() ? Object<PersistentVolume>() : known.volumes.get(promise->volume);
    if (volume) elsewhere = !volumes::isWithinReach(volume, node);
    return ClaimChoice{claim, volume};
  }
  const auto selected = annotation(claim.meta(), volumes::kSelectedNode);
  if (!selected) return std::nullopt;
  elsewhere = *selected != node.name();
  return ClaimChoice{claim, {}};
}

std::optional<ClaimChoice> chooseFor(const Object<PersistentVolumeClaim>& claim, const Object<Node>& node,
                                     const ClusterState& state, const std::vector<ClaimChoice>& others) {
  bool elsewhere = false;
  if (auto before = chosenBefore(claim, node, state, elsewhere)) {
    return elsewhere ? std::nullopt : before;
  }
  const VolumeState& known = state.volumes();
  const std::string className = str(storageClassOf(*claim).value_or(""));
  auto isTaken = [&](const Object<PersistentVolume>& volume) {
    return isIn(others, volume) || known.isPromised(volume.name());
  };
  const auto found = volumes::bestMatch(claim, known.volumesOfClass(className), {.node = node, .isTaken = isTaken});
  if (found) return ClaimChoice{claim, found};
  const Object<StorageClass> storageClass = known.classes.get(className);
  if (storageClass && canMake(storageClass, node)) return ClaimChoice{claim, {}};
  return std::nullopt;
}

}  // namespace

// A claim that only says which volume it has, without who bound it, is as good as bound where its phase says so.
bool hasVolume(const Object<PersistentVolumeClaim>& claim) {
  return volumes::isBindingComplete(claim) ||
         (claim->getSpec().getVolumeName().size() > 0 && view(claim->getStatus().getPhase()) == "Bound");
}

bool waitsForConsumer(const Object<PersistentVolumeClaim>& claim, const ClusterState& state) {
  const auto name = storageClassOf(*claim);
  if (!name || name->empty() || claim->getSpec().getVolumeName().size() > 0) return false;
  const Object<StorageClass> storageClass = state.volumes().classes.get(*name);
  return storageClass && view(storageClass->getVolumeBindingMode()) == "WaitForFirstConsumer";
}

std::optional<std::vector<ClaimChoice>> chooseVolumes(const PodClass& podClass, const Object<Node>& node,
                                                      const ClusterState& state) {
  std::vector<Object<PersistentVolumeClaim>> waiting;
  for (const ClaimUse& use : podClass.claims) {
    const Object<PersistentVolumeClaim> claim = state.volumes().claims.get(keyOf(podClass.ns, use.name));
    if (!claim || hasVolume(claim)) continue;
    if (!waitsForConsumer(claim, state)) return std::nullopt;
    const bool twice = std::ranges::any_of(waiting, [&](const auto& other) { return other.name() == claim.name(); });
    if (!twice) waiting.push_back(claim);
  }
  std::ranges::stable_sort(waiting, {}, [](const auto& claim) { return volumes::requestOf(claim); });
  std::vector<ClaimChoice> choices;
  for (const auto& claim : waiting) {
    auto choice = chooseFor(claim, node, state, choices);
    if (!choice) return std::nullopt;
    choices.push_back(std::move(*choice));
  }
  return choices;
}

}  // namespace cleat::scheduling
