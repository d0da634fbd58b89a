// What a node may make of its own Node: register it, and keep it up to date in what is its own to know. Labels and
// taints decide which pods come to a node, so that it may not choose those for itself that others set to keep pods off
// it.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>
#include <string_view>

namespace cleat::node_restriction {

// Why the Node may not be registered as it is, in Kubernetes' words; nothing where it may.
std::optional<std::string> wrongWithNewNode(std::string_view node, const Object<core_v1::Node>& now);
// The same for a change of it.
std::optional<std::string> wrongWithNode(std::string_view node, const Object<core_v1::Node>& old,
                                         const Object<core_v1::Node>& now);

}  // namespace cleat::node_restriction
