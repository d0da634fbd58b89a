// The end of a pod, once none of its containers runs any more (see pod/container_stopper.h): what it uses of the node
// is released, the API is told, and what is left of it is removed. Each step is such that doing it again finds it
// done, and is tried again, on the loop's next turn, when it fails. Strand only.
#pragma once

#include "devices/pod_devices.h"
#include "pod/pod_observer.h"
#include "pod/pod_on_node.h"
#include "pod/sandbox_keeper.h"
#include "volumes/pod_volumes.h"

namespace cleat::agent {

class PodTeardown {
 public:
  PodTeardown(PodOnNode& pod, PodObserver& observer, SandboxKeeper& sandbox, PodVolumes& volumes, PodDevices& devices)
      : pod_(pod), observer_(observer), sandbox_(sandbox), volumes_(volumes), devices_(devices) {}

  // Releases the network, the sandboxes, the volumes, the devices and what the node has granted. Returns whether
  // nothing is held any more, as `ended` of the pod says from then on; otherwise the loop is woken to call again.
  Task<bool> release();

  // After `release`, and with the pod's last status published: deletes the pod from the API if it is to go, and
  // removes the sandboxes and logs. Returns whether nothing of it is left in the API or here: the worker has done its
  // work.
  Task<bool> remove();

 private:
  Task<bool> letGo();
  Task<void> deleteFromApi();

  PodOnNode& pod_;
  PodObserver& observer_;
  SandboxKeeper& sandbox_;
  PodVolumes& volumes_;
  PodDevices& devices_;
  bool deleted_ = false;  // the API has been told
};

}  // namespace cleat::agent
