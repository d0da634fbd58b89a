// Says in the API how a pod is: computes its status from all that is known and has it written when it differs. Strand
// only.
#pragma once

#include <map>
#include <string>

#include "devices/pod_devices.h"
#include "pod/container_starter.h"
#include "pod/pod_observer.h"
#include "pod/pod_on_node.h"
#include "pod/pod_resizer.h"

namespace cleat::agent {

class StatusPublisher {
 public:
  StatusPublisher(PodOnNode& pod, const PodObserver& observer, const ContainerStarter& starter,
                  const PodResizer& resizer, const PodDevices& devices)
      : pod_(pod), observer_(observer), starter_(starter), resizer_(resizer), devices_(devices) {}

  void publish();
  // The same, unless a container that was stopped for another has ended and the other is about to start: for this
  // moment, which may last a second, the pod is not said to have lost it. The loop is woken when it is over.
  void publishUnlessReplacing();

  // From now on the container's end is one for the sake of another.
  void replaced(const std::string& containerId) { replaced_.try_emplace(containerId); }

 private:
  bool isReplacing();

  PodOnNode& pod_;
  const PodObserver& observer_;
  const ContainerStarter& starter_;
  const PodResizer& resizer_;
  const PodDevices& devices_;
  std::map<std::string, Instant> replaced_;  // by container id: since when it was seen to have exited
};

}  // namespace cleat::agent
