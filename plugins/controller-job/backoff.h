// How long a job waits before it makes a new pod where others have failed: 10 s, 20 s, 40 s, … up to ten minutes.
#pragma once

#include <cleat/sdk/time.h>

#include <cstdint>
#include <vector>

#include "job_pods.h"

namespace cleat::job {

// What is left at `now` of the pause after so many failures in a row, the last one at `since`; zero: none.
Duration pauseLeft(int64_t failures, WallTime since, WallTime now);

// The failures of a job since a pod of it has last succeeded.
struct FailureRecord {
  int64_t failures = 0;
  WallTime last{};
  bool operator==(const FailureRecord&) const = default;
};
// With pods that have ended meanwhile.
FailureRecord continued(FailureRecord record, const std::vector<const JobPod*>& ended);

}  // namespace cleat::job
