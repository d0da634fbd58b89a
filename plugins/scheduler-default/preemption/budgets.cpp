#include "preemption/budgets.h"

#include <cleat/sdk/meta.h>

namespace cleat::scheduling {

void Budgets::set(const Object<PodDisruptionBudget>& budget) {
  // Validation lets no wrong selector in; one that got in nevertheless is nobody's budget.
  auto selector = LabelSelector::compile(budget->getSpec().getSelector()).value_or(LabelSelector::nothing());
  budgets_[budget.key()] = {budget, std::move(selector)};
  ++version_;
}

std::vector<bool> Budgets::violated(const std::vector<const PlacedPod*>& pods) const {
  std::vector<bool> violated(pods.size(), false);
  for (const auto& [key, known] : budgets_) {
    auto status = known.budget->getStatus();
    int64_t left = status.getDisruptionsAllowed();
    for (size_t i = 0; i < pods.size(); ++i) {
      const Object<Pod>& pod = pods[i]->pod;
      auto labels = pod.meta().getLabels();
      const bool concerns = pod.ns() == known.budget.ns() && labels.size() > 0 &&
                            known.budget->getSpec().hasSelector() && !known.selector.matchesEverything() &&
                            known.selector.matches(labels);
      // One that is on its way out by an eviction has been counted already.
      if (!concerns || lookup(status.getDisruptedPods(), pod.name())) continue;
      if (--left < 0) violated[i] = true;
    }
  }
  return violated;
}

}  // namespace cleat::scheduling
