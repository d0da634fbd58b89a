#include "coverage.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace cleat::rbac {
namespace {

constexpr int kMostParts = 10'000;

using Texts = std::vector<std::string>;

bool holds(const Texts& list, std::string_view wanted) { return std::ranges::find(list, wanted) != list.end(); }
bool holdsAll(const Texts& list, const Texts& wanted) {
  return std::ranges::all_of(wanted, [&](const std::string& one) { return holds(list, one); });
}

bool coversResource(const Texts& owned, const std::string& wanted) {
  if (holds(owned, wanted)) return true;
  const size_t slash = wanted.find('/');
  return slash != std::string::npos && holds(owned, "*" + wanted.substr(slash));
}

bool coversPath(const Texts& owned, const std::string& wanted) {
  return std::ranges::any_of(owned, [&](const std::string& one) { return matchesPath(one, wanted); });
}

// Whether one rule covers another in whole.
bool coversRule(const Rule& owned, const Rule& wanted) {
  if (!holds(owned.verbs, "*") && !holdsAll(owned.verbs, wanted.verbs)) return false;
  if (!holds(owned.groups, "*") && !holdsAll(owned.groups, wanted.groups)) return false;
  auto resource = [&](const std::string& one) { return coversResource(owned.resources, one); };
  if (!holds(owned.resources, "*") && !std::ranges::all_of(wanted.resources, resource)) return false;
  auto path = [&](const std::string& one) { return coversPath(owned.paths, one); };
  if (!std::ranges::all_of(wanted.paths, path)) return false;
  if (owned.resourceNames.empty()) return true;
  return !wanted.resourceNames.empty() && holdsAll(owned.resourceNames, wanted.resourceNames);
}

bool coveredByOne(const Rules& owned, const Rule& wanted) {
  return std::ranges::any_of(owned, [&](const Rule& one) { return coversRule(one, wanted); });
}

// As a double: long lists multiply to more than an integer holds.
double partsOf(const Rule& rule) {
  auto count = [](const Texts& list) { return static_cast<double>(list.size()); };
  const double targets = count(rule.groups) * count(rule.resources) * std::max(count(rule.resourceNames), 1.0);
  return count(rule.verbs) * (targets + count(rule.paths));
}

// The rule as rules of one verb of one resource, object or path each.
void breakDown(const Rule& rule, Rules& parts) {
  const Texts anyName{""};
  for (const std::string& group : rule.groups) {
    for (const std::string& resource : rule.resources) {
      for (const std::string& verb : rule.verbs) {
        for (const std::string& name : rule.resourceNames.empty() ? anyName : rule.resourceNames) {
          parts.push_back({{verb}, {group}, {resource}, rule.resourceNames.empty() ? Texts() : Texts{name}, {}});
        }
      }
    }
  }
  for (const std::string& path : rule.paths) {
    for (const std::string& verb : rule.verbs) parts.push_back({{verb}, {}, {}, {}, {path}});
  }
}

// Rules of the same resource and object become one with all their verbs.
Rules compacted(const Rules& parts) {
  Rules rules;
  std::map<std::tuple<Texts, Texts, Texts>, size_t> places;
  for (const Rule& part : parts) {
    auto [place, fresh] = places.try_emplace({part.groups, part.resources, part.resourceNames}, rules.size());
    if (fresh || !part.paths.empty()) {
      rules.push_back(part);
    } else if (!holds(rules[place->second].verbs, part.verbs[0])) {
      rules[place->second].verbs.push_back(part.verbs[0]);
    }
  }
  return rules;
}

}  // namespace

Result<Rules> uncovered(const Rules& owned, const Rules& wanted) {
  Rules missing;
  double looked = 0;
  for (const Rule& rule : wanted) {
    if (coveredByOne(owned, rule)) continue;
    looked += partsOf(rule);
    if (looked > kMostParts) {
      return fail(Status::forbidden(concat("the rules combine to more than ", kMostParts, " verbs of resources")));
    }
    Rules parts;
    breakDown(rule, parts);
    for (Rule& part : parts) {
      if (!coveredByOne(owned, part)) missing.push_back(std::move(part));
    }
  }
  return compacted(missing);
}

}  // namespace cleat::rbac
