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

// Where the class's driver reports how much it has left, there has to be enough for the claim. What keeps the node from
// being one that a volume is made for; nothing: it is one.
std::optional<BindingDetail> whyNotMade(const Object<PersistentVolumeClaim>& claim, const Object<Node>& node,
                                        const VolumeState& known) {
  const Object<StorageClass> storageClass = known.classes.get(storageClassOf(*claim).value_or(""));
  if (!storageClass) return kUnboundClaim;
  const std::string_view provisioner = view(storageClass->getProvisioner());
  if (provisioner.empty() || provisioner == volumes::kNoProvisioner || !volumes::mayBeMadeFor(storageClass, node)) {
    return kUnboundClaim;
  }
  const Object<CSIDriver> driver = known.drivers.get(provisioner);
  if (!driver || !driver->getSpec().getStorageCapacity().getValue()) return std::nullopt;
  const Quantity size = volumes::requestOf(claim);
  if (size.isZero() || known.capacities.isEnough(storageClass.name(), size, node)) return std::nullopt;
  return kNotEnoughStorage;
}

struct Chosen {
  ClaimChoice choice;
  std::optional<BindingDetail> obstacle = {};
};

// What has been chosen for the claim before, for another pod or at an earlier try, it keeps.
std::optional<Chosen> chosenBefore(const Object<PersistentVolumeClaim>& claim, const Object<Node>& node,
                                   const VolumeState& known) {
  Chosen chosen{.choice = {claim, {}}};
  if (const Promise* promise = known.promiseOf(claim.key()); promise != nullptr) {
    bool elsewhere = promise->node != node.name();
    if (!promise->volume.empty()) chosen.choice.volume = known.volumes.get(promise->volume);
    if (chosen.choice.volume) elsewhere = !volumes::isWithinReach(chosen.choice.volume, node);
    if (elsewhere) chosen.obstacle = kUnboundClaim;
    return chosen;
  }
  const auto selected = annotation(claim.meta(), volumes::kSelectedNode);
  if (!selected) return std::nullopt;
  chosen.obstacle = *selected == node.name() ? whyNotMade(claim, node, known) : kUnboundClaim;
  return chosen;
}

Chosen chooseFor(const Object<PersistentVolumeClaim>& claim, const Object<Node>& node, const ClusterState& state,
                 const std::vector<ClaimChoice>& others) {
  const VolumeState& known = state.volumes();
  if (auto before = chosenBefore(claim, node, known)) return *before;
  const std::string className = str(storageClassOf(*claim).value_or(""));
  auto isTaken = [&](const Object<PersistentVolume>& volume) {
    return isIn(others, volume) || known.isPromised(volume.name());
  };
  const auto found = volumes::bestMatch(claim, known.volumesOfClass(className), {.node = node, .isTaken = isTaken});
  if (found) return {.choice = {claim, found}};
  return {.choice = {claim, {}}, .obstacle = whyNotMade(claim, node, known)};
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

ClaimChoices chooseVolumes(const PodClass& podClass, const Object<Node>& node, const ClusterState& state) {
  std::vector<Object<PersistentVolumeClaim>> waiting;
  for (const ClaimUse& use : podClass.claims) {
    const Object<PersistentVolumeClaim> claim = state.volumes().claims.get(keyOf(podClass.ns, use.name));
    if (!claim || hasVolume(claim)) continue;
    if (!waitsForConsumer(claim, state)) return {.choices = {}, .obstacle = kUnboundClaim};
    const bool twice = std::ranges::any_of(waiting, [&](const auto& other) { return other.name() == claim.name(); });
    if (!twice) waiting.push_back(claim);
  }
  std::ranges::stable_sort(waiting, {}, [](const auto& claim) { return volumes::requestOf(claim); });
  ClaimChoices all;
  for (const auto& claim : waiting) {
    Chosen chosen = chooseFor(claim, node, state, all.choices);
    if (chosen.obstacle) return {.choices = {}, .obstacle = chosen.obstacle};
    all.choices.push_back(std::move(chosen.choice));
  }
  return all;
}

}  // namespace cleat::scheduling
