// A pod's sandbox: made when there is none that is ready, connected to the pod network, and given the files that all
// of the pod's containers share; stopped and removed at the pod's end. Strand only.
#pragma once

#include <functional>
#include <string>

#include "pod/pod_observer.h"
#include "pod/pod_on_node.h"
#include "pod/pod_resizer.h"

namespace cleat::agent {

class SandboxKeeper {
 public:
  SandboxKeeper(PodOnNode& pod, PodObserver& observer, PodResizer& resizer)
      : pod_(pod), observer_(observer), resizer_(resizer) {}

  // Whether the time to try again has come after a failure; if not, the loop is woken when it has.
  bool mayMake() { return !pod_.loop.tooEarly(kSandboxKey); }
  // Makes the pod's sandbox number `attempt` and connects it; older ones go away. `meanwhile` runs while the runtime
  // makes it, and has ended when this returns. Returns whether the sandbox is there and connected; if not, it is
  // tried again later.
  Task<bool> make(uint32_t attempt, std::function<Task<bool>()> meanwhile);

  // Gives the sandbox its addresses, or learns which it has. Returns whether the pod is on the network.
  Task<bool> connect();

  // Takes the sandboxes off the network and stops them. Returns whether all are stopped.
  Task<bool> stopAll();
  // After that: removes them, with the containers that they hold. Returns whether none is left.
  Task<bool> removeAll();

 private:
  static constexpr const char* kSandboxKey = "/sandbox";
  static constexpr const char* kNetworkKey = "/network";

  void failed(const char* key, const std::string& why);
  Task<void> dropStale();
  Task<void> disconnect(RuntimeSandbox sandbox);
  Task<Result<void>> stop(RuntimeSandbox sandbox);
  Task<Result<std::vector<std::string>>> addressesOf(RuntimeSandbox sandbox);
  Task<Result<void>> writePodFiles();
  void fillNetworkParams(const RuntimeSandbox& sandbox, role::NetworkParams::Builder params) const;

  PodOnNode& pod_;
  PodObserver& observer_;
  PodResizer& resizer_;
  std::string connectedSandbox_;  // its id; the pod's addresses are those that it has
};

}  // namespace cleat::agent
