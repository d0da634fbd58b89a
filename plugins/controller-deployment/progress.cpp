#include "progress.h"

#include <cleat/sdk/meta.h>

#include "sizing.h"

namespace cleat::deployment {
namespace {

// A deadline that says: never.
constexpr int32_t kNoDeadline = 2147483647;

struct Counts {
  int32_t replicas = 0, updated = 0, ready = 0, available = 0;
};

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

bool advanced(const Counts& counts, apps_v1::DeploymentStatus::Reader old) {
  const int32_t oldPods = counts.replicas - counts.updated;
  const int32_t oldPodsBefore = old.getReplicas() - old.getUpdatedReplicas();
  return counts.updated > old.getUpdatedReplicas() || oldPods < oldPodsBefore ||
         counts.ready > old.getReadyReplicas() || counts.available > old.getAvailableReplicas();
}

void setAvailable(apps_v1::DeploymentStatus::Builder status, bool available, WallTime now) {
  ConditionUpdate update;
  update.type = "Available";
  update.status = available ? "True" : "False";
  update.reason = available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable";
  update.message =
      available ? "Deployment has minimum availability." : "Deployment does not have minimum availability.";
  update.lastTransitionTime = formatTime(now);
  setCondition<apps_v1::DeploymentCondition>(status, update);
}

// The Progressing condition; when the rollout stalls, how long until that is certain.
Duration setProgressing(const Object<Deployment>& deployment, const Sets& sets, const Counts& counts,
                        apps_v1::DeploymentStatus::Builder status, WallTime now) {
  const int32_t deadline = valueOr(deployment->getSpec().getProgressDeadlineSeconds(), kNoDeadline);
  if (deadline == kNoDeadline || !sets.current) return {};
  auto before = findCondition(deployment->getStatus().getConditions(), "Progressing");
  const std::string name = str(sets.current.name());
  ConditionUpdate update;
  update.type = "Progressing";
  update.status = "True";
  update.lastTransitionTime = formatTime(now);
  const bool wasComplete = before && view(before->getReason()) == "NewReplicaSetAvailable" &&
                           status.asReader().getUpdatedReplicas() == status.asReader().getReplicas();
  if (complete(deployment, status.asReader())) {
    update.reason = "NewReplicaSetAvailable";
    update.message = "ReplicaSet \"" + name + "\" has successfully progressed.";
  } else if (!before || advanced(counts, deployment->getStatus())) {
    update.reason = "ReplicaSetUpdated";
    update.message = "ReplicaSet \"" + name + "\" is progressing.";
  } else {
    auto since = parseTime(before->getLastUpdateTime());
    const auto due = since.value_or(now) + std::chrono::seconds(deadline);
    const bool waiting =
        view(before->getReason()) != "ProgressDeadlineExceeded" && !wasComplete && !deployment->getSpec().getPaused();
    if (waiting && now < due) return due - now + std::chrono::seconds(1);
    if (!waiting) return {};
    update.status = "False";
    update.reason = "ProgressDeadlineExceeded";
    update.message = "ReplicaSet \"" + name + "\" has timed out progressing.";
  }
  // An update that only repeats itself would move lastUpdateTime for ever.
  const bool same =
      before && view(before->getReason()) == update.reason && view(before->getMessage()) == update.message;
  if (!same || advanced(counts, deployment->getStatus())) {
    setCondition<apps_v1::DeploymentCondition>(status, update);
    for (auto condition : status.getConditions()) {
      if (view(condition.asReader().getType()) == "Progressing") condition.setLastUpdateTime(formatTime(now));
    }
  }
  return update.reason == "ReplicaSetUpdated" ? std::chrono::seconds(deadline + 1) : Duration{};
}

}  // namespace

bool complete(const Object<Deployment>& deployment, apps_v1::DeploymentStatus::Reader status) {
  const int64_t wanted = valueOr(deployment->getSpec().getReplicas(), 1);
  return status.getUpdatedReplicas() == wanted && status.getReplicas() == wanted &&
         status.getAvailableReplicas() == wanted && status.getObservedGeneration() >= deployment.meta().getGeneration();
}

Progress assess(const Object<Deployment>& deployment, const Sets& sets, WallTime now) {
  Progress progress{Draft<Deployment>(deployment)};
  auto status = progress.draft->getStatus();
  const Counts counts = count(sets);
  int64_t wanted = 0;
  for (const Object<ReplicaSet>& set : sets.all()) wanted += wantedOf(set);
  status.setObservedGeneration(deployment.meta().getGeneration());
  status.setReplicas(counts.replicas);
  status.setUpdatedReplicas(counts.updated);
  status.setReadyReplicas(counts.ready);
  status.setAvailableReplicas(counts.available);
  status.setUnavailableReplicas(static_cast<int32_t>(std::max<int64_t>(wanted - counts.available, 0)));
  const int64_t replicas = valueOr(deployment->getSpec().getReplicas(), 1);
  const bool recreate = view(deployment->getSpec().getStrategy().getType()) == "Recreate";
  const int64_t mayLack = recreate ? 0 : rollingBounds(deployment->getSpec(), replicas).maxUnavailable;
  setAvailable(status, counts.available >= replicas - mayLack, now);
  progress.wait = setProgressing(deployment, sets, counts, status, now);
  return progress;
}

}  // namespace cleat::deployment
