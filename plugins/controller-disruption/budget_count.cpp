#include "budget_count.h"

#include <cleat/sdk/int_or_percent.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>

namespace cleat::disruption {
namespace {

constexpr Duration kEvictionTakes = std::chrono::minutes(2);
constexpr const char* kAllowed = "DisruptionAllowed";

void setAllowed(policy_v1::PodDisruptionBudgetStatus::Builder status, ConditionUpdate update) {
  update.type = kAllowed;
  setCondition<meta_v1::Condition>(status, update);
  for (auto condition : status.getConditions()) {
    if (view(condition.getType().asReader()) == kAllowed) {
      condition.setObservedGeneration(status.getObservedGeneration());
    }
  }
}

}  // namespace

bool countsByScale(const Object<PodDisruptionBudget>& budget) {
  auto spec = budget->getSpec();
  return spec.hasMaxUnavailable() || (spec.hasMinAvailable() && !spec.getMinAvailable().isIntVal());
}

Expected expectedBy(const Object<PodDisruptionBudget>& budget, int64_t pods) {
  auto spec = budget->getSpec();
  if (spec.hasMaxUnavailable()) {
    const int64_t most = scaledValue(spec.getMaxUnavailable(), pods, Rounding::up).value_or(0);
    return {pods, std::max<int64_t>(pods - most, 0)};
  }
  if (!spec.hasMinAvailable()) return {};
  return {pods, scaledValue(spec.getMinAvailable(), pods, Rounding::up).value_or(pods)};
}

Disrupted disruptedOf(const Object<PodDisruptionBudget>& budget, const std::vector<Object<Pod>>& pods, WallTime now) {
  Disrupted disrupted;
  for (const Object<Pod>& pod : pods) {
    if (deletionPending(pod.meta())) continue;
    auto since = lookup(budget->getStatus().getDisruptedPods(), pod.name());
    if (!since) continue;
    const WallTime end = parseTime(*since).value_or(WallTime()) + kEvictionTakes;
    if (end < now) {
      disrupted.overdue.push_back(pod);
      continue;
    }
    disrupted.pods[str(pod.name())] = *since;
    // Just after that moment it is overdue.
    const Duration wait = end - now + std::chrono::milliseconds(1);
    if (disrupted.lookAgain == Duration::zero() || wait < disrupted.lookAgain) disrupted.lookAgain = wait;
  }
  return disrupted;
}

int64_t countHealthy(const std::vector<Object<Pod>>& pods, const Disrupted& disrupted) {
  return std::ranges::count_if(pods, [&](const Object<Pod>& pod) {
    return !deletionPending(pod.meta()) && !disrupted.pods.contains(str(pod.name())) && isReady(pod);
  });
}

Draft<PodDisruptionBudget> counted(const Object<PodDisruptionBudget>& budget, const Expected& expected, int64_t healthy,
                                   const Disrupted& disrupted, WallTime now) {
  Draft<PodDisruptionBudget> draft(budget);
  auto status = draft->getStatus();
  // None where no pods are expected: those that come next would be evicted before they were counted.
  const int64_t spare = expected.pods > 0 ? std::max<int64_t>(healthy - expected.healthy, 0) : 0;
  status.setObservedGeneration(budget.meta().getGeneration());
  status.setCurrentHealthy(static_cast<int32_t>(healthy));
  status.setDesiredHealthy(static_cast<int32_t>(expected.healthy));
  status.setExpectedPods(static_cast<int32_t>(expected.pods));
  status.setDisruptionsAllowed(static_cast<int32_t>(spare));
  status.disownDisruptedPods();
  if (!disrupted.pods.empty()) {
    auto list = status.initDisruptedPods(static_cast<uint32_t>(disrupted.pods.size()));
    uint32_t at = 0;
    for (const auto& [pod, since] : disrupted.pods) {
      list[at].setKey(pod);
      list[at++].setValue(since);
    }
  }
  setAllowed(status, {.status = spare > 0 ? "True" : "False",
                      .reason = spare > 0 ? "SufficientPods" : "InsufficientPods",
                      .lastTransitionTime = formatTime(now)});
  return draft;
}

Draft<PodDisruptionBudget> uncounted(const Object<PodDisruptionBudget>& budget, std::string_view why, WallTime now) {
  Draft<PodDisruptionBudget> draft(budget);
  auto status = draft->getStatus();
  status.setDisruptionsAllowed(0);
  setAllowed(status,
             {.status = "False", .reason = "SyncFailed", .message = str(why), .lastTransitionTime = formatTime(now)});
  return draft;
}

std::optional<Duration> untilStale(const Object<Pod>& pod, WallTime now) {
  if (!isActive(pod)) return std::nullopt;
  auto condition = findCondition(pod->getStatus().getConditions(), "DisruptionTarget");
  if (!condition || view(condition->getStatus()) != "True") return std::nullopt;
  // A node may take as long as the pod's grace period before the pod is being deleted.
  if (view(condition->getReason()) == "TerminationByKubelet") return std::nullopt;
  const WallTime since = parseTime(condition->getLastTransitionTime()).value_or(WallTime());
  return std::max(Duration::zero(), std::chrono::duration_cast<Duration>(since + kEvictionTakes - now));
}

}  // namespace cleat::disruption
