#include "core/object/open/open_compare.h"

#include <algorithm>
#include <map>
#include <optional>

#include "core/object/open/open_encoder.h"
#include "core/object/open/open_merging.h"
#include "core/object/open/open_tree.h"

namespace cleat::object {
namespace {

using Merging = FieldType::Merging;
using Value = std::optional<TreeView>;

std::string textOf(TreeView value) {
  TextBuffer out;
  appendTree(out, value);
  return std::string(out.view());
}

bool same(TreeView a, TreeView b);

bool sameChildren(const words::ListView& a, const words::ListView& b) {
  if (a.count != b.count) return false;
  for (uint32_t i = 0; i < a.count; ++i) {
    const TreeView left(a.element(i)), right(b.element(i));
    if (left.name() != right.name() || !same(left, right)) return false;
  }
  return true;
}

bool same(TreeView a, TreeView b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case TreeKind::null: return true;
    case TreeKind::boolean: return a.boolean() == b.boolean();
    case TreeKind::integer: return a.integer() == b.integer();
    case TreeKind::floating: return a.floating() == b.floating();
    case TreeKind::text: return a.text() == b.text();
    default: return sameChildren(a.children(), b.children());
  }
}

// Without its "k:", the step to an element that its keys tell apart.
std::string keysOf(const OpenNode& list, TreeView element) {
  std::vector<std::pair<std::string_view, std::string>> keys;
  for (size_t i = 0; i < list.mapKeys.size(); ++i) {
    const Value value = element.kind() == TreeKind::object ? memberOf(element.children(), list.mapKeys[i]) : Value();
    std::string text = value ? textOf(*value) : openAbsentKey(list, i);
    if (!text.empty()) keys.emplace_back(list.mapKeys[i], std::move(text));
  }
  std::ranges::sort(keys);
  std::string out = "{";
  for (const auto& [name, text] : keys) {
    out += out.size() > 1 ? ",\"" : "\"";
    out.append(name).append("\":").append(text);
  }
  return out + "}";
}

void compare(const OpenNode* node, const Value& before, const Value& after, ComparisonPlace& place);

void leaf(const Value& before, const Value& after, ComparisonPlace& place) {
  if (!before) return place.mark(ComparisonPlace::added);
  if (!after) return place.mark(ComparisonPlace::removed);
  if (!same(*before, *after)) place.mark(ComparisonPlace::modified);
}

// Each name that either of two sorted lists has, once.
template <class F>
void eachMember(const words::ListView& before, const words::ListView& after, F visit) {
  for (uint32_t i = 0, j = 0; i < before.count || j < after.count;) {
    const Value left = i < before.count ? Value(TreeView(before.element(i))) : Value();
    const Value right = j < after.count ? Value(TreeView(after.element(j))) : Value();
    const int order = !left ? 1 : !right ? -1 : left->name().compare(right->name());
    const std::string_view name = order <= 0 ? left->name() : right->name();
    visit(name, order <= 0 ? left : Value(), order >= 0 ? right : Value());
    i += order <= 0;
    j += order >= 0;
  }
}

void elements(const OpenNode& list, bool isSet, const Value& before, const Value& after, ComparisonPlace& place) {
  std::map<std::string, std::pair<Value, Value>> byStep;
  auto collect = [&](const Value& side, Value std::pair<Value, Value>::* where) {
    const words::ListView children = side ? side->children() : words::ListView{};
    for (uint32_t i = 0; i < children.count; ++i) {
      const TreeView element(children.element(i));
      Value& slot = byStep[isSet ? textOf(element) : keysOf(list, element)].*where;
      if (!slot) slot = element;
    }
  };
  collect(before, &std::pair<Value, Value>::first);
  collect(after, &std::pair<Value, Value>::second);
  for (const auto& [step, both] : byStep) {
    ComparisonPlace below(place, isSet ? "v:" : "k:", step);
    compare(openElement(&list), both.first, both.second, below);
  }
}

void compare(const OpenNode* node, const Value& before, const Value& after, ComparisonPlace& place) {
  const TreeView one = after ? *after : *before;
  if (before && after && before->kind() != after->kind()) return leaf(before, after, place);
  const Merging merging = openMerging(node, one.kind() == TreeKind::object, one.kind() == TreeKind::list);
  switch (merging) {
    case Merging::structure:
    case Merging::map:
      eachMember(before ? before->children() : words::ListView{}, after ? after->children() : words::ListView{},
                 [&](std::string_view name, const Value& left, const Value& right) {
                   ComparisonPlace below(place, "f:", name);
                   compare(openMember(node, name), left, right, below);
                 });
      break;
    case Merging::set:
    case Merging::keyed: elements(*node, merging == Merging::set, before, after, place); break;
    default: return leaf(before, after, place);
  }
  place.markComing(before.has_value(), after.has_value());
}

}  // namespace

void compareOpen(const OpenNode& schema, const WriteReach& reach, const words::ListView& before,
                 const words::ListView& after, ComparisonPlace& place) {
  eachMember(before, after, [&](std::string_view name, const Value& left, const Value& right) {
    if (!reach.owns(name)) return;
    ComparisonPlace below(place, "f:", name);
    compare(openMember(&schema, name), left, right, below);
  });
}

}  // namespace cleat::object
