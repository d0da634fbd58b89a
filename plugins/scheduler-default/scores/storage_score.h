// How good a node is by the storage that is there for the pod's claims which wait for a node: the less of it they need
// the better.
#pragma once

#include "filters/claim_choices.h"

namespace cleat::scheduling {

// From 0 to 100, by what the claims would get on the node: of the volumes that there are, or, where all of them are to
// be made, of what their drivers report to have left. 0 where nobody knows, or nothing waits.
int64_t storageScore(const std::vector<ClaimChoice>& choices, const Object<Node>& node, const VolumeState& known);

}  // namespace cleat::scheduling
