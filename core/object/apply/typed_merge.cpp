#include "core/object/apply/typed_merge.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/object/json/json_text.h"
#include "core/object/open/open_merging.h"
#include "core/object/patch/patch_tree.h"

namespace cleat::object {

namespace {

using Merging = FieldType::Merging;
using NodeKind = JsonNode::Kind;

std::string fieldStep(std::string_view name) { return "f:" + std::string(name); }

void collectFields(FieldType type, const JsonNode& value, FieldSet& out) {
  const Merging merging = type.merging(value.kind);
  switch (merging) {
    case Merging::structure:
    case Merging::map: {
      if (!value.isObject()) return;
      for (const auto& [name, member] : value.object()) {
        FieldSet& below = out.at(fieldStep(name));
        collectFields(type.member(name), member, below);
        const bool isEmpty = member.isObject() && member.count == 0;
        if (merging == Merging::map || member.isNull() || isEmpty) below.member = true;
      }
      return;
    }
    case Merging::set:
    case Merging::keyed: {
      if (!value.isArray()) return;
      for (const JsonNode& element : value.list()) {
        FieldSet& below = out.at(type.step(element));
        collectFields(type.element(), element, below);
        below.member = true;
      }
      return;
    }
    default: out.member = true;
  }
}

// What is inside, of which an error has its path from here.
template <class Step>
JsonNode mergedBelow(PatchTree& tree, FieldType type, JsonNode* live, const JsonNode& applied, Step step) {
  try {
    return mergeTyped(tree, type, live, applied);
  } catch (UnkeyedList& list) {
    list.path.insert(0, step());
    throw;
  }
}

JsonNode mergeLists(PatchTree& tree, FieldType type, JsonNode live, const JsonNode& applied) {
  const std::span<JsonNode> left = live.list(), right = applied.list();
  std::vector<std::string> leftSteps, rightSteps;
  std::unordered_map<std::string_view, size_t> liveByStep;  // the first where two are the same
  for (const JsonNode& element : left) leftSteps.push_back(type.step(element));
  for (size_t i = 0; i < left.size(); ++i) liveByStep.emplace(leftSteps[i], i);
  rightSteps.reserve(right.size());
  std::unordered_set<std::string_view> shared;
  for (const JsonNode& element : right) {
    std::string_view missing;
    rightSteps.push_back(type.step(element, &missing));
    if (!missing.empty()) {
      throw UnkeyedList(concat("element ", rightSteps.size() - 1,
                               ": associative list with keys has an element that omits key field \"", missing,
                               "\" (and doesn't have default value)"));
    }
    const std::string& step = rightSteps.back();
    if (!shared.insert(step).second) throw UnkeyedList(concat("duplicate entries for key ", shownStep(step)));
  }
  // What is applied keeps its own order; what only the live list has stays where it was.
  std::vector<JsonNode> out;
  size_t l = 0, r = 0;
  while (l < left.size() || r < right.size()) {
    if (l < left.size() && !shared.contains(leftSteps[l])) {
      out.push_back(left[l++]);
    } else if (r < right.size()) {
      auto it = liveByStep.find(rightSteps[r]);
      const bool isNext = l < left.size() && leftSteps[l] == rightSteps[r];
      JsonNode* there = it == liveByStep.end() ? nullptr : &left[it->second];
      out.push_back(mergedBelow(tree, type.element(), there, right[r], [&] { return shownStep(rightSteps[r]); }));
      ++r;
      if (isNext) ++l;
    } else {
      ++l;  // has come already
    }
  }
  return tree.arrayOf(out);
}

}  // namespace

FieldType::Merging FieldType::merging(NodeKind kind) const {
  return open ? openMerging(node, kind == NodeKind::object, kind == NodeKind::array) : merging();
}

FieldType::Merging FieldType::merging() const {
  if (!plan) return Merging::whole;
  bool atomic = rule && rule->mapType == "atomic", granular = rule && rule->mapType == "granular";
  switch (plan->shape) {
    case Shape::structure:
      if (plan->codec->choice() || atomic || (plan->codec->atomic() && !granular)) return Merging::whole;
      return Merging::structure;
    case Shape::map: return atomic ? Merging::whole : Merging::map;
    case Shape::list:
      if (rule && rule->listType == "set") return Merging::set;
      return rule && rule->listType == "map" ? Merging::keyed : Merging::whole;
    default: return Merging::whole;
  }
}

FieldType FieldType::member(std::string_view name) const {
  if (open) return {.open = true, .node = openMember(node, name)};
  if (plan->shape == Shape::map) return {plan->element, nullptr};
  if (const FieldPlan* field = plan->codec->find(name)) return {&field->value, field->merge};
  if (const OpenSchema* schema = plan->codec->open()) {
    return {.open = true, .node = openMember(&schema->root(), name)};
  }
  return {};
}

FieldType FieldType::element() const {
  if (open) return {.open = true, .node = openElement(node)};
  return {plan->element, nullptr};
}

// What an element's key is that is not there: what the schema says, or the zero value of a field that every element
// has.
std::string FieldType::absentKey(size_t index) const {
  if (open) return openAbsentKey(*node, index);
  if (!rule->keyDefaults[index].empty()) return jsonText(JsonNode::ofText(rule->keyDefaults[index]));
  const StructCodec* codec = plan->element->codec;
  const FieldPlan* key = codec ? codec->find(rule->mapKeys[index]) : nullptr;
  if (!key || !key->required) return {};
  return key->value.shape == Shape::text ? "\"\"" : "0";
}

std::string FieldType::step(const JsonNode& element, std::string_view* missing) const {
  const bool isSet = open ? node->list == OpenNode::Merging::set : merging() == Merging::set;
  if (isSet) return "v:" + jsonText(element);
  const std::vector<std::string>& names = open ? node->mapKeys : rule->mapKeys;
  std::vector<std::pair<std::string_view, std::string>> keys;
  JsonArena scratch;
  for (size_t i = 0; i < names.size(); ++i) {
    JsonNode value;
    std::string text = peek(scratch, element, names[i], value) && !value.isNull() ? jsonText(value) : absentKey(i);
    if (text.empty()) {
      if (missing) *missing = names[i];
      continue;
    }
    keys.emplace_back(names[i], std::move(text));
  }
  std::ranges::sort(keys);
  std::string out = "k:{";
  for (const auto& [name, text] : keys) {
    out.append(out.size() > 3 ? ",\"" : "\"").append(name).append("\":").append(text);
  }
  return out + "}";
}

FieldSet fieldsOf(FieldType type, const JsonNode& value) {
  FieldSet out;
  collectFields(type, value, out);
  out.tidy();
  return out;
}

JsonNode mergeTyped(PatchTree& tree, FieldType type, JsonNode* live, const JsonNode& applied) {
  const Merging merging = type.merging(applied.kind);
  if (!live) {
    // Merged with nothing, so that what is inside is checked all the same.
    if (applied.isArray() && (merging == Merging::set || merging == Merging::keyed)) {
      return mergeLists(tree, type, JsonNode::emptyArray(), applied);
    }
    if (!applied.isObject() || merging == Merging::whole) return applied;
  } else if (merging == Merging::whole || tree.kindOf(*live) != applied.kind) {
    return applied;
  }
  if (applied.isObject()) {
    JsonNode out = live ? tree.open(*live) : JsonNode::emptyObject();
    for (const auto& [name, member] : applied.object()) {
      const JsonNode merged = mergedBelow(tree, type.member(name), tree.find(out, name), member,
                                          [&, name = name] { return concat(".", name); });
      tree.at(out, name) = merged;
    }
    return out;
  }
  return applied.isArray() ? mergeLists(tree, type, tree.open(*live), applied) : applied;
}

void removeFields(PatchTree& tree, FieldType type, JsonNode& value, const FieldSet& gone, const FieldSet& kept) {
  static const FieldSet kNothing;
  const Merging merging = type.merging(tree.kindOf(value));
  // What remains of a child: nothing if it is gone and holds nothing that is kept.
  auto goes = [&](JsonNode& child, const FieldSet& below, const std::string& step, FieldType childType, bool isNamed) {
    const FieldSet* keep = kept.find(step);
    const bool owned = keep && !keep->empty();
    if (!owned && (below.member || isNamed)) return true;
    removeFields(tree, childType, child, below, keep ? *keep : kNothing);
    return false;
  };
  const NodeKind kind = tree.kindOf(value);
  if (kind == NodeKind::object && (merging == Merging::structure || merging == Merging::map)) {
    for (const auto& [step, below] : gone.children) {
      const std::string_view name = std::string_view(step).substr(2);
      JsonNode* child = step[0] == 'f' ? tree.find(value, name) : nullptr;
      const bool isNamed = merging == Merging::structure;
      if (child && goes(*child, below, step, type.member(name), isNamed)) tree.erase(value, name);
    }
  } else if (kind == NodeKind::array && (merging == Merging::set || merging == Merging::keyed)) {
    std::vector<JsonNode> rest;
    for (JsonNode& element : tree.open(value).list()) {
      const std::string step = type.step(element);
      const FieldSet* below = gone.find(step);
      if (!below || !goes(element, *below, step, type.element(), false)) rest.push_back(element);
    }
    value = tree.arrayOf(rest);
  }
}

}  // namespace cleat::object
