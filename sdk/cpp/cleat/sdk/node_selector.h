// Which nodes a pod asks for by their labels and names: its node selector and the node affinity that it requires,
// matched as Kubernetes matches them. For whoever places pods, and for nodes that are given some.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

namespace cleat {

// Whether the node has all of the selector's labels and meets a term of the required affinity, if there is one.
bool matchesNodeSelection(core_v1::PodSpec::Reader spec, const Object<core_v1::Node>& node);
// One term of a node affinity, required or preferred. A term that says nothing matches no node.
bool matchesTerm(core_v1::NodeSelectorTerm::Reader term, const Object<core_v1::Node>& node);

}  // namespace cleat
