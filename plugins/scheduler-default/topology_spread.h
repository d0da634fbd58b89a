// Topology spread constraints of one pod that is being placed. The constructor counts the pods of its namespace by
// domain, a value of a topology key; each node is then only asked which domain it is in. Without constraints it does
// nothing. Valid while the cluster's state does not change.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "filters.h"
#include "scores.h"

namespace cleat::scheduling {

class TopologySpread {
 public:
  TopologySpread(const Candidate& candidate, const ClusterState& state);

  std::optional<std::string> whyNot(const NodeState& node) const;
  void addScores(std::vector<Option>& options) const;

 private:
  struct Counted {
    const SpreadConstraint* constraint;
    std::unordered_map<std::string_view, int64_t> domains;  // how many pods that count are in each
    int64_t itself = 0;                                     // 1 if the pod counts as well
    int64_t least = 0;
  };
  static std::vector<Counted> count(const Candidate& candidate, const ClusterState& state, bool required);
  static bool hasAllKeys(const std::vector<Counted>& constraints, const Object<Node>& node);
  std::optional<double> crowding(const NodeState& node, const std::vector<double>& weights) const;

  std::vector<Counted> required_, preferred_;
};

}  // namespace cleat::scheduling
