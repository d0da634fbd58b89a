// Label selectors: compiled once from an object's LabelSelector, from a plain map or from kubectl's text, then matched
// against labels as often as needed. Values are compared exactly. The core uses it as well as plugins.
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat {

// One of the conditions that a selector of labels or of fields is made of, as authorizers are told of it.
struct SelectorRequirement {
  std::string key;
  std::string op;  // "In", "NotIn", "Exists", "DoesNotExist", "Gt" or "Lt"
  std::vector<std::string> values;
};

class LabelSelector {
 public:
  // Matches everything.
  LabelSelector() = default;
  static LabelSelector nothing();

  // matchLabels and matchExpressions (In, NotIn, Exists, DoesNotExist); empty matches everything. 400 for a wrong one.
  static Result<LabelSelector> compile(meta_v1::LabelSelector::Reader selector);
  // A map such as a Service's spec.selector: every entry must match; empty matches everything.
  static LabelSelector fromMap(TextMapReader map);
  // "app=web,tier!=cache,env in (a,b),!legacy,canary"; the empty text matches everything. 400 in Kubernetes' words for
  // what is no selector, or longer than 64 KiB.
  static Result<LabelSelector> parse(std::string_view text);

  bool matches(TextMapReader labels) const;
  bool matches(const AnyRef& object) const { return matches(object.meta().getLabels()); }
  bool matchesEverything() const { return !nothing_ && requirements_.empty(); }

  // As kubectl writes it; a list's or watch's labelSelector.
  std::string text() const;
  // What it demands; all of it. None where it matches everything, and of `nothing`.
  std::vector<SelectorRequirement> requirements() const;

 private:
  enum class Operator { in, notIn, exists, doesNotExist, greater, less };
  struct Requirement {
    std::string key;
    Operator op = Operator::exists;
    std::vector<std::string> values;  // sorted
    bool matches(TextMapReader labels) const;
  };
  bool nothing_ = false;
  std::vector<Requirement> requirements_;  // all must match
};

}  // namespace cleat
