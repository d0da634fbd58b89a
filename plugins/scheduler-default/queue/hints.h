// What can help a pod that waits: for each event, whether it may have changed the mind of one of those who refused a
// pod. A pod that nothing could have helped is not tried again.
#pragma once

#include "cycle/scheduler.h"
#include "queue/storage_hints.h"

namespace cleat::scheduling {

struct ClusterEvent {
  enum class What : uint8_t {
    nodeSet,  // a node came, or changed: `before` and `now`
    nodeGone,
    podCame,    // to `node`
    podWent,    // from `node`, or a nomination to it was withdrawn
    podLeaves,  // it is being deleted, and still there
    namespaces,
    storage,  // `storage`
    devices,  // slices, classes, taint rules or claims; of a claim `claim` is its key
  };
  What what = What::nodeSet;
  NodeIndex node = kNoNode;
  ClassRef podClass;  // of the pod that it is about
  Object<Node> before, now;
  std::string claim;
  bool frees = false;  // devices that the claim had may be free now
  StorageChange storage{};
};

// Pods that wait, all for the same reasons.
struct WaitingPods {
  const PodClass& podClass;
  JudgeSet judges = 0;     // who refused them
  bool nominated = false;  // room is being made for them already
};

// Whether they may fare better after the event. The state is what it is after it.
bool mayHelp(const ClusterEvent& event, const WaitingPods& waiting, Scheduler& scheduler);

// Whether a pod fares better now that another one, or all of it, has gone from the node where room is made for it: it
// has all of its room, or nobody is left who could make more.
bool mayHelpNominated(const Nomination& nomination, Scheduler& scheduler);

}  // namespace cleat::scheduling
