// Where less important pods could make room for one that fits nowhere, and which of them would have to go: as few and
// as unimportant ones as possible, and only where nothing else helps such that a disruption budget minds.
#pragma once

#include <string>
#include <vector>

#include "cycle/class_view.h"
#include "preemption/budgets.h"

namespace cleat::scheduling {

struct PreemptionCandidate {
  NodeIndex node = kNoNode;
  std::vector<const PlacedPod*> victims;  // the most important first
  size_t violations = 0;                  // of budgets
};

class Preemption {
 public:
  Preemption(ClassView& view, ClusterState& state, const Budgets& budgets)
      : view_(view), state_(state), budgets_(budgets), room_(state.nodes(), view.podClass()) {}

  // What would do on the node, or why not: nothing where there is nobody less important.
  struct Trial {
    std::optional<PreemptionCandidate> candidate;
    MaybeWhy why;
  };
  Trial tryNode(NodeIndex node);

  // The best of those nodes, beginning to look at `offset`; not all where they are many. `failed` is told of each node
  // that does not do.
  template <class Failed>
  std::optional<PreemptionCandidate> find(const std::vector<NodeIndex>& nodes, size_t offset, Failed failed) {
    std::vector<PreemptionCandidate> found;
    bool harmless = false;
    const size_t enough = enoughOf(state_.nodes().present());
    for (size_t i = 0; i < nodes.size() && !(harmless && found.size() >= enough); ++i) {
      const NodeIndex node = nodes[(offset + i) % nodes.size()];
      Trial trial = tryNode(node);
      if (!trial.candidate) {
        failed(node, trial.why);
        continue;
      }
      harmless = harmless || trial.candidate->violations == 0;
      found.push_back(std::move(*trial.candidate));
    }
    return best(std::move(found));
  }

  static std::optional<PreemptionCandidate> best(std::vector<PreemptionCandidate> candidates);

 private:
  // How many are enough to choose from.
  static size_t enoughOf(size_t nodes);
  void reprieve(PreemptionCandidate& candidate);

  ClassView& view_;
  ClusterState& state_;
  const Budgets& budgets_;
  // Of the node that is being tried.
  Room room_;
  std::vector<const PlacedPod*> without_, order_;
};

// Priority first, then who has been running for longer.
bool moreImportant(const PlacedPod& a, const PlacedPod& b);

}  // namespace cleat::scheduling
