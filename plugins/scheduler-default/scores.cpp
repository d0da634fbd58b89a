#include "scores.h"

#include <cleat/sdk/node_selector.h>

#include <algorithm>

namespace cleat::scheduling {
namespace {

// What a container without requests is taken to need, so that such pods spread as well.
constexpr int64_t kAssumedMilliCpu = 100;
constexpr int64_t kAssumedMemory = 200 << 20;

// The share of a resource that is taken, in hundredths.
int64_t takenShare(int64_t taken, int64_t wanted, int64_t all) {
  if (all <= 0) return kFull;
  return std::clamp<int64_t>((taken + wanted) * kFull / all, 0, kFull);
}

int64_t resourceScore(const Candidate& candidate, const NodeState& node, Strategy strategy) {
  const int64_t milliCpu = std::max(candidate.request.milliCpu, kAssumedMilliCpu);
  const int64_t memory = std::max(candidate.request.memory, kAssumedMemory);
  const int64_t cpu = takenShare(std::max(node.taken.milliCpu, node.taken.pods * kAssumedMilliCpu), milliCpu,
                                 node.allocatable.milliCpu);
  const int64_t mem =
      takenShare(std::max(node.taken.memory, node.taken.pods * kAssumedMemory), memory, node.allocatable.memory);
  const int64_t used = (cpu + mem) / 2;
  return strategy == Strategy::pack ? used : kFull - used;
}

// Replicas of one owner apart: the fewer here already, the better. Weighs most. A pod that says itself how to be spread
// is spread that way alone.
int64_t ownerScore(const Candidate& candidate, const NodeState& node, Strategy strategy) {
  if (strategy == Strategy::pack || !candidate.spread.empty()) return 0;
  auto found = node.replicas.find(candidate.owner);
  const int64_t here = found == node.replicas.end() ? 0 : found->second;
  return 2 * kFull / (1 + here);
}

int64_t preferenceScore(const Candidate& candidate, const NodeState& node) {
  int64_t weight = 0, most = 0;
  auto affinity = candidate.pod->getSpec().getAffinity().getNodeAffinity();
  for (auto preferred : affinity.getPreferredDuringSchedulingIgnoredDuringExecution()) {
    most += preferred.getWeight();
    if (matchesTerm(preferred.getPreference(), node.node)) weight += preferred.getWeight();
  }
  return most == 0 ? 0 : 2 * kFull * weight / most;
}

int64_t taintPenalty(const Candidate& candidate, const NodeState& node) {
  int64_t penalty = 0;
  for (auto taint : node.node->getSpec().getTaints()) {
    const bool soft = view(taint.getEffect()) == "PreferNoSchedule";
    if (soft && !tolerates(candidate.pod->getSpec(), taint)) penalty += kFull;
  }
  return penalty;
}

}  // namespace

int64_t scoreOf(const Candidate& candidate, const NodeState& node, Strategy strategy) {
  return resourceScore(candidate, node, strategy) + ownerScore(candidate, node, strategy) +
         preferenceScore(candidate, node) - taintPenalty(candidate, node);
}

}  // namespace cleat::scheduling
