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

// Finds the best of options that are given one after the other: of equals the first whose number is above `last`, or
// the first of all, so that equals take turns.
class BestOption {
 public:
  explicit BestOption(NodeIndex last) : last_(last) {}
  void consider(NodeIndex node, int64_t score) {
    if (score < score_) return;
    if (score > score_) {
      score_ = score;
      first_ = node;
      next_ = kNoNode;
    }
    if (next_ == kNoNode && node > last_) next_ = node;
  }
  NodeIndex node() const { return next_ != kNoNode ? next_ : first_; }

 private:
  NodeIndex last_, first_ = kNoNode, next_ = kNoNode;
  int64_t score_ = INT64_MIN;
};

// By a raw value of each node: the more, or where `reversed` the less, the better.
void addInProportion(Options& options, const std::vector<int64_t>& raw, bool reversed, int64_t weight);
// By what pods of either side prefer.
void addAffinityScores(Options& options, const Neighbours& neighbours, int64_t weight);
// By how crowded the domains are that the preferred spread constraints are about.
void addSpreadScores(Options& options, const Neighbours& neighbours, int64_t weight);

}  // namespace cleat::scheduling
