#include "placement.h"

#include <algorithm>

#include "pod_affinity.h"
#include "topology_spread.h"

namespace cleat::scheduling {

std::string Placement::explanation() const {
  if (nodes == 0) return "no nodes available to schedule pods";
  std::vector<std::string> parts;
  for (const auto& [reason, count] : reasons) parts.push_back(concat(count, " ", reason));
  std::ranges::sort(parts);
  std::string message = concat("0/", nodes, " nodes are available");
  const char* separator = ": ";
  for (const std::string& part : parts) {
    appendTo(message, concat(separator, part));
    separator = ", ";
  }
  return message + ".";
}

Placement Placer::place(const Candidate& candidate, const ClusterState& state) {
  const TopologySpread spread(candidate, state);
  const PodAffinity affinity(candidate, state);
  Placement placement;
  std::vector<Option> options;
  for (const auto& [name, node] : state.nodes()) {
    if (!node.node) continue;
    ++placement.nodes;
    auto reason = whyNot(candidate, node);
    if (!reason) reason = spread.whyNot(node);
    if (!reason) reason = affinity.whyNot(node);
    if (reason) {
      ++placement.reasons[*reason];
    } else {
      options.push_back({&node, scoreOf(candidate, node, strategy_)});
    }
  }
  spread.addScores(options);
  affinity.addScores(options);
  if (!options.empty()) placement.node = best(options);
  return placement;
}

std::string_view Placer::best(const std::vector<Option>& options) {
  const int64_t most = std::ranges::max_element(options, {}, &Option::score)->score;
  const size_t equals = std::ranges::count(options, most, &Option::score);
  size_t skip = turn_++ % equals;
  for (const Option& option : options) {
    if (option.score == most && skip-- == 0) return option.node->node.name();
  }
  return {};
}

}  // namespace cleat::scheduling
