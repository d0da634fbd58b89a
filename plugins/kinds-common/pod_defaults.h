// What Kubernetes fills into a pod that leaves it out: the same in a Pod and in the template of a workload, apart from
// what is filled into a Pod alone.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include <string>
#include <string_view>

namespace cleat::kinds {

// A pod's specification, wherever it stands.
void setPodSpecDefaults(core_v1::PodSpec::Builder spec);
// What a Pod has beyond its specification's defaults, and a template has not: requests from limits, service links, the
// host's ports.
void setPodOnlyDefaults(core_v1::PodSpec::Builder spec);

// "Always" for an image with the tag latest or none, "IfNotPresent" for any other.
std::string_view pullPolicyFor(std::string_view image);

}  // namespace cleat::kinds
