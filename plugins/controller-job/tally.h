// How pods that have ended come into a job's status, each of them once and none left out, whatever dies in between:
//
//   1. `count` notes the uids of those that ended in uncountedTerminatedPods, and the status is written.
//   2. Those pods lose their finalizer.
//   3. `settle` takes every uid whose pod has none any more into the numbers, and the status is written again.
//
// A pod that succeeded for an index is noted by that index instead, which needs no third step.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "assessment.h"

namespace cleat::job {

struct Tally {
  std::vector<Object<Pod>> release;  // lose their finalizer once the status is written
  bool complete = true;              // false: there were too many for one status, and the rest is for the next round
};
// `status` is that of the situation's job with what `settle` has done about it. `final` is whether the verdict stands
// and nothing of the job is active any more: then all of its pods are counted.
Tally count(const Situation& situation, const Assessment& assessed, bool final, batch_v1::JobStatus::Builder status);

// `isTracked` is asked whether the pod of a uid has its finalizer.
void settle(batch_v1::JobStatus::Builder status, bool indexed, const std::function<bool(std::string_view)>& isTracked);

}  // namespace cleat::job
