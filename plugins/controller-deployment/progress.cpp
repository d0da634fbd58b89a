#include "progress.h"

#include <cleat/sdk/own_status.h>

#include <algorithm>

#include "sizing.h"

namespace cleat::deployment {
namespace {

using Condition = apps_v1::DeploymentCondition;
using StatusReader = apps_v1::DeploymentStatus::Reader;
using StatusBuilder = apps_v1::DeploymentStatus::Builder;

constexpr const char* kProgressing = "Progressing";
constexpr const char* kTimedOut = "ProgressDeadlineExceeded";
constexpr const char* kDone = "NewReplicaSetAvailable";
// A deadline that says: never.
constexpr int32_t kNoDeadline = 2147483647;

bool hasDeadline(const Object<Deployment>& deployment) {
  return valueOr(deployment->getSpec().getProgressDeadlineSeconds(), kNoDeadline) != kNoDeadline;
}

struct Counts {
  int32_t replicas = 0, updated = 0, ready = 0, available = 0;
};

// Nothing while a set does not say how many of its pods are terminating, though its controller has looked at it.
std::optional<int32_t> terminating(const Sets& sets) {
  int32_t count = 0;
  for (const Object<ReplicaSet>& set : sets.all()) {
    auto status = set->getStatus();
    if (isSet(status.getTerminatingReplicas())) {
      count += status.getTerminatingReplicas().getValue();
    } else if (status.getObservedGeneration() != 0) {
      return std::nullopt;
    }
  }
  return count;
}

Counts count(const Sets& sets) {
  Counts counts;
  for (const Object<ReplicaSet>& set : sets.all()) {
    auto status = set->getStatus();
    counts.replicas += status.getReplicas();
    counts.ready += status.getReadyReplicas();
    counts.available += status.getAvailableReplicas();
  }
  if (sets.current) counts.updated = sets.current->getStatus().getReplicas();
  return counts;
}

bool advanced(StatusReader now, StatusReader old) {
  const int32_t oldPods = now.getReplicas() - now.getUpdatedReplicas();
  const int32_t oldPodsBefore = old.getReplicas() - old.getUpdatedReplicas();
  return now.getUpdatedReplicas() > old.getUpdatedReplicas() || oldPods < oldPodsBefore ||
         now.getReadyReplicas() > old.getReadyReplicas() || now.getAvailableReplicas() > old.getAvailableReplicas();
}

void apply(StatusBuilder status, const std::vector<Milestone>& milestones, WallTime now) {
  for (const Milestone& milestone : milestones) {
    changeCondition<Condition>(status,
                               {kProgressing, milestone.status, milestone.reason, milestone.message, formatTime(now)});
  }
}

void setAvailable(StatusBuilder status, bool available, WallTime now) {
  changeCondition<Condition>(
      status,
      {"Available", available ? "True" : "False", available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
       available ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
       formatTime(now)});
}

// Of the current set, or else of any.
std::optional<apps_v1::ReplicaSetCondition::Reader> failureOf(const Sets& sets) {
  auto in = [](const Object<ReplicaSet>& set) {
    return findCondition(set->getStatus().getConditions(), "ReplicaFailure");
  };
  if (sets.current) {
    if (auto failure = in(sets.current)) return failure;
  }
  for (const Object<ReplicaSet>& set : sets.old) {
    if (auto failure = in(set)) return failure;
  }
  return std::nullopt;
}

void setFailure(StatusBuilder status, const Sets& sets) {
  auto failure = failureOf(sets);
  if (!failure) {
    removeCondition<Condition>(status, "ReplicaFailure");
    return;
  }
  changeCondition<Condition>(status, {"ReplicaFailure", str(failure->getStatus()), str(failure->getReason()),
                                      str(failure->getMessage()), str(failure->getLastTransitionTime())});
}

WallTime dueAt(const Object<Deployment>& deployment, Condition::Reader progressing, WallTime now) {
  const auto since = parseTime(progressing.getLastUpdateTime()).value_or(now);
  return since + std::chrono::seconds(deployment->getSpec().getProgressDeadlineSeconds().getValue());
}

// `before` is the condition with the milestones of this pass; the counts of the deployment are those of the last one.
void setProgressing(const Object<Deployment>& deployment, const Sets& sets, StatusBuilder status, WallTime now) {
  auto before = findCondition(status.asReader().getConditions(), kProgressing);
  const bool wasDone = before && view(before->getReason()) == kDone;
  // No rollout is under way: the pods of a finished one come and go without being progress or the want of it.
  if (wasDone && status.getReplicas() == status.getUpdatedReplicas()) return;
  const std::string what = sets.current ? concat("ReplicaSet \"", sets.current.name(), "\"")
                                        : concat("Deployment \"", deployment.name(), "\"");
  if (complete(deployment, status.asReader())) {
    changeCondition<Condition>(
        status, {kProgressing, "True", kDone, concat(what, " has successfully progressed."), formatTime(now)});
    return;
  }
  if (advanced(status.asReader(), deployment->getStatus())) {
    setCondition<Condition>(
        status, {kProgressing, "True", "ReplicaSetUpdated", concat(what, " is progressing."), formatTime(now)});
    for (auto condition : status.getConditions()) {
      // Each step gives the rollout its whole time anew.
      if (view(condition.asReader().getType()) == kProgressing) condition.setLastUpdateTime(formatTime(now));
    }
    return;
  }
  // What was finished before this rollout began says nothing of when it began.
  if (!before || wasDone || dueAt(deployment, *before, now) >= now) return;
  changeCondition<Condition>(
      status, {kProgressing, "False", kTimedOut, concat(what, " has timed out progressing."), formatTime(now)});
}

// When the deadline has passed for certain, unless something happens before.
Duration lookAgain(const Object<Deployment>& deployment, StatusReader status, WallTime now) {
  auto progressing = findCondition(status.getConditions(), kProgressing);
  if (!progressing || complete(deployment, status)) return {};
  std::string_view reason = view(progressing->getReason());
  if (reason == kTimedOut || reason == kDone) return {};
  return std::max<Duration>(dueAt(deployment, *progressing, now) - now, Duration::zero()) + std::chrono::seconds(1);
}

}  // namespace

Milestone newSetCreated(std::string_view set) {
  return {"True", "NewReplicaSetCreated", concat("Created new replica set \"", set, "\"")};
}

Milestone newSetFailed(std::string_view set, std::string_view why) {
  return {"False", "ReplicaSetCreateError", concat("Failed to create new replica set \"", set, "\": ", why)};
}

std::optional<Milestone> newSetFound(const Object<Deployment>& deployment, std::string_view set) {
  if (!hasDeadline(deployment) || findCondition(deployment->getStatus().getConditions(), kProgressing)) return {};
  return Milestone{"True", "FoundNewReplicaSet", concat("Found new replica set \"", set, "\"")};
}

std::optional<Milestone> pausedOrResumed(const Object<Deployment>& deployment) {
  if (!hasDeadline(deployment)) return {};
  auto progressing = findCondition(deployment->getStatus().getConditions(), kProgressing);
  if (progressing && view(progressing->getReason()) == kTimedOut) return {};
  const bool saysPaused = progressing && view(progressing->getReason()) == "DeploymentPaused";
  const bool isPaused = deployment->getSpec().getPaused();
  if (isPaused == saysPaused) return {};
  if (isPaused) return Milestone{"Unknown", "DeploymentPaused", "Deployment is paused"};
  return Milestone{"Unknown", "DeploymentResumed", "Deployment is resumed"};
}

bool complete(const Object<Deployment>& deployment, StatusReader status) {
  const int64_t wanted = valueOr(deployment->getSpec().getReplicas(), 1);
  return status.getUpdatedReplicas() == wanted && status.getReplicas() == wanted &&
         status.getAvailableReplicas() == wanted && status.getObservedGeneration() >= deployment.meta().getGeneration();
}

Draft<Deployment> withMilestones(const Object<Deployment>& deployment, const std::vector<Milestone>& milestones,
                                 WallTime now) {
  Draft<Deployment> draft(deployment);
  if (hasDeadline(deployment)) apply(draft->getStatus(), milestones, now);
  return draft;
}

Assessment assess(const Object<Deployment>& deployment, const Sets& sets, const std::vector<Milestone>& milestones,
                  Phase phase, WallTime now) {
  Assessment assessment{withMilestones(deployment, milestones, now)};
  auto status = assessment.draft->getStatus();
  const Counts counts = count(sets);
  int64_t wanted = 0;
  for (const Object<ReplicaSet>& set : sets.all()) wanted += wantedOf(set);
  status.setObservedGeneration(deployment.meta().getGeneration());
  status.setReplicas(counts.replicas);
  status.setUpdatedReplicas(counts.updated);
  status.setReadyReplicas(counts.ready);
  status.setAvailableReplicas(counts.available);
  if (std::optional<int32_t> pods = terminating(sets)) {
    status.initTerminatingReplicas().setValue(*pods);
  } else {
    status.disownTerminatingReplicas();
  }
  status.setUnavailableReplicas(static_cast<int32_t>(std::max<int64_t>(wanted - counts.available, 0)));
  const int64_t replicas = valueOr(deployment->getSpec().getReplicas(), 1);
  const bool recreate = view(deployment->getSpec().getStrategy().getType()) == "Recreate";
  const int64_t mayLack = recreate ? 0 : rollingBounds(deployment->getSpec(), replicas).maxUnavailable;
  setAvailable(status, counts.available >= replicas - mayLack, now);
  if (phase == Phase::noRollout) return assessment;
  if (hasDeadline(deployment)) {
    setProgressing(deployment, sets, status, now);
    assessment.wait = lookAgain(deployment, status.asReader(), now);
  } else {
    removeCondition<Condition>(status, kProgressing);
  }
  setFailure(status, sets);
  return assessment;
}

}  // namespace cleat::deployment
