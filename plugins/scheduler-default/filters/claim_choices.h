// What claims of a pod that wait for their consumer would get on a node: a volume that is there and free, or one that
// their provisioner is asked to make there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "filters/why.h"
#include "state/cluster_state.h"

namespace cleat::scheduling {

struct ClaimChoice {
  Object<PersistentVolumeClaim> claim;
  Object<PersistentVolume> volume;  // refers to nothing: one is to be made
};

// Whether the claim has its volume, as far as the scheduler waits for that.
bool hasVolume(const Object<PersistentVolumeClaim>& claim);
// Whether its volume is chosen along with the pod's node, and has not been yet.
bool waitsForConsumer(const Object<PersistentVolumeClaim>& claim, const ClusterState& state);

struct ClaimChoices {
  std::vector<ClaimChoice> choices;
  std::optional<BindingDetail> obstacle = {};  // why the node cannot give one of them what it wants: no choices then
};
// For all claims of the class that wait, the smallest first; none where none does.
ClaimChoices chooseVolumes(const PodClass& podClass, const Object<Node>& node, const ClusterState& state);

}  // namespace cleat::scheduling
