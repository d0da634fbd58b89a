// Whether a node takes the volumes of a pod besides those that are there: as many of each driver as its CSINode says.
// What is attached to the node counts also where no pod there uses it. And whether the node has the drivers that say
// that pods are not to be put where they are missing.
#pragma once

#include "filters/why.h"
#include "state/cluster_state.h"

namespace cleat::scheduling {

// The pods in `without` are left out of account.
MaybeWhy whyNoMoreVolumes(const PodClass& podClass, const NodeRow& row, const ClusterState& state,
                          const std::vector<const PlacedPod*>& without);

}  // namespace cleat::scheduling
