#include "rules.h"

#include <capnp/message.h>
#include <cleat/sdk/lookup.h>
#include <cleat/sdk/text.h>
#include <fnmatch.h>

#include <algorithm>

using namespace cleat;

namespace {

using Json = open_v1::JsonValue;
constexpr std::string_view kEach = "[*]";

// "spec.containers[*].image" in parts. A part may be in quotes: metadata.labels."app.kubernetes.io/name".
Result<std::vector<std::string>> partsOf(std::string_view path) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (const char c : path) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  const bool empty = std::ranges::any_of(parts, [](const std::string& part) { return part.empty() || part == kEach; });
  if (!empty && !quoted && parts.back().find(kEach) == std::string::npos) return parts;
  return fail(Status::badRequest(concat(inQuotes(path), " is no path such as spec.containers[*].imagePullPolicy")));
}

std::vector<std::string> textsOf(std::optional<JsonView> list) {
  std::vector<std::string> texts;
  if (list) {
    for (JsonView item : list->items()) texts.emplace_back(item.text());
  }
  return texts;
}

// Texts to set below metadata.WHERE.
Result<void> addTexts(Rule& rule, JsonView table, std::string_view where) {
  const auto texts = table.member(where);
  if (!texts) return {};
  if (!texts->isObject()) return fail(Status::badRequest(concat(where, ": has to be a table of texts")));
  for (JsonView text : texts->items()) {
    if (!text.isText()) return fail(Status::badRequest(concat(where, ".", text.name(), ": has to be a text")));
    rule.values.push_back({{"metadata", std::string(where), std::string(text.name())}, JsonTree(text)});
  }
  return {};
}

Result<void> checkMembers(JsonView table) {
  constexpr std::string_view kMembers[] = {"resource",    "namespaces", "selector", "labels",
                                           "annotations", "set",        "replace"};
  for (JsonView member : table.items()) {
    if (std::ranges::find(kMembers, member.name()) != std::end(kMembers)) continue;
    return fail(Status::badRequest(concat("it has no setting ", inQuotes(member.name()))));
  }
  return {};
}

// Values to set at paths.
Result<void> addPaths(Rule& rule, JsonView table, std::string_view setting, bool replaces) {
  const auto values = table.member(setting);
  if (!values) return {};
  if (!values->isObject()) return fail(Status::badRequest(concat(setting, ": has to be a table of paths")));
  for (JsonView value : values->items()) {
    auto path = partsOf(value.name());
    if (!path) return fail(Status::badRequest(concat(setting, ": ", path.error().message)));
    rule.values.push_back({std::move(*path), JsonTree(value), replaces});
  }
  return {};
}

// Sets a value in an object, as a rule has it: at the path from `part` on. True: the object is another now.
bool apply(const Rule::Value& set, size_t part, Json::Builder object) {
  const bool last = part + 1 == set.path.size(), each = set.path[part].ends_with(kEach);
  const std::string name = set.path[part].substr(0, set.path[part].size() - (each ? kEach.size() : 0));
  const auto there = JsonView(object.asReader()).member(name);
  const bool absent = !there || there->isNull();
  if (each) {
    // What a list has is the user's to say: elements are changed, and none are made.
    if (absent || !there->isList()) return false;
    bool changed = false;
    for (Json::Builder item : ensureMember(object, name).getList()) changed = apply(set, part + 1, item) || changed;
    return changed;
  }
  if (!last) return (absent || there->isObject()) && apply(set, part + 1, ensureMember(object, name));
  if (!absent && (!set.replaces || sameJson(*there, set.value.view()))) return false;
  copyJson(set.value.view(), ensureMember(object, name));
  return true;
}

}  // namespace

bool Rule::isFor(std::string_view ns, const AnyRef& object) const {
  const std::string name(ns);
  auto named = [&](const std::string& pattern) { return fnmatch(pattern.c_str(), name.c_str(), 0) == 0; };
  return (namespaces.empty() || std::ranges::any_of(namespaces, named)) && selector.matches(object);
}

Result<Rule> readRule(std::string_view json) {
  CLEAT_TRY(const JsonTree tree, JsonTree::parse(json));
  const JsonView table = tree.view();
  CLEAT_TRY(checkMembers(table));
  Rule rule;
  if (const auto resource = table.member("resource")) rule.resource = resource->text();
  if (rule.resource.empty()) return fail(Status::badRequest("resource: which objects is it for?"));
  rule.namespaces = textsOf(table.member("namespaces"));
  const auto selector = table.member("selector");
  CLEAT_TRY(rule.selector, LabelSelector::parse(selector ? selector->text() : std::string_view()));
  CLEAT_TRY(addTexts(rule, table, "labels"));
  CLEAT_TRY(addTexts(rule, table, "annotations"));
  CLEAT_TRY(addPaths(rule, table, "set", false));
  CLEAT_TRY(addPaths(rule, table, "replace", true));
  if (rule.values.empty())
    return fail(Status::badRequest("it fills in nothing: give it labels, annotations, set or replace"));
  return rule;
}

Result<std::optional<JsonTree>> filledIn(JsonView object, const std::vector<const Rule*>& rules) {
  capnp::MallocMessageBuilder message;
  auto changed = message.initRoot<Json>();
  copyJson(object, changed);
  bool any = false;
  for (const Rule* rule : rules) {
    for (const Rule::Value& value : rule->values) {
      any = apply(value, 0, changed) || any;
    }
  }
  if (!any) return std::nullopt;
  return JsonTree(JsonView(changed.asReader()));
}
