// Starts the containers of a pod: one after the other, each when its image is there and its restart back-off is over.
// What keeps one from running is said in `waiting` and as an event, and tried again. Strand only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "backoff.h"
#include "devices/pod_devices.h"
#include "pod/container_config.h"
#include "pod/container_stopper.h"
#include "pod/pod_images.h"
#include "pod/pod_on_node.h"
#include "pod/pod_resizer.h"
#include "volumes/pod_volumes.h"

namespace cleat::agent {

class ContainerStarter {
 public:
  ContainerStarter(PodOnNode& pod, PodImages& images, PodVolumes& volumes, const PodDevices& devices,
                   PodResizer& resizer, const ContainerStopper& stopper)
      : pod_(pod), images_(images), volumes_(volumes), devices_(devices), resizer_(resizer), stopper_(stopper) {}

  // Starts those that `names` has, in the order of the pod's spec, as far as they can be now. The pod has a sandbox
  // that is connected, and its volumes are prepared. The loop is signalled when more can be done.
  Task<void> start(std::vector<std::string> names);

  // Why containers do not run, by their names; one that is not in it is not known to be held up.
  const std::map<std::string, Waiting, std::less<>>& waiting() const { return waiting_; }

 private:
  Task<void> startOne(PodContainer container);
  bool backsOff(const PodContainer& container, const RuntimeContainer& last);
  bool lacks(const PodContainer& container, const ImageOutcome* image);
  Task<void> createAndStart(PodContainer container, ContainerFacts facts);
  Task<void> runPostStart(std::string id, std::string name);
  void failed(const PodContainer& container, std::string reason, std::string message);

  PodOnNode& pod_;
  PodImages& images_;
  PodVolumes& volumes_;
  const PodDevices& devices_;
  PodResizer& resizer_;
  const ContainerStopper& stopper_;
  std::map<std::string, Waiting, std::less<>> waiting_;
  Backoff restarts_{std::chrono::seconds(10), std::chrono::minutes(5)};
};

}  // namespace cleat::agent
