// How good a node is by the storage that is there for the pod's claims which wait for a node: the less of it they need
// the better.
#pragma once

#include "state/cluster_state.h"

namespace cleat::scheduling {

// From 0 to 100: of the volumes that they would get, or, where all of them are to be made, of what their drivers report
// to have left. 0 where nobody knows, or nothing waits.
int64_t storageScore(const PodClass& podClass, const Object<Node>& node, const ClusterState& state);

}  // namespace cleat::scheduling
