// What Kubernetes calls the types of its kinds, which its errors show to whoever sent something else.
#pragma once

#include <string>
#include <string_view>

#include "core/object/kind.h"

namespace cleat::object {

// Within the server: "core.ConfigMap", "rbac.Role".
std::string internalName(const Kind& kind);
// As it travels: "v1.Secret".
std::string versionedName(std::string_view apiVersion, std::string_view name);
// A reference to one, or to a list: "*core.PodList", "*unstructured.Unstructured".
std::string goTypeName(const Kind& kind, bool isList);

// What is said of a body that says to be something else than the kind that it is sent to.
std::string unknownConversion(std::string_view apiVersion, std::string_view name, const Kind& wanted);
std::string notRegistered(std::string_view apiVersion, std::string_view name);
// What opens an error about a body that says to be a `name` of `version`: 'Pod in version "v1" cannot be handled as a
// Pod: '.
std::string cannotBeHandled(std::string_view version, std::string_view name, const Kind& wanted);

}  // namespace cleat::object
