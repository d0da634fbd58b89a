// A pod whose containers change their size while they run. The spec says what is wished; the node grants that as a
// whole or leaves what was granted before; what is granted is then brought about, container by container. Between two
// starts of the agent this stands in the pod's status: what is granted in allocatedResources, what is brought about in
// resources.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <map>
#include <optional>
#include <string>

namespace cleat::agent {

// One of the conditions PodResizePending and PodResizeInProgress, as long as it holds.
struct ResizeCondition {
  std::string reason, message;
  int64_t generation = 0;  // of the pod whose spec asked for it
  WallTime since{};
};

struct ResizeState {
  Object<core_v1::Pod> granted;                              // the pod, with the resources that it has been granted
  std::map<std::string, Object<core_v1::Pod>> broughtAbout;  // by container id: in which its resources are what it has
  Object<core_v1::Pod> cgroup;  // with the resources by which the pod as a whole is limited
  std::optional<ResizeCondition> pending, inProgress;
};

// The pod with the resources of `from`'s containers of the same names, and of that pod as a whole.
Object<core_v1::Pod> withResourcesOf(const Object<core_v1::Pod>& pod, core_v1::PodSpec::Reader from);

// As above with what the pod's own status says: what was granted, or what containers really have.
enum class ReportedResources { granted, actual };
Object<core_v1::Pod> withReported(const Object<core_v1::Pod>& pod, ReportedResources which);

// The condition of that type as the pod's status has it.
std::optional<ResizeCondition> reportedCondition(core_v1::Pod::Reader pod, std::string_view type);

// Whether every container that can be resized, and the pod as a whole, has the same CPU and memory in both.
bool sameResources(core_v1::PodSpec::Reader one, core_v1::PodSpec::Reader other);
bool sameResources(core_v1::ResourceRequirements::Reader one, core_v1::ResourceRequirements::Reader other);

// Whether the container says that it is to be restarted for this change.
bool resizeRestarts(core_v1::Container::Reader container, core_v1::ResourceRequirements::Reader before);

// The text behind "Pod resize started: " and the like in events.
std::string resizeSummary(core_v1::PodSpec::Reader spec, int64_t generation, std::string_view error);

}  // namespace cleat::agent
