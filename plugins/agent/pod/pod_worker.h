// The life of one pod on this node, from the moment it is bound until nothing of it is left.
//
// A worker is told that something may have changed (`update`, `removed`, `signal`) and brings the node to what the
// pod asks for, one `sync` after the other, never two at a time (pod/sync_loop.h). A sync looks at what runs, asks
// planPod what is due, and has its parts do it; what takes long (pulls, hooks, waiting for a process to end) runs
// beside it and signals when it is over. So nothing depends on having seen an event, and a restart of the agent goes
// on where the last one stopped.
//
// Strand only; owned by the agent and by the coroutines that work for it.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "devices/pod_devices.h"
#include "pod/admission.h"
#include "pod/container_starter.h"
#include "pod/container_stopper.h"
#include "pod/pod_images.h"
#include "pod/pod_observer.h"
#include "pod/pod_on_node.h"
#include "pod/pod_resizer.h"
#include "pod/pod_teardown.h"
#include "pod/sandbox_keeper.h"
#include "pod/status_publisher.h"
#include "pod/sync_loop.h"
#include "probes/prober.h"
#include "volumes/pod_volumes.h"

namespace cleat::agent {

class PodWorker : public std::enable_shared_from_this<PodWorker> {
 public:
  PodWorker(NodeServices& node, std::string uid);
  // For sandboxes whose pod is not in the API any more: takes them down.
  static std::shared_ptr<PodWorker> forOrphan(NodeServices& node, std::string uid);

  // Called once, when nothing is left of the pod here.
  void onDone(std::function<void()> done) { done_ = std::move(done); }

  void update(Object<core_v1::Pod> pod);
  void removed();
  void signal() { loop_.signal(); }
  // Ends the pod, which is a burden for the node: it has failed, with the reason Evicted. Not one that ends already.
  void evict(const std::string& why);
  // As signal, and what failed for want of an object is tried again at once.
  void objectsChanged();

  const std::string& uid() const { return pod_.uid; }
  const Object<core_v1::Pod>& pod() const { return pod_.pod(); }
  std::shared_ptr<const RuntimePod> runtime() const { return pod_.runtime(); }
  // Why the container does not run; empty if that is not known.
  std::string waitingReason(std::string_view container) const;

 private:
  static constexpr const char* kVolumesKey = "/volumes";
  static constexpr const char* kDevicesKey = "/devices";

  Task<void> sync();
  bool isNew() const;
  std::optional<Refusal> refusal() const;
  Task<bool> lookAtNode();
  void admit();
  void checkDeadline();
  void stopDue(const PodPlan& plan);
  Task<void> makeSandbox(uint32_t attempt);
  Task<bool> prepareVolumes();
  Task<bool> prepareDevices(bool forSandbox);
  Task<void> end();
  void removeOld();
  Task<void> removeOne(std::string id, Task<Result<void>> (RuntimeClient::*remove)(std::string id));

  SyncLoop loop_;
  PodOnNode pod_;
  PodVolumes volumes_;
  PodDevices devices_;
  Prober prober_;
  PodObserver observer_{pod_};
  PodImages images_{pod_};
  PodResizer resizer_{pod_};
  SandboxKeeper sandbox_{pod_, observer_, resizer_};
  ContainerStopper stopper_{pod_, prober_};
  ContainerStarter starter_{pod_, images_, volumes_, devices_, resizer_, stopper_};
  StatusPublisher publisher_{pod_, observer_, starter_, resizer_, devices_};
  PodTeardown teardown_{pod_, observer_, sandbox_, volumes_, devices_};
  std::function<void()> done_;
  bool admitted_ = false;       // the node has taken the pod, or refused it
  Object<core_v1::Node> node_;  // until then: what it is held against
};

}  // namespace cleat::agent
