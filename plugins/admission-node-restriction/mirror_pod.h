// The one kind of pod that a node may create: the mirror of a pod that it runs by itself. It must be the node's own,
// owned by its Node, and refer to nothing that the node would be let to read for its sake.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>
#include <string_view>

namespace cleat::node_restriction {

// Why the node may not create the pod, in Kubernetes' words; nothing where it may, once its owner is seen to have the
// uid that the node's Node has.
std::optional<std::string> wrongWithNewPod(std::string_view node, const Object<core_v1::Pod>& pod);

}  // namespace cleat::node_restriction
