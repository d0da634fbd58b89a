#include "waiting_pods.h"

#include <algorithm>

namespace cleat::scheduling {
namespace {

bool helps(const Candidate& waiting, const Object<Pod>& before, const Object<Pod>& now, TextMapReader namespaceLabels) {
  const bool spreads = std::ranges::any_of(waiting.spread, [&](const SpreadConstraint& constraint) {
    const std::string_view ns = waiting.pod.ns();
    return constraint.required && (before && constraint.counts(before, ns)) != constraint.counts(now, ns);
  });
  if (spreads || !waiting.terms) return spreads;
  auto meant = [&](const PodTerm& term, const Object<Pod>& pod) { return pod && term.matches(pod, namespaceLabels); };
  return std::ranges::any_of(waiting.terms->near,
                             [&](const PodTerm& term) { return meant(term, before) != meant(term, now); }) ||
         std::ranges::any_of(waiting.terms->away,
                             [&](const PodTerm& term) { return meant(term, before) && !meant(term, now); });
}

}  // namespace

void WaitingPods::add(const Candidate& candidate) {
  const std::string key = candidate.pod.key();
  all_.insert(key);
  asking_.erase(key);
  if (candidate.terms || !candidate.spread.empty()) asking_.emplace(key, candidate);
}

void WaitingPods::erase(const std::string& key) {
  all_.erase(key);
  asking_.erase(key);
}

std::vector<std::string> WaitingPods::concernedBy(const std::string& ns) const {
  std::vector<std::string> keys;
  for (const auto& [key, waiting] : asking_) keys.push_back(key);
  const std::string prefix = ns + "/";
  for (auto at = all_.lower_bound(prefix); at != all_.end() && at->starts_with(prefix); ++at) keys.push_back(*at);
  return keys;
}

std::vector<std::string> WaitingPods::helpedBy(const Object<Pod>& before, const Object<Pod>& now,
                                               const ClusterState& state) const {
  std::vector<std::string> keys;
  if (asking_.empty()) return keys;
  const TextMapReader labels = state.namespaceLabels(std::string(now.ns()));
  for (const auto& [key, waiting] : asking_) {
    if (helps(waiting, before, now, labels)) keys.push_back(key);
  }
  return keys;
}

}  // namespace cleat::scheduling
