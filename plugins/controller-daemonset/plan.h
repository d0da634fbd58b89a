// What is to be done about the pods of a DaemonSet, decided on what there is: no request is made here.
#pragma once

#include <cleat/sdk/time.h>

#include <map>
#include <string>
#include <vector>

#include "failed_pods.h"
#include "placement.h"

namespace cleat::daemonset {

struct NodeState {
  Object<Node> node;  // none: pods are bound to it, but it has gone
  Verdict verdict;
  std::vector<Object<Pod>> pods;  // of the set; those that ended and are being deleted are left out
};

struct Situation {
  Object<DaemonSet> set;
  Generation generation;
  std::map<std::string, NodeState> nodes;  // by name
  Instant now{};
  WallTime wallNow{};
};

struct Note {
  const char* type;
  const char* reason;
  std::string message;
};
struct Actions {
  std::vector<std::string> create;  // on which nodes
  std::vector<Object<Pod>> remove;
  std::vector<Note> events;
  Duration lookAgain{};  // zero: only when something changes
};

// One pod on every node that should run one, none on others, and what has failed gives way to a new one.
Actions keepNodesManned(const Situation& situation, FailedPods& failed);
// Old pods give way to new ones, within the bounds of the update strategy.
Actions rollForward(const Situation& situation);

struct Numbers {
  int32_t desired = 0, current = 0, misscheduled = 0, ready = 0, updated = 0, available = 0;
  Duration lookAgain{};  // until the next pod has been ready for long enough
};
Numbers count(const Situation& situation);

}  // namespace cleat::daemonset
