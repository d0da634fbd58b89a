// How a container of a pod is to be run: its spec, with everything resolved, as the runtime wants it. Pure.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/schema/role/runtime.capnp.h>
#include <cleat/sdk/status.h>

#include <optional>
#include <string>
#include <vector>

#include "pod/env.h"
#include "pod/pod_files.h"
#include "pod/pod_spec.h"

namespace cleat::agent {

struct ContainerMount {
  std::string containerPath, hostPath;
  bool readOnly = false;
  std::string propagation = "None";
  std::string image, imageSubPath;  // the files of an image in place of hostPath
  bool recursiveReadOnly = false;
};

struct ContainerDevice {
  std::string hostPath, containerPath;
  bool readOnly = false;
};

struct ContainerFacts {
  std::string sandboxId;
  std::string targetContainerId;  // whose processes it sees; empty: as the pod says
  uint32_t attempt = 0;
  std::string hostname;
  Environment environment;
  std::vector<ContainerMount> mounts;
  std::vector<ContainerDevice> devices;
  std::vector<std::string> cdiDevices;
  std::string terminationMessageFile;  // on this machine
  int64_t machineMemoryBytes = 0;
  std::string imageUser;  // as the image is configured
};

// "web/0.log", below the pod's log folder.
std::string logPathOf(std::string_view containerName, uint32_t attempt);

// Refuses what the security context forbids: CreateContainerConfigError.
Result<void> checkUser(core_v1::Pod::Reader pod, const PodContainer& container, const std::string& imageUser);

void buildContainerConfig(core_v1::Pod::Reader pod, const PodContainer& container, const ContainerFacts& facts,
                          role::ContainerConfig::Builder out);

struct SandboxFacts {
  uint32_t attempt = 0;  // how many sandboxes the pod has had
  std::string hostname, logFolder;
  std::optional<uint32_t> firstUserId;  // of the machine's ids that are the pod's own; without: the machine's users
  Resolver dns;
};

// Everything about the pod's sandbox but its cgroup.
void buildSandboxConfig(core_v1::Pod::Reader pod, const SandboxFacts& facts, role::SandboxConfig::Builder out);

}  // namespace cleat::agent
