// What there is to do for a pod, worked out from its spec and from what runs, and from nothing else: the pod's worker
// carries it out, and asks again. Level-triggered, so that it does not matter what happened or was missed.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include <map>
#include <string>
#include <vector>

#include "pod/pod_spec.h"
#include "runtime_view.h"

namespace cleat::agent {

// What the agent knows of a running container beyond what the runtime says, by the runtime's id of the container.
struct ContainerProgress {
  bool hookPending = false;     // its postStart hook has not ended
  bool startupPending = false;  // its startup probe has not passed
  bool unready = false;         // its readiness probe says no, or has not said yes yet
  bool resizeRestart = false;   // it is restarted, however it ends, to have the resources that it is to have
  // A probe or a hook wants it killed; the reason as a sentence's end: "failed liveness probe".
  std::string condemned;
  bool started() const { return !hookPending && !startupPending; }
};
using Progress = std::map<std::string, ContainerProgress, std::less<>>;

struct PodPlan {
  struct Kill {
    std::string containerId, name;
    std::string message;  // of the event Killing
  };

  bool createSandbox = false;
  uint32_t sandboxAttempt = 0;
  std::vector<Kill> kill;
  std::vector<std::string> start;  // containers by name, in this order
  bool initialized = false;        // every init container has done its part
  // Nothing runs that has to, and nothing will again: the pod has reached its end.
  bool finished = false;
};

PodPlan planPod(core_v1::PodSpec::Reader spec, const RuntimePod& runtime, const Progress& progress);

}  // namespace cleat::agent
