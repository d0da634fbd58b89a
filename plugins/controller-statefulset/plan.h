// What is to be done about the pods of a StatefulSet, decided on what there is: no request is made here.
#pragma once

#include <cleat/sdk/time.h>

#include <functional>
#include <string>
#include <vector>

#include "identity.h"

namespace cleat::statefulset {

struct Situation {
  Object<StatefulSet> set;
  std::string currentRevision, updateRevision;  // names; the same when no update is under way
  std::vector<Object<Pod>> pods;                // of the set
  WallTime now{};
  // What is asked of the claims. None: there are no claims.
  std::function<bool(int64_t ordinal)> claimsMissing{};
  std::function<bool(int64_t ordinal)> claimsStale{};  // an earlier pod's, which have to go first
  std::function<bool(const Object<Pod>&)> claimsOwned{};
};

struct NewPod {
  int64_t ordinal = 0;
  bool updated = false;  // of the update revision, and not of the current one
  bool operator==(const NewPod&) const = default;
};
// To be done in this order.
struct Actions {
  std::vector<Object<Pod>> claim;   // whose missing claims are made
  std::vector<Object<Pod>> repair;  // whose identity, volumes or claims are put right
  std::vector<NewPod> create;
  std::vector<Object<Pod>> remove;
};

// Ordered: one step at a time, upwards when pods are made and downwards when they go, and none while a pod is not
// available. Parallel: whatever there is to do. Either way old pods give way to new ones, from the last one down, as
// the update strategy says.
Actions plan(const Situation& situation);

struct Numbers {
  int32_t replicas = 0, ready = 0, available = 0, current = 0, updated = 0;
  Duration lookAgain{};  // until the next pod has been ready for long enough; zero: there is none
};
Numbers count(const Situation& situation);

// Whether all pods are of the update revision and ready, so that it is the current one from now on.
bool isUpdateComplete(const Object<StatefulSet>& set, const Numbers& numbers);

}  // namespace cleat::statefulset
