// What a container's spec refers to, made to be there and named for the runtime: its environment, its mounts, the
// file for its termination message, the sandbox it belongs in.
#pragma once

#include <string>

#include "pod/container_config.h"
#include "pod/pod_on_node.h"
#include "volumes/pod_volumes.h"

namespace cleat::agent {

// `granted` is the pod as it is to run, and holds `container`. Fails with what the container's status shows under
// CreateContainerConfigError.
Task<Result<ContainerFacts>> gatherFacts(PodOnNode& pod, PodVolumes& volumes, Object<core_v1::Pod> granted,
                                         PodContainer container, std::string imageUser);

}  // namespace cleat::agent
