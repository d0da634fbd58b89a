#include "filters/volume_filters.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

#include "filters/claim_choices.h"
#include "filters/volume_limits.h"
#include "volume-common/volume_match.h"

namespace cleat::scheduling {
namespace {

constexpr std::string_view kZoneLabels[] = {"topology.kubernetes.io/zone", "topology.kubernetes.io/region",
                                            "failure-domain.beta.kubernetes.io/zone",
                                            "failure-domain.beta.kubernetes.io/region"};

Object<PersistentVolumeClaim> claimOf(const PodClass& podClass, const ClaimUse& use, const ClusterState& state) {
  return state.volumes().claims.get(keyOf(podClass.ns, use.name));
}

bool isForOnePod(const Object<PersistentVolumeClaim>& claim) {
  return contains(claim->getSpec().getAccessModes(), "ReadWriteOncePod");
}

Object<PersistentVolume> volumeOf(const Object<PersistentVolumeClaim>& claim, const ClusterState& state) {
  return state.volumes().volumes.get(view(claim->getSpec().getVolumeName()));
}

// The zone labels of a volume may name several values, joined by "__".
bool isInZone(const Object<PersistentVolume>& volume, const Object<Node>& node) {
  for (std::string_view key : kZoneLabels) {
    const auto wanted = label(volume.meta(), key);
    if (!wanted) continue;
    const auto has = label(node.meta(), key);
    if (!has) return false;
    std::string_view rest = *wanted;
    bool found = false;
    while (!found && !rest.empty()) {
      const size_t end = rest.find("__");
      found = rest.substr(0, end) == *has;
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
    }
    if (!found) return false;
  }
  return true;
}

bool disksCollide(const DirectDisk& a, const DirectDisk& b) {
  return a.identity == b.identity && !(a.shareable && a.readOnly && b.readOnly);
}

bool isOneOf(const PlacedPod* pod, const std::vector<const PlacedPod*>& pods) {
  return std::ranges::find(pods, pod) != pods.end();
}

// Pods everywhere count: such a claim is for one pod in the cluster.
bool claimInUse(const PodClass& podClass, const ClusterState& state, const std::vector<const PlacedPod*>& without) {
  return std::ranges::any_of(podClass.claims, [&](const ClaimUse& use) {
    const Object<PersistentVolumeClaim> claim = claimOf(podClass, use, state);
    if (!claim || !isForOnePod(claim)) return false;
    int users = state.claimUsers(claim.key());
    for (const PlacedPod* pod : without) {
      const bool same = pod->podClass->ns == podClass.ns;
      users -=
          same && std::ranges::find(pod->podClass->claims, use.name, &ClaimUse::name) != pod->podClass->claims.end();
    }
    return users > 0;
  });
}

}  // namespace

bool haveSameZones(const Object<PersistentVolume>& a, const Object<PersistentVolume>& b) {
  return std::ranges::all_of(kZoneLabels,
                             [&](std::string_view key) { return label(a.meta(), key) == label(b.meta(), key); });
}

std::optional<VolumeObstacle> volumeObstacle(const PodClass& podClass, const ClusterState& state,
                                             const Profile& profile) {
  if (podClass.claims.empty() || !profile.has(Judge::volumeBinding)) return std::nullopt;
  bool unbound = false;
  for (const ClaimUse& use : podClass.claims) {
    const Object<PersistentVolumeClaim> claim = claimOf(podClass, use, state);
    const std::string what = concat("persistentvolumeclaim ", inQuotes(use.name));
    if (!claim && use.ephemeral) {
      return VolumeObstacle{Judge::volumeBinding,
                            concat("waiting for ephemeral volume controller to create the ", what)};
    }
    if (!claim) return VolumeObstacle{Judge::volumeBinding, concat(what, " not found")};
    if (deletionPending(claim.meta())) return VolumeObstacle{Judge::volumeBinding, concat(what, " is being deleted")};
    if (view(claim->getStatus().getPhase()) == "Lost") {
      return VolumeObstacle{Judge::volumeBinding, concat(what, " bound to non-existent persistentvolume ",
                                                         inQuotes(view(claim->getSpec().getVolumeName())))};
    }
    unbound = unbound || (!hasVolume(claim) && !waitsForConsumer(claim, state));
  }
  if (!unbound) return std::nullopt;
  return VolumeObstacle{Judge::volumeBinding, "pod has unbound immediate PersistentVolumeClaims"};
}

MaybeWhy whyNotVolumes(const PodClass& podClass, NodeIndex node, const ClusterState& state, const Profile& profile,
                       std::vector<ClaimChoice>* choices) {
  const Object<Node>& object = state.nodes().row(node).node;
  const bool binding = profile.has(Judge::volumeBinding);
  bool unbound = false;
  for (const ClaimUse& use : podClass.claims) {
    const Object<PersistentVolumeClaim> claim = claimOf(podClass, use, state);
    if (!claim) continue;
    if (!hasVolume(claim)) {
      unbound = true;
      continue;
    }
    const Object<PersistentVolume> volume = volumeOf(claim, state);
    if (binding && !volume) return Why{Judge::volumeBinding, kVolumeGone, false};
    if (!volume) continue;
    if (binding && !volumes::isWithinReach(volume, object)) return Why{Judge::volumeBinding, kWrongVolumeNode, false};
    if (profile.has(Judge::volumeZone) && !isInZone(volume, object)) return Why{Judge::volumeZone, 0, false};
  }
  if (!binding || !unbound) return std::nullopt;
  ClaimChoices chosen = chooseVolumes(podClass, object, state);
  if (chosen.obstacle) return Why{Judge::volumeBinding, *chosen.obstacle, false};
  if (choices != nullptr) *choices = std::move(chosen.choices);
  return std::nullopt;
}

MaybeWhy whyVolumesInUse(const PodClass& podClass, NodeIndex node, const ClusterState& state, const Profile& profile,
                         const std::vector<const PlacedPod*>& without) {
  const NodeRow& row = state.nodes().row(node);
  if (profile.has(Judge::volumeRestrictions)) {
    for (const PlacedPod* pod : row.pods) {
      if (isOneOf(pod, without)) continue;
      for (const DirectDisk& used : pod->podClass->disks) {
        auto collides = [&](const DirectDisk& wanted) { return disksCollide(wanted, used); };
        if (std::ranges::any_of(podClass.disks, collides)) return Why{Judge::volumeRestrictions, kDiskConflict, true};
      }
    }
    if (claimInUse(podClass, state, without)) return Why{Judge::volumeRestrictions, kClaimInUse, true};
  }
  return profile.has(Judge::nodeVolumeLimits) ? whyNoMoreVolumes(podClass, row, state, without) : std::nullopt;
}

}  // namespace cleat::scheduling
