// Takes in what happens in the cluster: keeps the scheduler's state current, puts pods that are to be placed into the
// queue, and wakes those that the change may help.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "cycle/scheduler.h"
#include "queue/hints.h"
#include "queue/scheduling_queue.h"

namespace cleat::scheduling {

// Whether the node is another one to pods: heartbeats are no news.
bool isNodeNews(const Object<Node>& before, const Object<Node>& now);

class Intake {
 public:
  struct Hooks {
    std::function<Instant()> now;
    std::function<void()> woken;                        // there may be something to place
    std::function<void(std::string_view uid)> settled;  // the pod waits no longer
    // Whether its nomination is being written, so that what it says of it is old.
    std::function<bool(std::string_view uid)> isBeingNominated;
  };
  Intake(Scheduler& scheduler, SchedulingQueue& queue, Hooks hooks)
      : scheduler_(scheduler), queue_(queue), hooks_(std::move(hooks)) {}

  // As an informer tells: nothing before for what is new, nothing now for what has gone.
  void node(const Object<Node>& before, const Object<Node>& now);
  void pod(const Object<Pod>& before, const Object<Pod>& now);
  void ofNamespace(const Object<Namespace>& before, const Object<Namespace>& now);
  // How pods are spread by default is a preference, so that nobody is helped who waits.
  void service(const Object<core_v1::Service>& before, const Object<core_v1::Service>& now) {
    if (now) return state().services().set(now);
    state().services().erase(before);
  }
  void budget(const Object<PodDisruptionBudget>& before, const Object<PodDisruptionBudget>& now);
  template <class Known, class K>
  void storage(Known& known, const Object<K>& before, const Object<K>& now) {
    if (now) {
      known.set(now);
    } else {
      known.erase(before.key());
    }
    ++state().volumes().version;
    tell({.what = ClusterEvent::What::storage, .storage = Change<K>{before, now}});
  }

  // What is known of devices: `take` puts it into the state.
  void devices(const std::function<void(DeviceState&)>& take) {
    take(state().devices());
    state().devices().changed();
    tell({.what = ClusterEvent::What::devices});
  }
  void deviceClass(const Object<DeviceClass>& before, const Object<DeviceClass>& now);
  void claim(const Object<ResourceClaim>& before, const Object<ResourceClaim>& now);
  // Whether a claim of the pod's is not there, so that it is not to be tried; it is put into the queue again when that
  // claim changes.
  bool waitsForClaims(const Object<Pod>& pod);
  // What was decided about a claim is not to be, so that its devices are free.
  void takeBackDevices(const std::string& claim);

  // A pod counts as on its node from when that has been decided.
  void assume(const Object<Pod>& pod, const std::string& node) { state().setPod(pod, node); }
  // It is on no node after all, or has gone.
  void forget(std::string_view uid);

 private:
  ClusterState& state() { return scheduler_.state(); }
  void tell(const ClusterEvent& event);
  void placed(const Object<Pod>& pod);
  void waiting(const Object<Pod>& before, const Object<Pod>& now);
  void gone(const Object<Pod>& pod);
  void withdrawNomination(std::string_view uid);
  void putAgain(const std::string& claim);
  void forgetClaims(const Object<Pod>& pod);

  Scheduler& scheduler_;
  SchedulingQueue& queue_;
  Hooks hooks_;
  TextTable<std::set<std::string, std::less<>>> awaited_;  // uids of pods that wait for a claim, by its key
};

}  // namespace cleat::scheduling
