// How good a node that fits is for a pod: 0 to about 500, the higher the better. PodAffinity and TopologySpread add up
// to twice kFull each, for which they have to see all nodes that fit.
#pragma once

#include "filters.h"

namespace cleat::scheduling {

constexpr int64_t kFull = 100;
constexpr int64_t kNeighboursShare = 2 * kFull;

// A node that fits.
struct Option {
  const NodeState* node;
  int64_t score;
};

enum class Strategy { spread, pack };

int64_t scoreOf(const Candidate& candidate, const NodeState& node, Strategy strategy);

}  // namespace cleat::scheduling
