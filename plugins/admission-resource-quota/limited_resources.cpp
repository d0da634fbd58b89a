#include "limited_resources.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>
#include <set>

namespace cleat::quota {

namespace {

constexpr std::array<std::string_view, 4> kOperators = {"In", "NotIn", "Exists", "DoesNotExist"};

// Reads the members of one object; what it cannot read it says.
class Members {
 public:
  Members(JsonView object, std::string path, std::string& wrong)
      : object_(object), path_(std::move(path)), wrong_(wrong) {
    if (!object.isObject()) complain("", "an object is expected");
  }

  Members& knows(std::initializer_list<std::string_view> names) {
    for (JsonView member : object_.isObject() ? object_.items() : JsonList()) {
      if (std::ranges::find(names, member.name()) == names.end()) complain(member.name(), "unknown field");
    }
    return *this;
  }
  std::string text(std::string_view name) {
    auto member = object_.member(name);
    if (member && !member->isText()) complain(name, "a text is expected");
    return member ? str(member->text()) : std::string();
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> all;
    each(name, [&](JsonView item, const std::string& at) {
      if (!item.isText()) wrong_ += wrong_.empty() ? concat(at, ": a text is expected") : "";
      all.push_back(str(item.text()));
    });
    return all;
  }
  template <class F>
  void each(std::string_view name, F&& use) {
    auto list = object_.member(name);
    if (!list || list->isNull()) return;
    if (!list->isList()) return complain(name, "a list is expected");
    size_t place = 0;
    for (JsonView item : list->items()) use(item, concat(path_, ".", name, "[", place++, "]"));
  }
  // The first thing that is wrong is told.
  void complain(std::string_view name, std::string_view why) {
    if (wrong_.empty()) wrong_ = concat(path_, name.empty() ? "" : ".", name, ": ", why);
  }

 private:
  JsonView object_;
  std::string path_;
  std::string& wrong_;
};

ScopeRule readScope(JsonView value, const std::string& path, std::string& wrong) {
  Members members(value, path, wrong);
  members.knows({"scopeName", "operator", "values"});
  ScopeRule rule{members.text("scopeName"), members.text("operator"), members.texts("values")};
  if (rule.scope.empty()) members.complain("scopeName", "Required value");
  if (rule.op.empty()) rule.op = "Exists";
  if (std::ranges::find(kOperators, rule.op) == kOperators.end()) members.complain("operator", "unknown operator");
  return rule;
}

bool isAbout(const ScopeRule& rule, const KindName& kind, const AnyRef& object) {
  return Quota{{}, {}, {rule}}.counts(kind, object);
}

// As Go prints a list of them.
std::string shown(const std::vector<ScopeRule>& rules) {
  std::string all;
  for (const ScopeRule& rule : rules) {
    std::string values;
    for (const std::string& value : rule.values) values += concat(values.empty() ? "" : " ", value);
    all += concat(all.empty() ? "" : " ", "{", rule.scope, " ", rule.op, " [", values, "]}");
  }
  return concat("[", all, "]");
}

}  // namespace

Result<LimitedResources> LimitedResources::parse(std::string_view json) {
  LimitedResources made;
  if (json.empty()) return made;
  CLEAT_TRY(const JsonTree tree, JsonTree::parse(json));
  std::string wrong;
  if (!tree.view().isList()) wrong = "a list is expected";
  size_t place = 0;
  for (JsonView item : tree.view().items()) {
    const std::string path = concat("[", place++, "]");
    Members members(item, path, wrong);
    members.knows({"resource", "apiGroup", "matchContains", "matchScopes"});
    Limit limit{{members.text("apiGroup"), members.text("resource")}, members.texts("matchContains"), {}};
    if (limit.kind.resource.empty()) members.complain("resource", "Required value");
    members.each("matchScopes",
                 [&](JsonView scope, const std::string& at) { limit.scopes.push_back(readScope(scope, at, wrong)); });
    made.limits_.push_back(std::move(limit));
  }
  if (!wrong.empty()) return fail(Status::badRequest(std::move(wrong)));
  return made;
}

bool LimitedResources::concerns(const KindName& kind) const {
  return std::ranges::any_of(limits_, [&](const Limit& limit) { return limit.kind == kind || !limit.scopes.empty(); });
}

std::vector<std::string> LimitedResources::limitedNames(const KindName& kind, const Amounts& usage) const {
  std::set<std::string> names;
  for (const Limit& limit : limits_) {
    if (limit.kind != kind) continue;
    for (const auto& [name, amount] : usage) {
      if (amount <= Quantity()) continue;
      const auto isIn = [&](const std::string& part) { return name.find(part) != std::string::npos; };
      if (std::ranges::any_of(limit.contained, isIn)) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

std::optional<NotCovered> LimitedResources::objection(const KindName& kind, const AnyRef& object, const Amounts& usage,
                                                      const std::vector<Quota>& quotas) const {
  std::string uncovered;
  for (const std::string& name : limitedNames(kind, usage)) {
    const auto covers = [&](const Quota& quota) { return quota.hard.contains(name) && quota.counts(kind, object); };
    if (std::ranges::none_of(quotas, covers)) uncovered += concat(uncovered.empty() ? "" : ",", name);
  }
  if (!uncovered.empty()) return NotCovered{concat("insufficient quota to consume: ", uncovered)};
  std::vector<ScopeRule> open;
  for (const Limit& limit : limits_) {
    for (const ScopeRule& rule : limit.scopes) {
      if (!isAbout(rule, kind, object)) continue;
      const auto isCovered = [&](const Quota& quota) {
        return std::ranges::any_of(quota.scopes, [&](const ScopeRule& other) {
          return other.scope == rule.scope && isAbout(other, kind, object);
        });
      };
      if (std::ranges::none_of(quotas, isCovered)) open.push_back(rule);
    }
  }
  if (open.empty()) return std::nullopt;
  return NotCovered{concat("insufficient quota to match these scopes: ", shown(open)), false};
}

}  // namespace cleat::quota
