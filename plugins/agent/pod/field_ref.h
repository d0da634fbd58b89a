// The downward API: what a pod says about itself to its own containers, through environment variables and files.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "pod/pod_spec.h"

namespace cleat::agent {

// What a pod's own object may not say yet, or not at all.
struct PodFacts {
  std::vector<std::string> podIps, hostIps;
  std::string nodeName;
  // What pods may have of it.
  int64_t nodeMilliCpu = 0, nodeMemoryBytes = 0, nodeEphemeralBytes = 0;
};

// "metadata.labels['app']", "status.podIP", … as text. Maps are written as files of the downward API are:
// key="escaped value", a line each.
Result<std::string> fieldValue(core_v1::Pod::Reader pod, std::string_view path, const PodFacts& facts);

// "limits.cpu", "requests.memory", … of a container, in units of the divisor, rounded up. A limit that is not set, or
// 0, is what pods may have of the node.
Result<std::string> resourceValue(core_v1::Container::Reader container, core_v1::ResourceFieldSelector::Reader selector,
                                  const PodFacts& facts);

}  // namespace cleat::agent
