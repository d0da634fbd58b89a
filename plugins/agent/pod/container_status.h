// The status of each container of a pod, as the kubelet reports it. A part of the pod's status (status_builder.h).
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include "pod/status_builder.h"

namespace cleat::agent {

// Fills `status`, which is empty, for one container. `before` is its last known status, if there is one.
void buildContainerStatus(core_v1::PodSpec::Reader pod, const PodContainer& container,
                          std::optional<core_v1::ContainerStatus::Reader> before, const StatusFacts& facts,
                          bool podInitialized, core_v1::ContainerStatus::Builder status);

// Whether an init container has done its part, or a sidecar runs and has started.
bool hasInitialized(const PodContainer& container, const StatusFacts& facts);

}  // namespace cleat::agent
