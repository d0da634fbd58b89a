// Which policies a request matches: found by its resource in an index, so that those of other resources cost nothing.
//
//   MatchIndex index;
//   index.add("policy", spec.getMatchConstraints());
//   for (const std::string& name : index.candidates(facts)) …   // their rules match; selectors are for `matches`
#pragma once

#include <cleat/schema/role/admission.capnp.h>
#include <cleat/sdk/kinds/admissionregistration_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/selector.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy-common/equivalents.h"

namespace cleat::policy {

// What rules look at.
struct RequestFacts {
  std::string_view group, version, resource, subresource, ns, name, operation;
  std::span<const Equivalent> equivalents = {};  // what else it is about, by another name
};

// One rule, or one that excludes.
struct MatchRule {
  std::set<std::string, std::less<>> names, operations, groups, versions;
  std::vector<std::string> resources;
  std::string scope;

  explicit MatchRule(admissionregistration_v1::NamedRuleWithOperations::Reader rule);
  bool matches(const RequestFacts& request) const;
};

// matchConstraints of a policy, or matchResources of a binding.
class Matcher {
 public:
  explicit Matcher(admissionregistration_v1::MatchResources::Reader match);

  // Without rules every request matches.
  bool matchesRules(const RequestFacts& request) const;
  // The name by which the rules know what the request is about, where that is not the request's own; otherwise null.
  const Equivalent* knownAs(const RequestFacts& request) const;
  bool matchesObjects(const AnyRef& object, const AnyRef& old) const;
  // Of the namespace that a request is in.
  bool matchesNamespace(TextMapReader labels) const { return namespaces_.matches(labels); }
  bool looksAtNamespaces() const { return !namespaces_.matchesEverything(); }
  const std::vector<MatchRule>& rules() const { return rules_; }

 private:
  bool equivalent_;  // other names count as well
  std::vector<MatchRule> rules_, excluded_;
  LabelSelector namespaces_, objects_;
};

class MatchIndex {
 public:
  void add(const std::string& name, std::shared_ptr<const Matcher> matcher);
  void remove(const std::string& name);

  // In the order of their names.
  std::vector<std::string> candidates(const RequestFacts& request) const;
  const Matcher* find(std::string_view name) const;

 private:
  using Key = std::pair<std::string, std::string>;  // group and resource as rules write them
  std::map<Key, std::set<std::string>> byResource_;
  std::map<std::string, std::shared_ptr<const Matcher>, std::less<>> matchers_;
};

}  // namespace cleat::policy
