// Stops containers of a pod, beside the pod's loop: the preStop hook, the stop signal, and SIGKILL when the
// container's time is over. The loop is signalled when a stop is over, whether it has helped or not; then it may be
// asked for again. What ends the whole pod is PodTeardown (pod/pod_teardown.h). Strand only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pod/pod_on_node.h"
#include "probes/prober.h"

namespace cleat::agent {

class ContainerStopper {
 public:
  ContainerStopper(PodOnNode& pod, Prober& prober) : pod_(pod), prober_(prober) {}

  // Begins to stop a running container, or shortens the time that an earlier call has given it. `message` is what the
  // event Killing says.
  void stop(const RuntimeContainer& container, std::string message);
  // Does so with all that run, sidecars last and one after the other. Returns whether anything runs still; the loop is
  // signalled when it is to be called again.
  bool stopAll();

  bool isStopping(const std::string& containerId) const { return stops_.contains(containerId); }

 private:
  struct Stop {
    int64_t graceSeconds = 0;
    bool hookBegun = false;
    bool hookRuns = false;  // ahead of the container's turn to be stopped
    uint32_t calls = 0;     // of the runtime, under way
  };
  void stopWithin(const RuntimeContainer& container, int64_t graceSeconds, std::string message);
  void stopLastOf(const std::vector<const RuntimeContainer*>& sidecars);
  void runHookAhead(const RuntimeContainer& container, std::string message);
  Task<void> runAhead(std::string id, std::string name, int64_t graceSeconds);
  Task<int64_t> runPreStop(std::string id, std::string name, int64_t graceSeconds);
  Task<void> run(std::string id, std::string name, int64_t graceSeconds, bool withHook);
  int64_t graceFor(const RuntimeContainer& container) const;

  PodOnNode& pod_;
  Prober& prober_;
  std::map<std::string, Stop> stops_;  // by container id
  Instant stoppingAllSince_{};
};

}  // namespace cleat::agent
