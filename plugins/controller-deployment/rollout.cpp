#include "rollout.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/slow_start.h>

#include <algorithm>
#include <tuple>

namespace cleat::deployment {
namespace {

// A set that has just been made smaller may still tell of the pods that it had: no more of them count than it keeps.
SetSize sizeOf(const Object<ReplicaSet>& set) {
  return {wantedOf(set), std::min<int64_t>(set->getStatus().getAvailableReplicas(), wantedOf(set))};
}

std::vector<SetSize> sizes(const std::vector<Object<ReplicaSet>>& sets) {
  std::vector<SetSize> all;
  for (const Object<ReplicaSet>& set : sets) all.push_back(sizeOf(set));
  return all;
}

bool isOlder(const Object<ReplicaSet>* one, const Object<ReplicaSet>* other) {
  return std::make_tuple(str(one->meta().getCreationTimestamp()), one->name()) <
         std::make_tuple(str(other->meta().getCreationTimestamp()), other->name());
}

}  // namespace

Task<Result<void>> Rollout::run() {
  if (auto change = pausedOrResumed(deployment_)) milestones_.push_back(std::move(*change));
  if (deployment_->getSpec().getPaused() || scaled()) {
    phase_ = Phase::noRollout;
    CLEAT_CO_TRY(co_await syncCurrent());
    co_return co_await scale();
  }
  if (recreates()) co_return co_await recreate();
  co_return co_await roll();
}

int64_t Rollout::replicas() const { return valueOr(deployment_->getSpec().getReplicas(), 1); }

bool Rollout::recreates() const { return view(deployment_->getSpec().getStrategy().getType()) == "Recreate"; }

int64_t Rollout::maxPods() const {
  return recreates() ? replicas() : replicas() + rollingBounds(deployment_->getSpec(), replicas()).maxSurge;
}

// The deployment was given another size while sets are up: they are told by the size that they remember.
bool Rollout::scaled() const {
  const std::string wanted = std::to_string(replicas());
  return std::ranges::any_of(sets_.all(), [&](const Object<ReplicaSet>& set) {
    return wantedOf(set) > 0 && annotation(set.meta(), kDesired).value_or(wanted) != wanted;
  });
}

int64_t Rollout::nextRevision() const {
  int64_t revision = 1;
  for (const Object<ReplicaSet>& set : sets_.old) revision = std::max(revision, revisionOf(set) + 1);
  return revision;
}

void Rollout::found() {
  auto milestone = newSetFound(deployment_, sets_.current.name());
  if (milestone && milestones_.empty()) milestones_.push_back(std::move(*milestone));
}

// If there is a set of the current template, it carries the newest revision and what it has from the deployment. What
// its size was decided by stays until it gets another.
Task<Result<void>> Rollout::syncCurrent() {
  if (!sets_.current) co_return Result<void>();
  Draft<ReplicaSet> draft(sets_.current);
  bool changed = annotateSet(draft.meta(), deployment_, nextRevision());
  if (draft->getSpec().getMinReadySeconds() != deployment_->getSpec().getMinReadySeconds()) {
    draft->getSpec().setMinReadySeconds(deployment_->getSpec().getMinReadySeconds());
    changed = true;
  }
  if (changed) {
    CLEAT_CO_TRY(Object<ReplicaSet> updated, co_await tools_.client.update<ReplicaSet>(std::move(draft)));
    tools_.ahead.updated(deployment_, updated);
    sets_.current = updated;
    co_return Result<void>();
  }
  found();
  co_return Result<void>();
}

Task<Result<void>> Rollout::ensureCurrent() {
  if (sets_.current) co_return co_await syncCurrent();
  int64_t first = replicas();
  if (!recreates()) {
    first = nextNewSize(replicas(), rollingBounds(deployment_->getSpec(), replicas()), {}, sizes(sets_.old));
  }
  Draft<ReplicaSet> draft = makeSet(deployment_, nextRevision(), first, maxPods());
  const std::string name = str(draft.meta().asReader().getName());
  Result<Object<ReplicaSet>> made = co_await tools_.client.create<ReplicaSet>(std::move(draft));
  if (!made && made.error().reason == "AlreadyExists") co_return co_await resolveCollision(name);
  if (!made) {
    if (!namespaceEnds(made.error())) {
      milestones_.push_back(newSetFailed(name, made.error().message));
      tools_.events.warning(deployment_, milestones_.back().reason, milestones_.back().message);
    }
    co_return fail(made.error());
  }
  sets_.current = *made;
  milestones_.push_back(newSetCreated(name));
  if (first > 0) {
    tools_.events.normal(deployment_, "ScalingReplicaSet",
                         concat("Scaled up replica set ", name, " from 0 to ", first));
  }
  co_return Result<void>();
}

// The name is taken: by our own set, that the informer has not shown yet, or by another template with the same hash.
Task<Result<void>> Rollout::resolveCollision(std::string name) {
  CLEAT_CO_TRY(auto there, co_await tools_.client.get<ReplicaSet>(deployment_.ns(), name));
  if (isControlledBy(there.meta(), deployment_.uid()) && sortOut(deployment_, {there}).current) {
    sets_.current = there;
    found();
    co_return Result<void>();
  }
  Draft<Deployment> draft(deployment_);
  const int32_t count = valueOr(deployment_->getStatus().getCollisionCount(), 0);
  draft->getStatus().initCollisionCount().setValue(count + 1);
  CLEAT_CO_TRY(co_await tools_.client.updateStatus<Deployment>(std::move(draft)));
  co_return fail(Status::conflict("replicasets.apps", name, "its name is taken; another one is tried"));
}

Task<Result<void>> Rollout::roll() {
  CLEAT_CO_TRY(co_await ensureCurrent());
  const Bounds bounds = rollingBounds(deployment_->getSpec(), replicas());
  const SetSize size = sizeOf(sets_.current);
  const int64_t next = nextNewSize(replicas(), bounds, size, sizes(sets_.old));
  if (next != size.wanted) co_return co_await resize(sets_.current, next);
  const std::vector<int64_t> smaller = nextOldSizes(replicas(), bounds, size, sizes(sets_.old));
  for (size_t i = 0; i < sets_.old.size(); ++i) {
    if (smaller[i] == wantedOf(sets_.old[i])) continue;
    CLEAT_CO_TRY(co_await resize(sets_.old[i], smaller[i]));
  }
  co_return Result<void>();
}

Task<Result<void>> Rollout::recreate() {
  CLEAT_CO_TRY(co_await syncCurrent());
  bool going = false;
  for (Object<ReplicaSet>& set : sets_.old) {
    if (wantedOf(set) > 0) {
      going = true;
      CLEAT_CO_TRY(co_await resize(set, 0));
    }
    for (const Object<core_v1::Pod>& pod : tools_.pods.of(set)) going = going || !isTerminal(pod);
  }
  if (going) co_return Result<void>();
  if (!sets_.current) {
    CLEAT_CO_TRY(co_await ensureCurrent());
  }
  if (wantedOf(sets_.current) == replicas()) co_return Result<void>();
  co_return co_await resize(sets_.current, replicas());
}

Task<Result<void>> Rollout::scale() {
  std::vector<Object<ReplicaSet>*> active;
  for (Object<ReplicaSet>& set : sets_.old) {
    if (wantedOf(set) > 0) active.push_back(&set);
  }
  if (sets_.current && wantedOf(sets_.current) > 0) active.push_back(&sets_.current);
  // With none up, the newest is the one that is to be.
  if (active.empty() && sets_.current) active.push_back(&sets_.current);
  if (active.empty() && !sets_.old.empty()) active.push_back(&sets_.old.back());
  if (active.empty()) co_return Result<void>();
  if (active.size() == 1) co_return co_await resize(*active.front(), replicas());
  const bool saturated = sets_.current && wantedOf(sets_.current) == replicas() &&
                         annotation(sets_.current.meta(), kDesired) == std::to_string(replicas()) &&
                         sets_.current->getStatus().getAvailableReplicas() == replicas();
  if (saturated) {
    for (Object<ReplicaSet>& set : sets_.old) {
      if (wantedOf(set) == 0) continue;
      CLEAT_CO_TRY(co_await resize(set, 0));
    }
    co_return Result<void>();
  }
  if (recreates()) co_return Result<void>();
  co_return co_await shareOut(std::move(active));
}

Task<Result<void>> Rollout::shareOut(std::vector<Object<ReplicaSet>*> active) {
  std::ranges::sort(active, isOlder);
  std::vector<ShareSize> shares;
  for (const Object<ReplicaSet>* set : active) shares.push_back({wantedOf(*set), notedMax(*set)});
  const std::vector<int64_t> next =
      proportionalSizes(replicas(), maxPods() - replicas(), deployment_->getStatus().getReplicas(), shares);
  for (size_t i = 0; i < active.size(); ++i) {
    CLEAT_CO_TRY(co_await resize(*active[i], next[i]));
  }
  co_return Result<void>();
}

Task<Result<void>> Rollout::resize(Object<ReplicaSet>& set, int64_t size) {
  const int64_t before = wantedOf(set);
  Draft<ReplicaSet> draft(set);
  bool changed = annotateSize(draft.meta(), replicas(), maxPods());
  if (!changed && before == size) co_return Result<void>();
  draft->getSpec().initReplicas().setValue(static_cast<int32_t>(size));
  CLEAT_CO_TRY(Object<ReplicaSet> updated, co_await tools_.client.update<ReplicaSet>(std::move(draft)));
  tools_.ahead.updated(deployment_, updated);
  set = updated;
  if (before == size) co_return Result<void>();
  tools_.events.normal(
      deployment_, "ScalingReplicaSet",
      concat("Scaled ", size > before ? "up" : "down", " replica set ", set.name(), " from ", before, " to ", size));
  co_return Result<void>();
}

}  // namespace cleat::deployment
