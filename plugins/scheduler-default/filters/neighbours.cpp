#include "filters/neighbours.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>

#include <algorithm>

#include "filters/node_filters.h"

namespace cleat::scheduling {
namespace {

// What a term that a pod on a node requires adds as a preference, so that pods come to where they are wanted.
constexpr int64_t kRequiredWeight = 1;

bool meansAll(const std::vector<PodTerm>& terms, const Object<Pod>& pod, TextMapReader namespaceLabels) {
  return std::ranges::all_of(terms, [&](const PodTerm& term) { return term.matches(pod, namespaceLabels); });
}

}  // namespace

Neighbours::Neighbours(const PodClass& podClass, ClusterState& state, const Profile& profile)
    : class_(podClass), state_(state), spreads_(profile.has(Judge::podTopologySpread)),
      relates_(profile.has(Judge::interPodAffinity)) {}

// What a pod says of its spreading counts, whatever services it has.
bool Neighbours::readServices() {
  if (!spreads_ || !spreadsByDefault()) return false;
  Labels services = state_.services().selecting(class_.sample);
  if (services == services_) return false;
  services_ = std::move(services);
  return true;
}

void Neighbours::readConstraints() {
  readServices();
  spread_ = class_.spread;
  if (services_.empty()) return;
  if (spread_.empty()) spread_ = defaultSpread({});
  for (SpreadConstraint& constraint : spread_) constraint.pods.same = services_;
}

void Neighbours::rebuild() {
  effects_.clear();
  for (auto* group : {&required_, &preferred_}) group->clear();
  for (auto* counts : {&near_, &away_, &shunned_, &weights_}) counts->clear();
  readConstraints();
  addConstraints();
  if (relates_) addTerms();
  const bool looksAround = relates_ && class_.terms != nullptr;
  for (const auto& [ns, byClass] : state_.placesByNamespace()) {
    if (!looksAround && (ns != class_.ns || spread_.empty())) continue;
    for (const auto& [id, places] : byClass) countPlaced(places);
  }
  if (looksAround || !relates_) return;
  for (const ClassPlaces* places : state_.placesWithTerms()) {
    if (places->podClass->ns != class_.ns || spread_.empty()) countPlaced(*places);
  }
}

void Neighbours::countPlaced(const ClassPlaces& places) {
  const NeighbourEffects& effects = effectsOf(*places.podClass);
  if (effects.empty()) return;
  for (const auto& [node, here] : places.nodes) {
    for (const NeighbourEffect& effect : effects) {
      effect.counts->add(node, effect.amount * (effect.notLeaving ? here.pods - here.leaving : here.pods));
    }
  }
}

void Neighbours::addConstraints() {
  if (!spreads_) return;
  const TextMapReader labels = class_.sample.meta().getLabels();
  for (const SpreadConstraint& constraint : spread_) {
    auto& group = constraint.required ? required_ : preferred_;
    const DomainCounts counts(state_.nodes().topology(constraint.topologyKey));
    group.push_back({&constraint, counts, constraint.countsItself(labels) ? 1 : 0});
  }
  for (auto* group : {&required_, &preferred_}) {
    for (SpreadCount& each : *group) each.counts.admitOnly(admitted(*each.constraint, *group));
  }
}

std::vector<uint8_t> Neighbours::admitted(const SpreadConstraint& constraint,
                                          const std::deque<SpreadCount>& group) const {
  const NodeTable& nodes = state_.nodes();
  const bool everyKey = constraint.required || needsAllKeys();
  std::vector<uint8_t> admitted(nodes.size(), 0);
  for (NodeIndex node = 0; node < nodes.size(); ++node) {
    if (!nodes.isPresent(node)) continue;
    auto isSomewhere = [&](const SpreadCount& each) { return each.counts.column().at(node) >= 0; };
    if (everyKey && !std::ranges::all_of(group, isSomewhere)) continue;
    const Object<Node>& object = nodes.row(node).node;
    if (constraint.honorsAffinity && class_.selectsNodes && !matchesNodeSelection(class_.spec(), object)) continue;
    if (constraint.honorsTaints && !toleratesNode(class_, object)) continue;
    admitted[node] = 1;
  }
  return admitted;
}

void Neighbours::addTerms() {
  joinsItself_ = false;
  if (!class_.terms) return;
  for (const PodTerm& term : class_.terms->near) near_.emplace_back(state_.nodes().topology(term.topologyKey));
  for (const PodTerm& term : class_.terms->away) away_.emplace_back(state_.nodes().topology(term.topologyKey));
  joinsItself_ = meansAll(class_.terms->near, class_.sample, state_.namespaceLabels(class_.ns));
}

DomainCounts& Neighbours::countsFor(std::deque<DomainCounts>& all, const std::string& key) {
  for (DomainCounts& counts : all) {
    if (counts.column().key() == key) return counts;
  }
  return all.emplace_back(state_.nodes().topology(key));
}

void Neighbours::apply(const PodClass& other, NodeIndex node, bool leaving, int64_t sign) {
  const bool concerns = !spread_.empty() || class_.terms || other.terms;
  if (!concerns) return;
  for (const NeighbourEffect& effect : effectsOf(other)) {
    if (!leaving || !effect.notLeaving) effect.counts->add(node, sign * effect.amount);
  }
}

const NeighbourEffects& Neighbours::effectsOf(const PodClass& other) {
  auto found = effects_.find(other.id);
  if (found == effects_.end()) found = effects_.emplace(other.id, workOut(other)).first;
  return found->second;
}

NeighbourEffects Neighbours::workOut(const PodClass& other) {
  NeighbourEffects effects;
  if (spreads_ && other.ns == class_.ns) ofConstraints(other, effects);
  if (relates_ && class_.terms) ofOwnTerms(other, effects);
  if (relates_ && other.terms) ofTheirTerms(other, effects);
  return effects;
}

void Neighbours::ofConstraints(const PodClass& other, NeighbourEffects& effects) {
  const TextMapReader labels = other.sample.meta().getLabels();
  for (auto* group : {&required_, &preferred_}) {
    for (SpreadCount& each : *group) {
      if (each.constraint->counts(labels, other.owner)) effects.push_back({&each.counts, 1, true});
    }
  }
}

void Neighbours::ofOwnTerms(const PodClass& other, NeighbourEffects& effects) {
  const TextMapReader labels = state_.namespaceLabels(other.ns);
  const PodTerms& terms = *class_.terms;
  if (!terms.near.empty() && meansAll(terms.near, other.sample, labels)) {
    for (DomainCounts& counts : near_) effects.push_back({&counts, 1, false});
  }
  for (size_t i = 0; i < terms.away.size(); ++i) {
    if (terms.away[i].matches(other.sample, labels)) effects.push_back({&away_[i], 1, false});
  }
  for (const PodTerm& term : terms.preferred) {
    if (!term.matches(other.sample, labels)) continue;
    effects.push_back({&countsFor(weights_, term.topologyKey), term.weight, false});
  }
}

void Neighbours::ofTheirTerms(const PodClass& other, NeighbourEffects& effects) {
  const TextMapReader labels = state_.namespaceLabels(class_.ns);
  auto meant = [&](const PodTerm& term) { return term.matches(class_.sample, labels); };
  for (const PodTerm& term : other.terms->away) {
    if (meant(term)) effects.push_back({&countsFor(shunned_, term.topologyKey), 1, false});
  }
  for (const PodTerm& term : other.terms->near) {
    if (meant(term)) effects.push_back({&countsFor(weights_, term.topologyKey), kRequiredWeight, false});
  }
  for (const PodTerm& term : other.terms->preferred) {
    if (meant(term)) effects.push_back({&countsFor(weights_, term.topologyKey), term.weight, false});
  }
}

MaybeWhy Neighbours::whyNot(NodeIndex node) const {
  if (auto why = whyNotSpread(node)) return why;
  return whyNotAffine(node);
}

MaybeWhy Neighbours::whyNotSpread(NodeIndex node) const {
  for (const SpreadCount& each : required_) {
    const int32_t domain = each.counts.column().at(node);
    if (domain < 0) return Why{Judge::podTopologySpread, kNoDomain, false};
    const bool few = static_cast<int64_t>(each.counts.domains()) < each.constraint->minDomains;
    const int64_t least = few ? 0 : each.counts.least();
    if (each.counts.of(domain) + each.itself - least > each.constraint->maxSkew) {
      return Why{Judge::podTopologySpread, kUneven, true};
    }
  }
  return std::nullopt;
}

MaybeWhy Neighbours::whyNotAffine(NodeIndex node) const {
  bool found = true;
  for (const DomainCounts& counts : near_) {
    if (counts.column().at(node) < 0) return Why{Judge::interPodAffinity, kNotNear, false};
    found = found && counts.at(node) > 0;
  }
  if (!found) {
    // The first of a group that wants to be together has nobody to join.
    const bool nobody = std::ranges::all_of(near_, [](const DomainCounts& counts) { return counts.isEmpty(); });
    if (!nobody || !joinsItself_) return Why{Judge::interPodAffinity, kNotNear, false};
  }
  for (const DomainCounts& counts : away_) {
    if (counts.at(node) > 0) return Why{Judge::interPodAffinity, kNotAway, true};
  }
  for (const DomainCounts& counts : shunned_) {
    if (counts.at(node) > 0) return Why{Judge::interPodAffinity, kShunned, true};
  }
  return std::nullopt;
}

}  // namespace cleat::scheduling
