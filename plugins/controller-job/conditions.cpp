#include "conditions.h"

#include <cleat/sdk/meta.h>

namespace cleat::job {

namespace {

bool set(batch_v1::JobStatus::Builder status, const ConditionUpdate& update) {
  if (!setCondition<batch_v1::JobCondition>(status, update)) return false;
  for (auto condition : status.getConditions()) {
    if (view(condition.getType().asReader()) == update.type) condition.setLastProbeTime(update.lastTransitionTime);
  }
  return true;
}

}  // namespace

std::optional<Note> noteSuspension(const Object<Job>& job, WallTime now, batch_v1::JobStatus::Builder status) {
  const std::string time = formatTime(now);
  if (isSuspended(job)) {
    if (!set(status, {"Suspended", "True", "JobSuspended", "Job suspended", time})) return std::nullopt;
    // It starts anew when it is resumed.
    status.disownStartTime();
    return Note{"Normal", "Suspended", "Job suspended"};
  }
  auto before = findCondition(job->getStatus().getConditions(), "Suspended");
  if (!before || view(before->getStatus()) == "False") return std::nullopt;
  set(status, {"Suspended", "False", "JobResumed", "Job resumed", time});
  status.setStartTime(time);
  return Note{"Normal", "Resumed", "Job resumed"};
}

void announce(const Verdict& verdict, WallTime now, batch_v1::JobStatus::Builder status) {
  const char* type = verdict.success ? "SuccessCriteriaMet" : "FailureTarget";
  if (hasCondition(status.asReader(), type)) return;
  set(status, {type, "True", verdict.reason, verdict.message, formatTime(now)});
}

void conclude(const Verdict& verdict, WallTime now, batch_v1::JobStatus::Builder status) {
  const std::string time = formatTime(now);
  set(status, {verdict.success ? "Complete" : "Failed", "True", verdict.reason, verdict.message, time});
  if (verdict.success) status.setCompletionTime(time);
}

}  // namespace cleat::job
