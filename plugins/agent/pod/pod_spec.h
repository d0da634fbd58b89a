// Reading a pod's spec the way the agent needs it: its containers by their part in the pod's life, its deadlines and
// its policies with their defaults. Nothing here changes anything.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::agent {

// An init container runs to its end before the next begins; a sidecar is an init container that keeps running beside
// the regular ones (restartPolicy Always). An ephemeral one was added to look into the pod: it runs once, and nothing
// waits for it.
enum class ContainerRole { init, sidecar, regular, ephemeral };

struct PodContainer {
  core_v1::Container::Reader spec;
  ContainerRole role;
  std::string_view target{};  // of an ephemeral one: the container whose processes it sees
  std::string_view name() const;
};

// In the order of the spec, init containers and sidecars first; without the ephemeral ones.
std::vector<PodContainer> containersOf(core_v1::PodSpec::Reader spec);
std::vector<PodContainer> ephemeralContainersOf(core_v1::PodSpec::Reader spec);
// The latter and then the former.
std::vector<PodContainer> allContainersOf(core_v1::PodSpec::Reader spec);
// Of any role.
std::optional<PodContainer> findContainer(core_v1::PodSpec::Reader spec, std::string_view name);

// Where a pod's status tells of containers of that role.
capnp::List<core_v1::ContainerStatus>::Reader statusesOf(core_v1::PodStatus::Reader status, ContainerRole role);

// Those ports of its containers that are reached through the node.
std::vector<core_v1::ContainerPort::Reader> hostPortsOf(core_v1::PodSpec::Reader spec);

enum class RestartPolicy { always, onFailure, never };
RestartPolicy restartPolicyOf(core_v1::PodSpec::Reader spec);
// Whether a container that ended like this is to run again.
bool shouldRestart(core_v1::PodSpec::Reader pod, const PodContainer& container, int exitCode);

// Changes when a container must be replaced: its name or its image.
std::string specHash(core_v1::Container::Reader container);

// Seconds that the pod's processes are given to end: of the deletion if it is being deleted, else of the spec.
int64_t gracePeriodOf(core_v1::Pod::Reader pod);

// Containers hold no files of the pod's before these exist: "NAMESPACE_NAME_UID".
std::string logFolderName(core_v1::Pod::Reader pod);

// "web_default(4c7e…)", as Kubernetes names a pod in its messages.
std::string describe(core_v1::Pod::Reader pod);

bool isTerminalPhase(std::string_view phase);  // Succeeded or Failed

// The pod came from a file on this node, or is its mirror in the API.
bool isMirror(core_v1::Pod::Reader pod);

}  // namespace cleat::agent
