// How an operation is called in the OpenAPI documents: programs that write clients make the names of functions and
// classes of it, so it is a word of letters and digits, as Kubernetes forms it: readAppsV1NamespacedDeploymentScale.
#pragma once

#include <string>
#include <string_view>

namespace cleat::api {

// "ephemeralcontainers" → "Ephemeralcontainers"
std::string capitalized(std::string_view word);

// `of`: what comes after the version: "NamespacedDeployment". The core group is called "core".
std::string operationName(std::string_view verb, std::string_view group, std::string_view version, std::string_view of);

// What the operations of a group are grouped by: "apps", "rbacAuthorization"; and those of a version: "apps_v1",
// "rbacAuthorization_v1".
std::string groupTag(std::string_view group);
std::string operationTag(std::string_view group, std::string_view version);

}  // namespace cleat::api
