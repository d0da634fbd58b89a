// What a pod's requests and limits mean on this machine: the cgroup it lives in, and the CPU shares, CPU quota, memory
// limit and OOM score of the pod and of each container, as the kubelet computes them.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/schema/role/runtime.capnp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/qos_groups.h"
#include "node/resource_ledger.h"
#include "pod/pod_spec.h"

namespace cleat::agent {

// Relative to the root of the cgroups: "/cleat/burstable/pod<uid>", where the node's classes are (node/qos_groups.h).
std::string cgroupParentOf(core_v1::Pod::Reader pod, const QosSettings& groups);
// cgroup v1's scale of CPU time: 1024 for one processor.
int64_t sharesOf(int64_t milliCpu);

struct ResourceAmount {
  std::optional<int64_t> milliCpu, memoryBytes;
};
ResourceAmount requestsOf(core_v1::ResourceRequirements::Reader resources);  // a limit alone is a request too
ResourceAmount limitsOf(core_v1::ResourceRequirements::Reader resources);
ResourceAmount amountIn(capnp::List<meta_v1::TextEntry>::Reader amounts);

// What a pod takes of its node, with its overhead.
Grant grantOf(core_v1::PodSpec::Reader spec);

// The cgroup of a pod; a limit of 0 is none.
struct PodLimits {
  int64_t cpuShares = 0, cpuQuotaUs = 0, memoryBytes = 0;
};
PodLimits podLimitsOf(core_v1::PodSpec::Reader spec);
PodLimits largerOf(const PodLimits& one, const PodLimits& other);
void write(role::Resources::Builder out, const PodLimits& limits);
// Says of the limits that are not set that there are none, for what may have had some.
void setUnlimited(role::Resources::Builder out);

void setPodResources(core_v1::PodSpec::Reader spec, role::Resources::Builder out);
void setContainerResources(core_v1::PodSpec::Reader spec, const PodContainer& container, int64_t machineMemoryBytes,
                           role::Resources::Builder out);

}  // namespace cleat::agent
