// Where less important pods could make room for one that fits nowhere, and which of them would have to go: as few and
// as unimportant ones as possible, and only where nothing else helps such that a disruption budget minds.
#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "cycle/class_view.h"
#include "preemption/budgets.h"

namespace cleat::scheduling {

struct PreemptionCandidate {
  NodeIndex node = kNoNode;
  std::vector<const PlacedPod*> victims;  // the most important first
  int64_t violations = 0;                 // of budgets
  // What of it is harm, the less the better, and when the first of the most important victims started, the later the
  // better.
  std::tuple<int64_t, int32_t, int64_t, size_t> harm = {};
  std::string_view earliest = {};
  void weigh();
};

// For pods of one class. What has been tried on a node is kept until something changes there, for classes that ask
// nothing of what is elsewhere.
class Preemption {
 public:
  Preemption(ClassView& view, ClusterState& state, const Budgets& budgets)
      : view_(view), state_(state), budgets_(budgets), room_(state.nodes(), view.podClass()) {}

  // What would do on the node, or why not: nothing where there is nobody less important.
  struct Trial {
    std::optional<PreemptionCandidate> candidate;
    MaybeWhy why;
  };

  // Tells `each` of those of the nodes that do, beginning to look at `offset`, and `failed` of those that do not; not
  // of all where they are many. Valid until the state changes.
  template <class Each, class Failed>
  void look(const std::vector<NodeIndex>& nodes, size_t offset, Each each, Failed failed) {
    catchUp();
    size_t found = 0;
    bool harmless = false;
    const size_t enough = enoughOf(state_.nodes().present());
    for (size_t i = 0; i < nodes.size() && !(harmless && found >= enough); ++i) {
      const NodeIndex node = nodes[(offset + i) % nodes.size()];
      const Trial& trial = trialOf(node);
      if (!trial.candidate) {
        failed(trial.why);
        continue;
      }
      ++found;
      harmless = harmless || trial.candidate->violations == 0;
      each(*trial.candidate);
    }
  }

  static bool isBetter(const PreemptionCandidate& a, const PreemptionCandidate& b);

 private:
  // How many are enough to choose from.
  static size_t enoughOf(size_t nodes);
  void catchUp();
  const Trial& trialOf(NodeIndex node);
  Trial tryNode(NodeIndex node);
  void reprieve(PreemptionCandidate& candidate);
  // With those that go when they go, wherever they are.
  void addOthers(PreemptionCandidate& candidate) const;

  ClassView& view_;
  ClusterState& state_;
  const Budgets& budgets_;
  // Of the node that is being tried.
  Room room_;
  std::vector<const PlacedPod*> without_, order_;
  // By node.
  std::vector<uint8_t> tried_;
  std::vector<Trial> trials_;
  uint64_t journal_ = 0, budgetsVersion_ = 0;
};

// Priority first, then who has been running for longer.
bool moreImportant(const PlacedPod& a, const PlacedPod& b);

}  // namespace cleat::scheduling
