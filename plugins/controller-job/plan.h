// Which pods of a job are to be made, and which are to go.
#pragma once

#include <vector>

#include "assessment.h"

namespace cleat::job {

struct PodPlan {
  std::vector<WantedPod> create;
  std::vector<Object<Pod>> remove;
  bool forgets = false;  // what is removed does not count as failed: nobody needs it any more
  Duration lookAgain{};  // zero: only when something changes
};
PodPlan planPods(const Situation& situation, const Assessment& assessed);

}  // namespace cleat::job
