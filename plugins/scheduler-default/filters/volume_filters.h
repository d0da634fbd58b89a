// Whether the volumes of a pod can be had on a node, as far as claims, volumes and drivers' limits say.
#pragma once

#include <optional>
#include <string>

#include "filters/claim_choices.h"
#include "filters/why.h"
#include "state/cluster_state.h"

namespace cleat::scheduling {

// What keeps the pod from every node, before any is looked at: a claim that is not there, or not bound.
struct VolumeObstacle {
  Judge judge = Judge::volumeBinding;
  std::string message;
};
std::optional<VolumeObstacle> volumeObstacle(const PodClass& podClass, const ClusterState& state,
                                             const Profile& profile);

// Whether the zone labels of two states of a volume are the same.
bool haveSameZones(const Object<PersistentVolume>& a, const Object<PersistentVolume>& b);

// By the volumes alone: their nodes, their zones. Does not depend on pods. `choices`: takes what the claims that wait
// for a node would get there; none where the profile does not bind.
MaybeWhy whyNotVolumes(const PodClass& podClass, NodeIndex node, const ClusterState& state, const Profile& profile,
                       std::vector<ClaimChoice>* choices = nullptr);
// By what the pods on the node use, but for those in `without`.
MaybeWhy whyVolumesInUse(const PodClass& podClass, NodeIndex node, const ClusterState& state, const Profile& profile,
                         const std::vector<const PlacedPod*>& without = {});

}  // namespace cleat::scheduling
