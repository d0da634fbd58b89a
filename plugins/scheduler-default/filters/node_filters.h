// What a node itself is, held against what a pod asks of nodes: whatever pods are there, it does not change.
#pragma once

#include "filters/why.h"
#include "state/node_table.h"

namespace cleat::scheduling {

MaybeWhy whyNotNode(const PodClass& podClass, const Object<Node>& node, const Profile& profile);

// Whether the required affinity names nodes in such a way that there can be none.
bool namesNoNode(const PodClass& podClass);
// Whether the node's taints let the pod in; what a node says of itself (not ready) counts as the taint it amounts to.
bool toleratesNode(const PodClass& podClass, const Object<Node>& node);
// Its taints with the effect PreferNoSchedule that the pod does not tolerate.
int64_t unwelcomeTaints(const PodClass& podClass, const Object<Node>& node);
// The weights of the preferred node affinity's terms that the node meets.
int64_t preferredWeight(const PodClass& podClass, const Object<Node>& node);

}  // namespace cleat::scheduling
