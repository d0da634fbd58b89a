// The rules for a job's status. What others than the cluster's own controller write there must make sense to clients:
// a job that has ended stays so, and its counts and times fit its conditions. A rule is held to only when one of the
// fields that it is about has changed, so that a wrong status can still be mended step by step.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/time.h>

#include <set>

#include "batch-common/index_intervals.h"
#include "kinds-batch/batch_kinds.h"

namespace cleat::kinds::batch {

namespace {

using JobStatus = batch_v1::JobStatus::Reader;

const Path kStatus("status");
const Path kConditions = kStatus / "conditions";

// Which conditions of a job are True.
struct Outcome {
  bool complete, failed, failureTarget, criteriaMet;

  explicit Outcome(batch_v1::Job::Reader job)
      : complete(hasCondition(job, "Complete")), failed(hasCondition(job, "Failed")),
        failureTarget(hasCondition(job, "FailureTarget")), criteriaMet(hasCondition(job, "SuccessCriteriaMet")) {}
  bool finished() const { return complete || failed; }
};

template <class Box>
bool differs(Box a, Box b) {
  return isSet(a) != isSet(b) || a.getValue() != b.getValue();
}

// What of a job's status has changed.
struct Changes {
  Outcome was, is;
  bool finished, complete, failed, failureTarget, criteriaMet;
  bool completedIndexes, failedIndexes, active, startTime, completionTime, uncounted, ready, terminating;

  Changes(batch_v1::Job::Reader before, batch_v1::Job::Reader now) : was(before), is(now) {
    auto a = before.getStatus(), b = now.getStatus();
    finished = was.finished() != is.finished();
    complete = was.complete != is.complete;
    failed = was.failed != is.failed;
    failureTarget = was.failureTarget != is.failureTarget;
    criteriaMet = was.criteriaMet != is.criteriaMet;
    completedIndexes = view(a.getCompletedIndexes()) != view(b.getCompletedIndexes());
    failedIndexes =
        a.hasFailedIndexes() != b.hasFailedIndexes() || view(a.getFailedIndexes()) != view(b.getFailedIndexes());
    active = a.getActive() != b.getActive();
    startTime = view(a.getStartTime()) != view(b.getStartTime());
    completionTime = view(a.getCompletionTime()) != view(b.getCompletionTime());
    uncounted = !sameStruct(a.getUncountedTerminatedPods(), b.getUncountedTerminatedPods());
    ready = differs(a.getReady(), b.getReady());
    terminating = differs(a.getTerminating(), b.getTerminating());
  }
};

void checkUids(capnp::List<capnp::Text>::Reader uids, const Path& path, std::set<std::string_view>& seen,
               Findings& findings) {
  for (uint32_t i = 0; i < uids.size(); ++i) {
    if (uids[i].size() == 0) {
      findings.invalid(path[i], "", "must not be empty");
    } else if (!seen.insert(view(uids[i])).second) {
      findings.duplicate(path[i], uids[i]);
    }
  }
}

void checkCounts(JobStatus status, Findings& findings) {
  checkNotNegative(status.getActive(), kStatus / "active", findings);
  checkNotNegative(status.getSucceeded(), kStatus / "succeeded", findings);
  checkNotNegative(status.getFailed(), kStatus / "failed", findings);
  checkNotNegative(status.getReady(), kStatus / "ready", findings);
  checkNotNegative(status.getTerminating(), kStatus / "terminating", findings);
  std::set<std::string_view> seen;
  const Path uncounted = kStatus / "uncountedTerminatedPods";
  checkUids(status.getUncountedTerminatedPods().getSucceeded(), uncounted / "succeeded", seen, findings);
  checkUids(status.getUncountedTerminatedPods().getFailed(), uncounted / "failed", seen, findings);
}

// Conditions that exclude or need each other, and the times that go with them.
void checkOutcome(JobStatus status, const Changes& changed, Findings& findings) {
  const Outcome& is = changed.is;
  const Path completion = kStatus / "completionTime";
  if ((changed.complete || changed.failed) && is.complete && is.failed) {
    unfit(findings, kConditions, "cannot set Complete=True and Failed=true conditions");
  }
  if ((changed.complete || changed.failureTarget) && is.complete && is.failureTarget) {
    unfit(findings, kConditions, "cannot set Complete=True and FailureTarget=true conditions");
  }
  if (changed.complete || changed.completionTime) {
    if (status.hasCompletionTime() && !is.complete) {
      findings.invalid(completion, status.getCompletionTime(),
                       "cannot set completionTime when there is no Complete=True condition");
    } else if (!status.hasCompletionTime() && is.complete) {
      findings.required(completion, "completionTime is required for Complete jobs");
    }
  }
  if ((changed.startTime || changed.completionTime) && status.hasStartTime() && status.hasCompletionTime() &&
      parseTime(status.getCompletionTime()) < parseTime(status.getStartTime())) {
    findings.invalid(completion, status.getCompletionTime(), "must be equal to or after `startTime`");
  }
  if ((changed.failed || changed.failedIndexes) && is.failed && !is.failureTarget) {
    unfit(findings, kConditions, "cannot set Failed=True condition without the FailureTarget=true condition");
  }
  if ((changed.complete || changed.criteriaMet) && is.complete && !is.criteriaMet) {
    unfit(findings, kConditions, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  }
}

// Of a job that has ended nothing runs any more, and all is counted.
void checkFinished(batch_v1::Job::Reader job, const Changes& changed, Findings& findings) {
  if (!changed.is.finished()) return;
  auto status = job.getStatus();
  auto completions = job.getSpec().getCompletions();
  const bool neverRan = valueOr(job.getSpec().getSuspend(), false) && isSet(completions) && completions.getValue() == 0;
  if ((changed.finished || changed.active) && status.getActive() > 0) {
    findings.invalid(kStatus / "active", status.getActive(), "active>0 is invalid for finished job");
  }
  if ((changed.finished || changed.startTime) && !neverRan && !status.hasStartTime()) {
    findings.required(kStatus / "startTime", "startTime is required for finished job");
  }
  auto uncounted = status.getUncountedTerminatedPods();
  if ((changed.finished || changed.uncounted) && uncounted.getFailed().size() + uncounted.getSucceeded().size() > 0) {
    findings.invalid(kStatus / "uncountedTerminatedPods",
                     Shown::plain(concat("{\"Succeeded\":", Shown::list(strings(uncounted.getSucceeded())).text(),
                                         ",\"Failed\":", Shown::list(strings(uncounted.getFailed())).text(), "}")),
                     "must be empty for finished job");
  }
}

void checkIndexes(batch_v1::Job::Reader job, const Changes& changed, Findings& findings) {
  auto spec = job.getSpec();
  auto status = job.getStatus();
  const bool counts = spec.hasCompletions(), perIndex = spec.hasBackoffLimitPerIndex();
  const int32_t completions = valueOr(spec.getCompletions(), 0);
  auto completed = status.getCompletedIndexes(), failed = status.getFailedIndexes();
  const Path completedPath = kStatus / "completedIndexes", failedPath = kStatus / "failedIndexes";
  if (changed.completedIndexes && counts) {
    auto read = cleat::batch::countIndexes(view(completed), completions);
    if (!read) findings.invalid(completedPath, completed, concat("error parsing completedIndexes: ", read.error()));
  }
  if (changed.failedIndexes && counts && perIndex && status.hasFailedIndexes()) {
    auto read = cleat::batch::countIndexes(view(failed), completions);
    if (!read) findings.invalid(failedPath, failed, concat("error parsing failedIndexes: ", read.error()));
  }
  if (changed.completedIndexes && completed.size() > 0 && !isIndexed(spec)) {
    findings.invalid(completedPath, completed,
                     "cannot set non-empty completedIndexes when non-indexed completion mode");
  }
  if (changed.failedIndexes && !perIndex && status.hasFailedIndexes()) {
    findings.invalid(failedPath, failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
  }
  if ((changed.failedIndexes || changed.completedIndexes) && counts && status.hasFailedIndexes()) {
    auto common = cleat::batch::commonIndex(view(completed), view(failed), completions);
    if (common) {
      findings.invalid(failedPath, failed, concat("failedIndexes and completedIndexes overlap at index: ", *common));
    }
  }
}

void checkPods(JobStatus status, const Changes& changed, Findings& findings) {
  const int32_t terminating = valueOr(status.getTerminating(), 0), ready = valueOr(status.getReady(), 0);
  if ((changed.finished || changed.terminating) && terminating > 0 && changed.is.finished()) {
    findings.invalid(kStatus / "terminating", terminating, "terminating>0 is invalid for finished job");
  }
  if ((changed.ready || changed.active) && ready > status.getActive()) {
    findings.invalid(kStatus / "ready", ready, "cannot set more ready pods than active");
  }
}

// What holds whether it has changed or not.
void checkCriteria(batch_v1::Job::Reader job, const Outcome& is, Findings& findings) {
  if (is.criteriaMet && is.failed) {
    unfit(findings, kConditions, "cannot set SuccessCriteriaMet=True and Failed=true conditions");
  }
  if (is.criteriaMet && is.failureTarget) {
    unfit(findings, kConditions, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
  }
  if (job.getSpec().hasSuccessPolicy() && !is.criteriaMet && is.complete) {
    unfit(findings, kConditions, "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
  }
}

void checkKeptConditions(const Outcome& was, const Outcome& is, Findings& findings) {
  const std::pair<const char*, bool> lost[] = {{"Failed", was.failed && !is.failed},
                                               {"Complete", was.complete && !is.complete},
                                               {"FailureTarget", was.failureTarget && !is.failureTarget}};
  for (const auto& [type, isLost] : lost) {
    if (isLost) unfit(findings, kConditions, concat("cannot disable the terminal ", type, "=True condition"));
  }
}

// What only ever grows or stays.
void checkProgress(batch_v1::Job::Reader job, batch_v1::Job::Reader old, const Changes& changed, Findings& findings) {
  auto spec = job.getSpec();
  auto now = job.getStatus(), before = old.getStatus();
  checkKeptConditions(changed.was, changed.is, findings);
  if (now.getFailed() < before.getFailed()) {
    findings.invalid(kStatus / "failed", now.getFailed(), "cannot decrease the failed counter");
  }
  // A job with as many completions as parallelism can be made smaller, and its successes with it.
  const bool elastic = isIndexed(spec) && !differs(spec.getCompletions(), spec.getParallelism());
  if (!elastic && now.getSucceeded() < before.getSucceeded()) {
    findings.invalid(kStatus / "succeeded", now.getSucceeded(), "cannot decrease the succeeded counter");
  }
  if (changed.completionTime && now.hasCompletionTime() && before.hasCompletionTime()) {
    findings.invalid(kStatus / "completionTime", now.getCompletionTime(), kImmutable);
  }
  const bool resumes = hasCondition(old, "Suspended") && conditionIs(now.getConditions(), "Suspended", "False");
  if (changed.startTime && !resumes && before.hasStartTime() && !valueOr(spec.getSuspend(), false)) {
    Shown shown = now.hasStartTime() ? Shown(now.getStartTime()) : Shown::null();
    findings.invalid(kStatus / "startTime", shown, "field is immutable for unsuspended job once set");
  }
  if (changed.was.criteriaMet && !changed.is.criteriaMet) {
    unfit(findings, kConditions, "cannot disable the SuccessCriteriaMet=True condition");
  }
  if (changed.was.complete && !changed.was.criteriaMet && changed.is.criteriaMet) {
    unfit(findings, kConditions, "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
  }
}

}  // namespace

bool hasCondition(batch_v1::Job::Reader job, std::string_view type) {
  // There may be several of one type: the list is no map.
  for (auto condition : job.getStatus().getConditions()) {
    if (view(condition.getType()) == type && view(condition.getStatus()) == "True") return true;
  }
  return false;
}

void checkJobStatus(const Change<batch_v1::Job>& change, Findings& findings) {
  auto job = change.object;
  batch_v1::Job::Reader old = change.old ? *change.old : job;
  const Changes changed(old, job);
  checkCounts(job.getStatus(), findings);
  checkOutcome(job.getStatus(), changed, findings);
  checkFinished(job, changed, findings);
  checkIndexes(job, changed, findings);
  checkPods(job.getStatus(), changed, findings);
  checkCriteria(job, changed.is, findings);
  checkProgress(job, old, changed, findings);
}

}  // namespace cleat::kinds::batch
