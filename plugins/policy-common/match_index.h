// Which policies a request matches: found by its resource in an index, so that those of other resources cost nothing.
//
//   MatchIndex index;
//   index.add(std::make_shared<const Indexed>("policy", matcher));
//   for (const auto& found : index.candidates(facts)) …   // their rules match; selectors are for `matches`
#pragma once

#include <cleat/schema/role/admission.capnp.h>
#include <cleat/sdk/kinds/admissionregistration_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/selector.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy-common/equivalents.h"

namespace cleat::policy {

// What rules look at.
struct RequestFacts {
  std::string_view group, version, resource, subresource, ns, name, operation;
  std::span<const Equivalent> equivalents = {};  // what else it is about, by another name
};

// The few texts that a rule lists of one sort, side by side; "*" stands for all.
class RuleTexts {
 public:
  explicit RuleTexts(capnp::List<capnp::Text>::Reader texts);
  bool holds(std::string_view text) const;
  bool empty() const { return texts_.empty(); }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  bool all_ = false;
};

// `pods`, `pods/status`, `pods/*`, `*/scale`, `*`, `*/*`.
struct ResourcePattern {
  std::string resource, subresource;

  explicit ResourcePattern(std::string_view pattern);
  bool matches(const RequestFacts& request) const;
};

// One rule, or one that excludes.
struct MatchRule {
  RuleTexts names, operations, groups, versions;
  std::vector<ResourcePattern> resources;
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

// What is found: whoever has more to it derives from this.
struct Indexed {
  std::string name;
  std::shared_ptr<const Matcher> matcher;
};

class MatchIndex {
 public:
  using Found = std::vector<std::shared_ptr<const Indexed>>;

  // In place of the one of that name.
  void add(std::shared_ptr<const Indexed> what);
  void remove(std::string_view name);
  bool empty() const { return all_.empty(); }

  // In the order of their names.
  Found candidates(const RequestFacts& request) const;

 private:
  // As rules write them: "*" is a name like any other.
  struct PlaceView {
    std::string_view group, resource, subresource;
    bool operator==(const PlaceView&) const = default;
    // Which of the three are "*".
    size_t shape() const {
      return (group == "*" ? 1U : 0U) + (resource == "*" ? 2U : 0U) + (subresource == "*" ? 4U : 0U);
    }
  };
  struct Place {
    std::string group, resource, subresource;
    operator PlaceView() const { return {group, resource, subresource}; }  // NOLINT: meant to convert
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const PlaceView& place) const;
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const PlaceView& a, const PlaceView& b) const { return a == b; }
  };

  static std::vector<Place> placesOf(const Matcher& matcher);
  void find(const PlaceView& place, const RequestFacts& request, Found& found) const;

  std::unordered_map<Place, Found, Hash, Same> byPlace_;
  std::array<size_t, 8> shapes_{};  // how many places there are of each: where there is none nothing has to be found
  std::map<std::string, std::shared_ptr<const Indexed>, std::less<>> all_;
};

}  // namespace cleat::policy
