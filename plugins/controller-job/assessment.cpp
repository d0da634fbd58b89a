#include "assessment.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>

#include "policies.h"

namespace cleat::job {

namespace {

constexpr const char* kOurName = "kubernetes.io/job-controller";
// Longer deadlines are as good as none, and would be beyond what times are counted in.
constexpr std::chrono::seconds kLongestDeadline = std::chrono::years(100);

Verdict failure(const char* reason, std::string message) { return {false, reason, std::move(message)}; }

bool isUncounted(const Situation& situation, const JobPod& pod) {
  auto uncounted = situation.job->getStatus().getUncountedTerminatedPods();
  return contains(uncounted.getSucceeded(), pod.pod.uid()) || contains(uncounted.getFailed(), pod.pod.uid());
}

// One without an index that the job has plays no part in an Indexed job.
bool takesPart(const Situation& situation, const JobPod& pod) { return pod.index || !isIndexed(situation.job); }

void countPods(const Situation& situation, Assessment& assessed) {
  assessed.active = static_cast<int32_t>(situation.unseen);
  for (const JobPod& pod : situation.pods) {
    assessed.active += pod.active();
    assessed.ready += pod.active() && isReady(pod.pod);
    assessed.terminating += pod.terminating();
  }
}

void countEnded(const Situation& situation, Assessment& assessed) {
  auto status = situation.job->getStatus();
  auto uncounted = status.getUncountedTerminatedPods();
  assessed.succeeded = status.getSucceeded() + uncounted.getSucceeded().size();
  assessed.failed = status.getFailed() + uncounted.getFailed().size();
  std::vector<const JobPod*> ended = newlyEnded(situation);
  for (const JobPod* pod : ended) {
    if (pod->succeeded) {
      ++assessed.succeeded;
    } else {
      assessed.failed += countsAsFailure(situation, *pod);
    }
  }
  assessed.failures = continued(situation.failures, ended);
}

// The containers of its running pods have been restarted too often.
bool restartedTooOften(const Situation& situation) {
  auto spec = situation.job->getSpec();
  if (view(spec.getTemplate().getSpec().getRestartPolicy()) != "OnFailure") return false;
  int64_t restarts = 0;
  for (const JobPod& pod : situation.pods) {
    if (pod.ended) continue;
    for (auto status : pod.pod->getStatus().getInitContainerStatuses()) restarts += status.getRestartCount();
    for (auto status : pod.pod->getStatus().getContainerStatuses()) restarts += status.getRestartCount();
  }
  return restarts > 0 && restarts >= spec.getBackoffLimit().getValue();
}

std::optional<Verdict> verdictWritten(const Situation& situation) {
  auto conditions = situation.job->getStatus().getConditions();
  for (const auto& [type, success] : {std::pair("SuccessCriteriaMet", true), std::pair("FailureTarget", false)}) {
    auto found = findCondition(conditions, type);
    if (!found || view(found->getStatus()) != "True") continue;
    return Verdict{success, str(found->getReason()), str(found->getMessage())};
  }
  return std::nullopt;
}

std::optional<Verdict> failedByPolicy(const Situation& situation) {
  if (!situation.job->getSpec().hasPodFailurePolicy()) return std::nullopt;
  for (const JobPod& pod : situation.pods) {
    if (!pod.failed) continue;
    auto why = judgeFailure(situation.job, pod.pod).failsJob;
    if (why) return failure("PodFailurePolicy", std::move(*why));
  }
  return std::nullopt;
}

std::optional<Verdict> failedByLimits(const Situation& situation, Assessment& assessed) {
  auto spec = situation.job->getSpec();
  if (assessed.failed > spec.getBackoffLimit().getValue() || restartedTooOften(situation)) {
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  auto start = parseTime(situation.job->getStatus().getStartTime());
  if (!spec.hasActiveDeadlineSeconds() || isSuspended(situation.job) || !start) return std::nullopt;
  // One that was suspended until now is about to start anew.
  if (hasCondition(situation.job->getStatus(), "Suspended")) start = situation.now;
  const std::chrono::seconds deadline(spec.getActiveDeadlineSeconds().getValue());
  const Duration left = *start + std::min(deadline, kLongestDeadline) - situation.now;
  if (left <= Duration::zero()) {
    return failure("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  assessed.untilDeadline = left;
  return std::nullopt;
}

bool failsIndex(const Situation& situation, const JobPod& pod) {
  const FailureVerdict verdict = judgeFailure(situation.job, pod.pod);
  const int64_t limit = situation.job->getSpec().getBackoffLimitPerIndex().getValue();
  return verdict.failsIndex || (verdict.counts && failuresBefore(pod.pod).counted >= limit);
}

void countIndexes(const Situation& situation, Assessment& assessed) {
  auto status = situation.job->getStatus();
  const int64_t completions = situation.job->getSpec().getCompletions().getValue();
  assessed.succeededBefore = IndexSet::parse(view(status.getCompletedIndexes()), completions);
  assessed.succeededIndexes = assessed.succeededBefore;
  for (const JobPod& pod : situation.pods) {
    if (pod.index && pod.succeeded && pod.tracked) assessed.succeededIndexes.add(*pod.index);
  }
  assessed.succeeded = assessed.succeededIndexes.size();
  if (!countsPerIndex(situation.job)) return;
  assessed.failedIndexes = IndexSet::parse(view(status.getFailedIndexes()), completions);
  for (const JobPod& pod : situation.pods) {
    // Where a pod has succeeded beside the one that failed, the index has.
    if (!pod.index || !pod.failed || !pod.tracked || assessed.succeededIndexes.has(*pod.index)) continue;
    if (failsIndex(situation, pod)) assessed.failedIndexes.add(*pod.index);
  }
}

std::optional<Verdict> failedByIndexes(const Situation& situation, const Assessment& assessed) {
  auto spec = situation.job->getSpec();
  const int64_t failed = assessed.failedIndexes.size();
  if (spec.hasMaxFailedIndexes() && failed > spec.getMaxFailedIndexes().getValue()) {
    return failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  }
  if (failed > 0 && failed + assessed.succeededIndexes.size() >= spec.getCompletions().getValue()) {
    return failure("FailedIndexes", "Job has failed indexes");
  }
  return std::nullopt;
}

void findLastFailed(const Situation& situation, Assessment& assessed) {
  IndexSet active;
  for (const JobPod& pod : situation.pods) {
    if (pod.active() && pod.index) active.add(*pod.index);
  }
  for (const JobPod& pod : situation.pods) {
    if (!pod.index || !pod.failed || !pod.tracked) continue;
    const int64_t index = *pod.index;
    if (active.has(index) || assessed.succeededIndexes.has(index) || assessed.failedIndexes.has(index)) continue;
    const JobPod*& last = assessed.lastFailed[index];
    const auto rank = [](const JobPod& one) { return std::pair(failuresBefore(one.pod).all(), endOf(one.pod)); };
    if (last == nullptr || rank(*last) <= rank(pod)) last = &pod;
  }
}

bool isComplete(const Situation& situation, const Assessment& assessed) {
  if (assessed.active > 0 || !situation.settled) return false;
  auto spec = situation.job->getSpec();
  if (!spec.hasCompletions()) return assessed.succeeded > 0;
  return assessed.succeeded >= spec.getCompletions().getValue();
}

}  // namespace

std::vector<const JobPod*> newlyEnded(const Situation& situation) {
  std::vector<const JobPod*> ended;
  for (const JobPod& pod : situation.pods) {
    if (!pod.tracked || !(pod.succeeded || pod.failed)) continue;
    if (takesPart(situation, pod) && !isUncounted(situation, pod)) ended.push_back(&pod);
  }
  return ended;
}

bool countsAsFailure(const Situation& situation, const JobPod& pod) {
  return judgeFailure(situation.job, pod.pod).counts;
}

IndexFailures failuresAfter(const Situation& situation, const JobPod& failed) {
  IndexFailures failures = failuresBefore(failed.pod);
  ++(countsAsFailure(situation, failed) ? failures.counted : failures.ignored);
  return failures;
}

Assessment assess(const Situation& situation) {
  Assessment assessed;
  countPods(situation, assessed);
  countEnded(situation, assessed);
  assessed.verdict = verdictWritten(situation);
  if (!assessed.verdict) assessed.verdict = failedByPolicy(situation);
  if (!assessed.verdict) assessed.verdict = failedByLimits(situation, assessed);
  if (isIndexed(situation.job)) {
    countIndexes(situation, assessed);
    const bool perIndex = countsPerIndex(situation.job);
    if (!assessed.verdict && perIndex) assessed.verdict = failedByIndexes(situation, assessed);
    if (perIndex) findLastFailed(situation, assessed);
    if (!assessed.verdict) {
      if (auto how = metSuccess(situation.job, assessed.succeededIndexes)) {
        assessed.verdict = Verdict{true, "SuccessPolicy", std::move(*how)};
      }
    }
  }
  if (!assessed.verdict && isComplete(situation, assessed)) {
    assessed.verdict = Verdict{true, "CompletionsReached", "Reached expected number of succeeded pods"};
  }
  return assessed;
}

bool hasCondition(batch_v1::JobStatus::Reader status, std::string_view type) {
  return conditionIs(status.getConditions(), type, "True");
}

bool isManagedElsewhere(const Object<Job>& job) {
  auto spec = job->getSpec();
  return spec.hasManagedBy() && view(spec.getManagedBy()) != kOurName;
}

}  // namespace cleat::job
