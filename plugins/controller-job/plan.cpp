#include "plan.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_ranking.h>

#include <algorithm>
#include <set>

namespace cleat::job {

namespace {

// Pods created or deleted in one go; the rest follows in the next round.
constexpr int64_t kMostAtOnce = 500;

using Pods = std::vector<Object<Pod>>;

void lookAgainAfter(PodPlan& plan, Duration wait) {
  if (wait <= Duration::zero()) return;
  if (plan.lookAgain == Duration::zero() || wait < plan.lookAgain) plan.lookAgain = wait;
}

int64_t wantedActive(const Situation& situation, const Assessment& assessed) {
  auto spec = situation.job->getSpec();
  const int64_t parallelism = spec.getParallelism().getValue();
  if (isSuspended(situation.job)) return 0;
  // Any success is that of the whole: what runs may run to its end, and nothing more is begun.
  if (!spec.hasCompletions()) return assessed.succeeded > 0 ? assessed.active : parallelism;
  return std::clamp<int64_t>(spec.getCompletions().getValue() - assessed.succeeded, 0, parallelism);
}

// Active pods that go in any case because of their index: there is another one, or the job has no such index.
Pods misplaced(const Situation& situation, const Pods& ranked) {
  Pods surplus;
  if (!isIndexed(situation.job)) return surplus;
  std::set<int64_t> taken;
  // The last ones are the most worth keeping.
  for (auto pod = ranked.rbegin(); pod != ranked.rend(); ++pod) {
    auto index = describe(situation.job, *pod, {}).index;
    if (!index || !taken.insert(*index).second) surplus.push_back(*pod);
  }
  return surplus;
}

Pods tooMany(const Situation& situation, int64_t atLeast) {
  Pods active;
  for (const JobPod& pod : situation.pods) {
    if (pod.active()) active.push_back(pod.pod);
  }
  rankForDeletion(active, active, situation.now);
  Pods surplus = misplaced(situation, active);
  std::set<std::string, std::less<>> chosen;
  for (const Object<Pod>& pod : surplus) chosen.emplace(pod.uid());
  for (const Object<Pod>& pod : active) {
    if (static_cast<int64_t>(surplus.size()) >= atLeast) break;
    if (chosen.emplace(pod.uid()).second) surplus.push_back(pod);
  }
  return surplus;
}

// The lowest indexes that nothing runs for and that are not decided.
std::vector<int64_t> openIndexes(const Situation& situation, const Assessment& assessed, int64_t count) {
  std::set<int64_t> taken;
  for (const JobPod& pod : situation.pods) {
    if (!pod.index) continue;
    if (pod.active() || (pod.terminating() && replacesOnlyFailed(situation.job))) taken.insert(*pod.index);
  }
  std::vector<int64_t> open;
  const int64_t completions = situation.job->getSpec().getCompletions().getValue();
  for (int64_t index = 0; index < completions && static_cast<int64_t>(open.size()) < count; ++index) {
    const bool decided = assessed.succeededIndexes.has(index) || assessed.failedIndexes.has(index);
    if (!decided && !taken.contains(index)) open.push_back(index);
  }
  return open;
}

// Each index that has failed waits for itself.
void createPerIndex(const Situation& situation, const Assessment& assessed, const std::vector<int64_t>& open,
                    PodPlan& plan) {
  for (int64_t index : open) {
    WantedPod wanted{.index = index, .failures = {}};
    auto failed = assessed.lastFailed.find(index);
    if (failed != assessed.lastFailed.end()) {
      wanted.failures = failuresAfter(situation, *failed->second);
      const Duration left = pauseLeft(wanted.failures.all(), endOf(failed->second->pod), situation.now);
      lookAgainAfter(plan, left);
      if (left > Duration::zero()) continue;
    }
    plan.create.push_back(wanted);
  }
}

void create(const Situation& situation, const Assessment& assessed, int64_t count, PodPlan& plan) {
  const bool perIndex = countsPerIndex(situation.job);
  if (!perIndex) {
    const Duration left = pauseLeft(assessed.failures.failures, assessed.failures.last, situation.now);
    lookAgainAfter(plan, left);
    if (left > Duration::zero()) return;
  }
  count = std::min(count, kMostAtOnce);
  if (!isIndexed(situation.job)) {
    plan.create.resize(static_cast<size_t>(count));
    return;
  }
  const std::vector<int64_t> open = openIndexes(situation, assessed, count);
  if (perIndex) return createPerIndex(situation, assessed, open, plan);
  for (int64_t index : open) plan.create.push_back({.index = index, .failures = {}});
}

}  // namespace

PodPlan planPods(const Situation& situation, const Assessment& assessed) {
  PodPlan plan;
  if (assessed.verdict) {
    for (const JobPod& pod : situation.pods) {
      if (pod.active()) plan.remove.push_back(pod.pod);
    }
    return plan;
  }
  lookAgainAfter(plan, assessed.untilDeadline);
  if (!situation.settled || deletionPending(situation.job.meta())) return plan;
  const int64_t wanted = wantedActive(situation, assessed);
  plan.remove = tooMany(situation, assessed.active - wanted);
  if (!plan.remove.empty()) {
    plan.forgets = true;
    if (static_cast<int64_t>(plan.remove.size()) > kMostAtOnce) plan.remove.resize(kMostAtOnce);
    return plan;
  }
  const int64_t leaving = replacesOnlyFailed(situation.job) ? assessed.terminating : 0;
  const int64_t missing = wanted - leaving - assessed.active;
  if (missing > 0) create(situation, assessed, missing, plan);
  return plan;
}

}  // namespace cleat::job
