// Scores that nodes have only in comparison with the others that the pod fits on: what is best among them gets 100.
#pragma once

#include <span>
#include <vector>

#include "filters/neighbours.h"

namespace cleat::scheduling {

// A node that fits.
struct Option {
  NodeIndex node = kNoNode;
  int64_t score = 0;
};
using Options = std::vector<Option>;

// By a raw value of each node: the more, or where `reversed` the less, the better.
void addInProportion(Options& options, const std::vector<int64_t>& raw, bool reversed, int64_t weight);
// By what pods of either side prefer.
void addAffinityScores(Options& options, const Neighbours& neighbours, int64_t weight);
// By how crowded the domains are that the preferred spread constraints are about.
void addSpreadScores(Options& options, const Neighbours& neighbours, int64_t weight);

}  // namespace cleat::scheduling
