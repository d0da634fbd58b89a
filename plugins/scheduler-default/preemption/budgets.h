// Disruption budgets, as far as preemption asks: which of some pods could not be disrupted without violating one. It
// spends nothing; room is made at the cost of budgets only where nothing else helps.
#pragma once

#include <cleat/sdk/kinds/policy_v1.h>
#include <cleat/sdk/selector.h>

#include <string>
#include <vector>

#include "state/node_table.h"

namespace cleat::scheduling {

using policy_v1::PodDisruptionBudget;

class Budgets {
 public:
  void set(const Object<PodDisruptionBudget>& budget);
  void erase(const std::string& key) {
    budgets_.erase(key);
    ++version_;
  }
  uint64_t version() const { return version_; }  // grows with every change

  // For each pod, in this order, whether it takes more than its budgets allow after those before it.
  std::vector<bool> violated(const std::vector<const PlacedPod*>& pods) const;

 private:
  struct Known {
    Object<PodDisruptionBudget> budget;
    LabelSelector selector;
  };
  TextTable<Known> budgets_;
  uint64_t version_ = 1;
};

}  // namespace cleat::scheduling
