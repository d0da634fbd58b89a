// What a job says of failures and successes of its pods: podFailurePolicy and successPolicy.
#pragma once

#include <optional>
#include <string>

#include "index_set.h"
#include "job_pods.h"

namespace cleat::job {

// What a failed pod means for its job.
struct FailureVerdict {
  bool counts = true;                   // towards the limits
  bool failsIndex = false;              // at once
  std::optional<std::string> failsJob;  // at once: why
};
// By the first rule that fits it; without one that does, it counts.
FailureVerdict judgeFailure(const Object<Job>& job, const Object<Pod>& pod);

// Whether indexes enough have succeeded by one of the rules: by which, in words. None without a policy.
std::optional<std::string> metSuccess(const Object<Job>& job, const IndexSet& succeeded);

}  // namespace cleat::job
