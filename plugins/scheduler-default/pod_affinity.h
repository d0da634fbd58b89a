// Pod affinity and anti-affinity for one pod that is being placed. The constructor looks once at the pods that matter:
// those in the namespaces that the pod's terms name, if it has terms, and those of the others that have terms
// themselves. A place is a value of a topology key; each node is then only asked where it is. Valid while the cluster's
// state does not change.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "filters.h"
#include "scores.h"

namespace cleat::scheduling {

class PodAffinity {
 public:
  PodAffinity(const Candidate& candidate, const ClusterState& state);

  std::optional<std::string> whyNot(const NodeState& node) const;
  void addScores(std::vector<Option>& options) const;

 private:
  using Places = std::map<std::string_view, std::unordered_set<std::string_view>>;  // values by topology key
  static void mark(Places& places, const PodTerm& term, const NodeState& node);
  static bool marked(const Places& places, const Object<Node>& node);
  void weigh(const PodTerm& term, const NodeState& node, int64_t weight);
  void lookAround(const PodTerms& terms, const ClusterState& state);
  void meet(const PodTerms& terms, const Object<Pod>& pod, TextMapReader namespaceLabels, const NodeState& node);
  void beMet(const PodTerms& terms, const Candidate& candidate, TextMapReader namespaceLabels, const NodeState& node);

  std::shared_ptr<const PodTerms> terms_;
  bool matchesItself_ = false;  // all terms that it requires
  Places wanted_;               // where pods are that all required terms mean
  Places shunned_;              // where pods are that it must be away from
  Places closed_;               // where pods are that must be away from it
  std::map<std::string_view, std::unordered_map<std::string_view, int64_t>> weights_;
};

}  // namespace cleat::scheduling
