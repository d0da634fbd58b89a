#include "kinds-policy/budget_spending.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::kinds::policy {

namespace {

using Budget = policy_v1::PodDisruptionBudget;

constexpr const char* kCause = "DisruptionBudget";
constexpr const char* kAllowed = "DisruptionAllowed";
constexpr uint32_t kMaxDisruptedPods = 2000;
constexpr uint32_t kRetryAfterSeconds = 10;

Status refused(std::string why, uint32_t retryAfterSeconds) {
  Status status =
      Status::tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", retryAfterSeconds);
  status.details.causes.push_back({kCause, std::move(why), ""});
  return status;
}

Status unusable(std::string_view budget, std::string_view why, std::string_view detail) {
  Status status = Status::forbidden(concat("poddisruptionbudget.policy \"", budget, "\" is forbidden: ", why));
  status.details.name = budget;
  status.details.group = "policy";
  status.details.kind = "poddisruptionbudget";
  status.details.causes.push_back(
      {kCause, concat("The disruption budget ", budget, " does not allow evicting pods currently: ", detail), ""});
  return status;
}

// Why no pod may be evicted now.
std::string whyNone(const Object<Budget>& budget) {
  auto status = budget->getStatus();
  auto condition = findCondition(status.getConditions(), kAllowed);
  const bool says = condition && view(condition->getStatus()) == "False" && condition->getMessage().size() > 0;
  const std::string begin = concat("The disruption budget ", budget.name());
  if (says && view(condition->getReason()) == "SyncFailed") {
    return concat(begin,
                  " does not allow evicting pods currently because it failed sync: ", view(condition->getMessage()));
  }
  if (status.getCurrentHealthy() <= status.getDesiredHealthy()) {
    return concat(begin, " needs ", status.getDesiredHealthy(), " healthy pods and has ", status.getCurrentHealthy(),
                  " currently");
  }
  if (says) {
    return concat(begin, " does not allow evicting pods currently (", view(condition->getReason()),
                  "): ", view(condition->getMessage()));
  }
  return concat(begin, " does not allow evicting pods currently");
}

void noteExhausted(policy_v1::PodDisruptionBudgetStatus::Builder status, const std::string& now) {
  setCondition<meta_v1::Condition>(
      status, {.type = kAllowed, .status = "False", .reason = "InsufficientPods", .lastTransitionTime = now});
  for (auto condition : status.getConditions()) {
    if (view(condition.getType().asReader()) == kAllowed) {
      condition.setObservedGeneration(status.getObservedGeneration());
    }
  }
}

}  // namespace

bool isFree(const Object<core_v1::Pod>& pod, const Object<Budget>& budget) {
  if (conditionIs(pod->getStatus().getConditions(), "Ready", "True")) return false;
  if (view(budget->getSpec().getUnhealthyPodEvictionPolicy()) == "AlwaysAllow") return true;
  auto status = budget->getStatus();
  return status.getCurrentHealthy() >= status.getDesiredHealthy() && status.getDesiredHealthy() > 0;
}

Result<Draft<Budget>> spend(const Object<Budget>& budget, std::string_view pod, WallTime now) {
  auto status = budget->getStatus();
  if (status.getObservedGeneration() < budget.meta().getGeneration()) return fail(notYetCounted(budget.name()));
  if (status.getDisruptionsAllowed() < 0) {
    constexpr std::string_view kNegative = "pdb disruptions allowed is negative";
    return fail(unusable(budget.name(), kNegative, kNegative));
  }
  if (status.getDisruptedPods().size() > kMaxDisruptedPods) {
    return fail(unusable(budget.name(),
                         "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
                         "too many pending evictions not confirmed by PDB controller"));
  }
  if (status.getDisruptionsAllowed() == 0) return fail(refused(whyNone(budget), 0));

  Draft<Budget> spent(budget);
  auto left = spent->getStatus();
  left.setDisruptionsAllowed(status.getDisruptionsAllowed() - 1);
  const std::string time = formatTime(now);
  if (left.getDisruptionsAllowed() == 0) noteExhausted(left, time);
  left.adoptDisruptedPods(withEntry(left.asReader().getDisruptedPods(), orphanageOf(left), pod, time));
  return spent;
}

Status notYetCounted(std::string_view budget) {
  return refused(concat("The disruption budget ", budget, " is still being processed by the server."),
                 kRetryAfterSeconds);
}

}  // namespace cleat::kinds::policy
