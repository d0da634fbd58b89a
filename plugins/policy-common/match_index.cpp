#include "policy-common/match_index.h"

#include <algorithm>

namespace cleat::policy {

namespace {

std::set<std::string, std::less<>> setOf(capnp::List<capnp::Text>::Reader texts) {
  std::set<std::string, std::less<>> all;
  for (auto text : texts) all.insert(str(view(text)));
  return all;
}

bool holds(const std::set<std::string, std::less<>>& set, std::string_view text) {
  return set.contains("*") || set.contains(text);
}

// `pods`, `pods/status`, `pods/*`, `*/scale`, `*`, `*/*`.
bool matchesResource(std::string_view pattern, const RequestFacts& request) {
  const size_t slash = pattern.find('/');
  const std::string_view resource = pattern.substr(0, slash);
  const std::string_view sub = slash == std::string_view::npos ? std::string_view() : pattern.substr(slash + 1);
  return (resource == "*" || resource == request.resource) && (sub == "*" || sub == request.subresource);
}

RequestFacts renamed(RequestFacts request, const Equivalent& other) {
  request.group = other.group;
  request.version = other.version;
  request.resource = other.resource;
  return request;
}

bool anyOf(const std::vector<MatchRule>& rules, const RequestFacts& request) {
  return std::ranges::any_of(rules, [&](const MatchRule& rule) { return rule.matches(request); });
}

LabelSelector selectorOf(meta_v1::LabelSelector::Reader selector) {
  auto compiled = LabelSelector::compile(selector);
  return compiled ? *std::move(compiled) : LabelSelector::nothing();  // a stored one was checked
}

}  // namespace

MatchRule::MatchRule(admissionregistration_v1::NamedRuleWithOperations::Reader rule)
    : names(setOf(rule.getResourceNames())), operations(setOf(rule.getOperations())),
      groups(setOf(rule.getApiGroups())), versions(setOf(rule.getApiVersions())), scope(str(view(rule.getScope()))) {
  for (auto resource : rule.getResources()) resources.push_back(str(view(resource)));
}

bool MatchRule::matches(const RequestFacts& request) const {
  if (!holds(operations, request.operation) || !holds(groups, request.group)) return false;
  if (!holds(versions, request.version)) return false;
  if (!std::ranges::any_of(resources, [&](const auto& each) { return matchesResource(each, request); })) return false;
  const bool isNamespace = request.group.empty() && request.resource == "namespaces";
  const bool namespaced = !request.ns.empty() && !isNamespace;
  if ((scope == "Namespaced" && !namespaced) || (scope == "Cluster" && namespaced)) return false;
  return names.empty() || names.contains(request.name);
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

void MatchIndex::add(const std::string& name, std::shared_ptr<const Matcher> matcher) {
  remove(name);
  for (const MatchRule& rule : matcher->rules()) {
    for (const std::string& group : rule.groups) {
      for (const std::string& resource : rule.resources) byResource_[{group, resource}].insert(name);
    }
  }
  matchers_[name] = std::move(matcher);
}

void MatchIndex::remove(const std::string& name) {
  auto found = matchers_.find(name);
  if (found == matchers_.end()) return;
  for (const MatchRule& rule : found->second->rules()) {
    for (const std::string& group : rule.groups) {
      for (const std::string& resource : rule.resources) {
        auto at = byResource_.find({group, resource});
        if (at == byResource_.end()) continue;
        at->second.erase(name);
        if (at->second.empty()) byResource_.erase(at);
      }
    }
  }
  matchers_.erase(found);
}

std::vector<std::string> MatchIndex::candidates(const RequestFacts& request) const {
  std::set<std::string> names;
  if (byResource_.empty()) return {};
  const auto add = [&](std::string_view group, std::string_view resource) {
    for (std::string_view sub : {request.subresource, std::string_view("*")}) {
      auto found = byResource_.find({str(group), sub.empty() ? str(resource) : concat(resource, "/", sub)});
      if (found != byResource_.end()) names.insert(found->second.begin(), found->second.end());
    }
  };
  for (std::string_view group : {request.group, std::string_view("*")}) {
    for (std::string_view resource : {request.resource, std::string_view("*")}) add(group, resource);
  }
  for (const Equivalent& other : request.equivalents) {
    if (other.group == request.group && other.resource == request.resource) continue;
    add(other.group, other.resource);
    add(other.group, "*");
  }
  std::erase_if(names, [&](const std::string& name) { return !find(name)->matchesRules(request); });
  return {names.begin(), names.end()};
}

const Matcher* MatchIndex::find(std::string_view name) const {
  auto found = matchers_.find(name);
  return found == matchers_.end() ? nullptr : found->second.get();
}

}  // namespace cleat::policy
