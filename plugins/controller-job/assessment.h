// How a job stands: what its pods come to, and whether that decides it. Decided on what there is; nothing is written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backoff.h"
#include "batch-common/job_end.h"
#include "index_set.h"
#include "job_pods.h"

namespace cleat::job {

struct Situation {
  Object<Job> job;
  std::vector<JobPod> pods;  // all that it controls
  size_t unseen = 0;         // were created, and are not among them yet
  bool settled = true;       // all that was written about its pods shows in them
  FailureRecord failures;    // without pods that have just ended
  WallTime now{};
};

// How the job ends. It is told as FailureTarget or SuccessCriteriaMet until all of its pods have gone, and as Failed or
// Complete then.
struct Verdict {
  bool success = false;
  std::string reason, message;
  bool operator==(const Verdict&) const = default;
};

struct Assessment {
  int32_t active = 0, ready = 0, terminating = 0;
  // With those that ended and are not counted for good. Of an Indexed job the succeeded are indexes.
  int64_t succeeded = 0, failed = 0;
  IndexSet succeededBefore;  // as the status has them
  IndexSet succeededIndexes, failedIndexes;
  std::optional<Verdict> verdict;
  // The pods that wait with their finalizer for the one that takes their place, because it counts on from their
  // failures.
  std::map<int64_t, const JobPod*> lastFailed;
  FailureRecord failures;
  Duration untilDeadline{};  // zero: there is none
};
// Points into the situation's pods.
Assessment assess(const Situation& situation);

// Those that ended since the status was written: they are in none of its numbers.
std::vector<const JobPod*> newlyEnded(const Situation& situation);
// Whether a failure that is not counted yet is one that counts.
bool countsAsFailure(const Situation& situation, const JobPod& pod);
// Of the index's next pod.
IndexFailures failuresAfter(const Situation& situation, const JobPod& failed);

bool hasCondition(batch_v1::JobStatus::Reader status, std::string_view type);
inline bool isFinished(const Object<Job>& job) { return batch::endOf(*job).has_value(); }
// Whether its status says already how it will end.
inline bool isDecided(const Object<Job>& job) {
  return hasCondition(job->getStatus(), "SuccessCriteriaMet") || hasCondition(job->getStatus(), "FailureTarget");
}
// Whether another controller than that of the cluster looks after it.
bool isManagedElsewhere(const Object<Job>& job);

}  // namespace cleat::job
