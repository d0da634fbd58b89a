// A pod's status, computed from its spec and from what runs: container statuses, phase, conditions and addresses, in
// the words of the kubelet. Pure: the same input gives the same status, so that it is written only when it differs.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/time.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pod/device_facts.h"
#include "pod/pod_plan.h"
#include "pod/resize.h"
#include "runtime_view.h"

namespace cleat::agent {

// Why a container is not running.
struct Waiting {
  std::string reason, message;
  bool operator==(const Waiting&) const = default;
};

struct StatusFacts {
  const RuntimePod& runtime;
  const Progress& progress;
  const std::map<std::string, Waiting, std::less<>>& waiting;           // by container name
  const std::map<std::string, std::string, std::less<>>& lastMessages;  // what containers left behind, by their id
  std::string runtimeName;                                              // container ids are "NAME://ID"
  std::vector<std::string> podIps, hostIps;
  bool ended = false;              // every process of the pod is gone for good
  std::optional<Waiting> failure;  // the pod as a whole has failed: reason and message
  bool rejected = false;           // and was never begun
  WallTime now{};
  const ResizeState* resize = nullptr;
  bool recursiveReadOnly = false;                                                 // the runtime can make mounts so
  std::map<std::string, std::vector<ResourceDevices>, std::less<>> devices = {};  // by container
};

// Fills `status`, which is empty. `before` is the last one that was built, or the pod's: times of transitions and the
// start time come from it. Conditions that others own are kept as the pod has them.
void buildStatus(core_v1::Pod::Reader pod, core_v1::PodStatus::Reader before, const StatusFacts& facts,
                 core_v1::PodStatus::Builder status);

// Makes of the newest status of a pod one with what the agent wants to say, and nothing else of `wanted`: conditions
// and fields that are others' stay. A pod that has reached its end, whoever has said so, does not come back from it.
void putOwnStatus(core_v1::PodStatus::Reader wanted, core_v1::PodStatus::Builder newest);

bool sameStatus(core_v1::PodStatus::Reader one, core_v1::PodStatus::Reader other);

// The phase that follows from container statuses.
std::string_view phaseOf(core_v1::PodSpec::Reader spec, core_v1::PodStatus::Reader status, bool ended);

}  // namespace cleat::agent
