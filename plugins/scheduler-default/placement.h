// The choice of a node for one pod: what rules nodes out, then what speaks for those that are left.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "filters.h"
#include "scores.h"

namespace cleat::scheduling {

struct Placement {
  std::string node;                    // empty if none fits
  int nodes = 0;                       // how many there are
  std::map<std::string, int> reasons;  // how many of them did not do, and why
  // Why there is no node, as Kubernetes' events say it.
  std::string explanation() const;
};

class Placer {
 public:
  explicit Placer(Strategy strategy = Strategy::spread) : strategy_(strategy) {}
  // The best node; among equals they take turns.
  Placement place(const Candidate& candidate, const ClusterState& state);

 private:
  std::string_view best(const std::vector<Option>& options);
  Strategy strategy_;
  uint64_t turn_ = 0;
};

}  // namespace cleat::scheduling
