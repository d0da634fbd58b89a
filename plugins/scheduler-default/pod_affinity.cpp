#include "pod_affinity.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::scheduling {
namespace {

// What a term that an existing pod requires adds as a preference, so that pods come to where they are wanted.
constexpr int64_t kRequiredWeight = 1;

bool allMatch(const std::vector<PodTerm>& terms, const Object<Pod>& pod, TextMapReader namespaceLabels) {
  return std::ranges::all_of(terms, [&](const PodTerm& term) { return term.matches(pod, namespaceLabels); });
}

}  // namespace

PodAffinity::PodAffinity(const Candidate& candidate, const ClusterState& state) : terms_(candidate.terms) {
  if (!terms_ && state.podsWithTerms().empty()) return;
  const TextMapReader labels = state.namespaceLabels(std::string(candidate.pod.ns()));
  if (terms_) {
    matchesItself_ = allMatch(terms_->near, candidate.pod, labels);
    lookAround(*terms_, state);
  }
  for (const PlacedPod* other : state.podsWithTerms()) {
    if (const NodeState* node = state.nodeOf(*other)) beMet(*other->terms, candidate, labels, *node);
  }
}

void PodAffinity::lookAround(const PodTerms& terms, const ClusterState& state) {
  for (const auto& [ns, pods] : state.podsByNamespace()) {
    const TextMapReader labels = state.namespaceLabels(ns);
    auto named = [&](const PodTerm& term) { return term.selectsNamespace(ns, labels); };
    if (std::ranges::none_of(terms.near, named) && std::ranges::none_of(terms.away, named) &&
        std::ranges::none_of(terms.preferred, named)) {
      continue;
    }
    for (const PlacedPod* other : pods) {
      if (const NodeState* node = state.nodeOf(*other)) meet(terms, other->pod, labels, *node);
    }
  }
}

void PodAffinity::meet(const PodTerms& terms, const Object<Pod>& pod, TextMapReader namespaceLabels,
                       const NodeState& node) {
  if (!terms.near.empty() && allMatch(terms.near, pod, namespaceLabels)) {
    for (const PodTerm& term : terms.near) mark(wanted_, term, node);
  }
  for (const PodTerm& term : terms.away) {
    if (term.matches(pod, namespaceLabels)) mark(shunned_, term, node);
  }
  for (const PodTerm& term : terms.preferred) {
    if (term.matches(pod, namespaceLabels)) weigh(term, node, term.weight);
  }
}

void PodAffinity::beMet(const PodTerms& terms, const Candidate& candidate, TextMapReader namespaceLabels,
                        const NodeState& node) {
  for (const PodTerm& term : terms.away) {
    if (term.matches(candidate.pod, namespaceLabels)) mark(closed_, term, node);
  }
  for (const PodTerm& term : terms.near) {
    if (term.matches(candidate.pod, namespaceLabels)) weigh(term, node, kRequiredWeight);
  }
  for (const PodTerm& term : terms.preferred) {
    if (term.matches(candidate.pod, namespaceLabels)) weigh(term, node, term.weight);
  }
}

void PodAffinity::mark(Places& places, const PodTerm& term, const NodeState& node) {
  if (auto value = label(node.node.meta(), term.topologyKey)) places[term.topologyKey].insert(*value);
}

bool PodAffinity::marked(const Places& places, const Object<Node>& node) {
  return std::ranges::any_of(places, [&](const auto& place) {
    auto value = label(node.meta(), place.first);
    return value && place.second.contains(*value);
  });
}

void PodAffinity::weigh(const PodTerm& term, const NodeState& node, int64_t weight) {
  if (auto value = label(node.node.meta(), term.topologyKey)) weights_[term.topologyKey][*value] += weight;
}

std::optional<std::string> PodAffinity::whyNot(const NodeState& state) const {
  if (terms_) {
    bool found = true;
    for (const PodTerm& term : terms_->near) {
      auto value = label(state.node.meta(), term.topologyKey);
      if (!value) return "node(s) didn't match pod affinity rules";
      auto places = wanted_.find(term.topologyKey);
      found = found && places != wanted_.end() && places->second.contains(*value);
    }
    // The first of a group that wants to be together has nobody to join.
    const bool first = wanted_.empty() && matchesItself_;
    if (!found && !first) return "node(s) didn't match pod affinity rules";
  }
  if (marked(shunned_, state.node)) return "node(s) didn't match pod anti-affinity rules";
  if (marked(closed_, state.node)) return "node(s) didn't satisfy existing pods anti-affinity rules";
  return std::nullopt;
}

void PodAffinity::addScores(std::vector<Option>& options) const {
  if (weights_.empty() || options.empty()) return;
  std::vector<int64_t> sums;
  for (const Option& option : options) {
    int64_t sum = 0;
    for (const auto& [key, weights] : weights_) {
      auto value = label(option.node->node.meta(), key);
      auto found = value ? weights.find(*value) : weights.end();
      if (found != weights.end()) sum += found->second;
    }
    sums.push_back(sum);
  }
  const auto [least, most] = std::ranges::minmax(sums);
  if (least == most) return;
  for (size_t i = 0; i < options.size(); ++i) options[i].score += kNeighboursShare * (sums[i] - least) / (most - least);
}

}  // namespace cleat::scheduling
