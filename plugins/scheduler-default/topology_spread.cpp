#include "topology_spread.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace cleat::scheduling {
namespace {

constexpr const char* kUneven = "node(s) didn't match pod topology spread constraints";
constexpr const char* kNoDomain = "node(s) didn't match pod topology spread constraints (missing required label)";

// How many pods that the constraint counts are on each node.
std::unordered_map<std::string_view, int64_t> countByNode(const SpreadConstraint& constraint,
                                                          const Candidate& candidate, const ClusterState& state) {
  std::unordered_map<std::string_view, int64_t> counts;
  auto pods = state.podsByNamespace().find(std::string(candidate.pod.ns()));
  if (pods == state.podsByNamespace().end()) return counts;
  for (const PlacedPod* other : pods->second) {
    if (constraint.counts(other->pod, candidate.pod.ns())) ++counts[other->node];
  }
  return counts;
}

bool takesPart(const SpreadConstraint& constraint, core_v1::PodSpec::Reader spec, const Object<Node>& node) {
  if (constraint.honorsAffinity && !matchesNodeSelection(spec, node)) return false;
  return !constraint.honorsTaints || !whyRepelled(spec, node);
}

}  // namespace

TopologySpread::TopologySpread(const Candidate& candidate, const ClusterState& state) {
  if (candidate.spread.empty()) return;
  required_ = count(candidate, state, true);
  preferred_ = count(candidate, state, false);
}

std::vector<TopologySpread::Counted> TopologySpread::count(const Candidate& candidate, const ClusterState& state,
                                                           bool required) {
  std::vector<Counted> all;
  for (const SpreadConstraint& constraint : candidate.spread) {
    if (constraint.required != required) continue;
    all.push_back({&constraint, {}, constraint.pods.matches(candidate.pod.meta().getLabels()) ? 1 : 0, 0});
  }
  for (Counted& each : all) {
    const auto byNode = countByNode(*each.constraint, candidate, state);
    for (const auto& [name, node] : state.nodes()) {
      if (!node.node || !hasAllKeys(all, node.node)) continue;
      if (!takesPart(*each.constraint, candidate.pod->getSpec(), node.node)) continue;
      auto here = byNode.find(name);
      each.domains[*label(node.node.meta(), each.constraint->topologyKey)] += here == byNode.end() ? 0 : here->second;
    }
    if (each.domains.empty() || static_cast<int64_t>(each.domains.size()) < each.constraint->minDomains) continue;
    each.least = std::ranges::min_element(each.domains, {}, [](const auto& domain) { return domain.second; })->second;
  }
  return all;
}

bool TopologySpread::hasAllKeys(const std::vector<Counted>& constraints, const Object<Node>& node) {
  return std::ranges::all_of(
      constraints, [&](const Counted& each) { return label(node.meta(), each.constraint->topologyKey).has_value(); });
}

std::optional<std::string> TopologySpread::whyNot(const NodeState& state) const {
  for (const Counted& each : required_) {
    auto value = label(state.node.meta(), each.constraint->topologyKey);
    if (!value) return kNoDomain;
    auto domain = each.domains.find(*value);
    const int64_t here = domain == each.domains.end() ? 0 : domain->second;
    if (here + each.itself - each.least > each.constraint->maxSkew) return kUneven;
  }
  return std::nullopt;
}

// How full the node's domains are; nothing for a node that is in none.
std::optional<double> TopologySpread::crowding(const NodeState& node, const std::vector<double>& weights) const {
  double crowd = 0;
  for (size_t i = 0; i < preferred_.size(); ++i) {
    auto value = label(node.node.meta(), preferred_[i].constraint->topologyKey);
    if (!value) return std::nullopt;
    auto domain = preferred_[i].domains.find(*value);
    const int64_t here = domain == preferred_[i].domains.end() ? 0 : domain->second;
    crowd += static_cast<double>(here) * weights[i] + static_cast<double>(preferred_[i].constraint->maxSkew - 1);
  }
  return crowd;
}

void TopologySpread::addScores(std::vector<Option>& options) const {
  if (preferred_.empty()) return;
  // The more domains there are, the less likely is one to be full by chance, and the more it counts.
  std::vector<double> weights;
  for (const Counted& each : preferred_) {
    std::unordered_set<std::string_view> domains;
    for (const Option& option : options) {
      const auto& node = option.node->node;
      if (hasAllKeys(preferred_, node)) domains.insert(*label(node.meta(), each.constraint->topologyKey));
    }
    weights.push_back(std::log(static_cast<double>(domains.size() + 2)));
  }
  std::vector<std::optional<double>> crowds;
  std::optional<double> least, most;
  for (const Option& option : options) {
    auto crowd = crowding(*option.node, weights);
    crowds.push_back(crowd);
    if (!crowd) continue;
    least = std::min(least.value_or(*crowd), *crowd);
    most = std::max(most.value_or(*crowd), *crowd);
  }
  for (size_t i = 0; i < options.size(); ++i) {
    if (!crowds[i]) continue;
    const double share = *most == 0 ? 1 : (*most + *least - *crowds[i]) / *most;
    options[i].score += std::llround(share * static_cast<double>(kNeighboursShare));
  }
}

}  // namespace cleat::scheduling
