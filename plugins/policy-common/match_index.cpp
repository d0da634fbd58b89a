#include "policy-common/match_index.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace cleat::policy {

namespace {

RequestFacts renamed(RequestFacts request, const Equivalent& other) {
  request.group = other.group;
  request.version = other.version;
  request.resource = other.resource;
  return request;
}

bool anyOf(const std::vector<MatchRule>& rules, const RequestFacts& request) {
  return std::ranges::any_of(rules, [&](const MatchRule& rule) { return rule.matches(request); });
}

const std::string& nameOf(const std::shared_ptr<const Indexed>& each) { return each->name; }

LabelSelector selectorOf(meta_v1::LabelSelector::Reader selector) {
  auto compiled = LabelSelector::compile(selector);
  return compiled ? *std::move(compiled) : LabelSelector::nothing();  // a stored one was checked
}

}  // namespace

RuleTexts::RuleTexts(capnp::List<capnp::Text>::Reader texts) {
  for (auto text : texts) texts_.push_back(str(view(text)));
  all_ = std::ranges::find(texts_, "*") != texts_.end();
}

bool RuleTexts::holds(std::string_view text) const { return all_ || std::ranges::find(texts_, text) != texts_.end(); }

ResourcePattern::ResourcePattern(std::string_view pattern) {
  const size_t slash = pattern.find('/');
  resource = str(pattern.substr(0, slash));
  if (slash != std::string_view::npos) subresource = str(pattern.substr(slash + 1));
}

bool ResourcePattern::matches(const RequestFacts& request) const {
  return (resource == "*" || resource == request.resource) &&
         (subresource == "*" || subresource == request.subresource);
}

MatchRule::MatchRule(admissionregistration_v1::NamedRuleWithOperations::Reader rule)
    : names(rule.getResourceNames()), operations(rule.getOperations()), groups(rule.getApiGroups()),
      versions(rule.getApiVersions()), scope(str(view(rule.getScope()))) {
  for (auto resource : rule.getResources()) resources.emplace_back(view(resource));
}

bool MatchRule::matches(const RequestFacts& request) const {
  if (!operations.holds(request.operation) || !groups.holds(request.group)) return false;
  if (!versions.holds(request.version)) return false;
  if (!std::ranges::any_of(resources, [&](const auto& each) { return each.matches(request); })) return false;
  const bool isNamespace = request.group.empty() && request.resource == "namespaces";
  const bool namespaced = !request.ns.empty() && !isNamespace;
  if ((scope == "Namespaced" && !namespaced) || (scope == "Cluster" && namespaced)) return false;
  const std::vector<std::string>& named = names.texts();
  return named.empty() || std::ranges::find(named, request.name) != named.end();
}

Matcher::Matcher(admissionregistration_v1::MatchResources::Reader match)
    : equivalent_(view(match.getMatchPolicy()) != "Exact"), namespaces_(selectorOf(match.getNamespaceSelector())),
      objects_(selectorOf(match.getObjectSelector())) {
  for (auto rule : match.getResourceRules()) rules_.emplace_back(rule);
  for (auto rule : match.getExcludeResourceRules()) excluded_.emplace_back(rule);
}

bool Matcher::matchesRules(const RequestFacts& request) const {
  const auto anyMatches = [&](const std::vector<MatchRule>& rules) {
    if (anyOf(rules, request)) return true;
    return equivalent_ && std::ranges::any_of(request.equivalents, [&](const Equivalent& other) {
             return anyOf(rules, renamed(request, other));
           });
  };
  if (anyMatches(excluded_)) return false;
  return rules_.empty() || anyMatches(rules_);
}

const Equivalent* Matcher::knownAs(const RequestFacts& request) const {
  if (!equivalent_ || rules_.empty() || request.equivalents.empty() || anyOf(rules_, request)) return nullptr;
  for (const Equivalent& other : request.equivalents) {
    if (anyOf(rules_, renamed(request, other))) return &other;
  }
  return nullptr;
}

bool Matcher::matchesObjects(const AnyRef& object, const AnyRef& old) const {
  if (objects_.matchesEverything()) return true;
  return (object && objects_.matches(object)) || (old && objects_.matches(old));
}

size_t MatchIndex::Hash::operator()(const PlaceView& place) const {
  constexpr std::hash<std::string_view> kHash;
  return (kHash(place.group) * 31 + kHash(place.resource)) * 31 + kHash(place.subresource);
}

std::vector<MatchIndex::Place> MatchIndex::placesOf(const Matcher& matcher) {
  std::vector<Place> places;
  for (const MatchRule& rule : matcher.rules()) {
    for (const std::string& group : rule.groups.texts()) {
      for (const ResourcePattern& each : rule.resources) places.push_back({group, each.resource, each.subresource});
    }
  }
  return places;
}

void MatchIndex::add(std::shared_ptr<const Indexed> what) {
  remove(what->name);
  for (Place& place : placesOf(*what->matcher)) {
    const size_t shape = PlaceView(place).shape();
    auto [at, isNew] = byPlace_.try_emplace(std::move(place));
    if (isNew) ++shapes_[shape];
    Found& there = at->second;
    const auto next = std::ranges::lower_bound(there, what->name, {}, nameOf);
    if (next == there.end() || *next != what) there.insert(next, what);
  }
  all_[what->name] = std::move(what);
}

void MatchIndex::remove(std::string_view name) {
  auto found = all_.find(name);
  if (found == all_.end()) return;
  for (const Place& place : placesOf(*found->second->matcher)) {
    auto at = byPlace_.find(place);
    if (at == byPlace_.end()) continue;
    std::erase(at->second, found->second);
    if (!at->second.empty()) continue;
    --shapes_[PlaceView(place).shape()];
    byPlace_.erase(at);
  }
  all_.erase(found);
}

void MatchIndex::find(const PlaceView& place, const RequestFacts& request, Found& found) const {
  if (shapes_[place.shape()] == 0) return;
  auto at = byPlace_.find(place);
  if (at == byPlace_.end()) return;
  for (const auto& each : at->second) {
    if (each->matcher->matchesRules(request)) found.push_back(each);
  }
}

MatchIndex::Found MatchIndex::candidates(const RequestFacts& request) const {
  constexpr std::string_view kAll = "*";
  Found found;
  const auto add = [&](std::string_view group, std::string_view resource) {
    find({group, resource, request.subresource}, request, found);
    find({group, resource, kAll}, request, found);
  };
  for (std::string_view group : {request.group, kAll}) {
    for (std::string_view resource : {request.resource, kAll}) add(group, resource);
  }
  for (const Equivalent& other : request.equivalents) {
    if (other.group == request.group && other.resource == request.resource) continue;
    add(other.group, other.resource);
    add(other.group, kAll);
  }
  if (found.size() < 2) return found;
  std::ranges::sort(found, {}, nameOf);
  const auto twice = std::ranges::unique(found);
  found.erase(twice.begin(), twice.end());
  return found;
}

}  // namespace cleat::policy
