#include "core/object/apply/typed_merge.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/object/json/json_text.h"
#include "core/object/open/open_merging.h"

namespace cleat::object {

namespace {

namespace json = boost::json;
using Merging = FieldType::Merging;

bool isAbsent(const json::value* value) { return !value || value->is_null(); }

bool isEmptyContainer(const json::value& value) {
  if (const json::object* object = value.if_object()) return object->empty();
  return false;
}

std::string fieldStep(std::string_view name) { return "f:" + std::string(name); }

const json::value* memberOf(const json::value* value, std::string_view name) {
  const json::object* object = value ? value->if_object() : nullptr;
  return object ? object->if_contains(name) : nullptr;
}

// The elements of a list by their steps; the first where two are the same.
std::unordered_map<std::string, const json::value*> elementsByStep(FieldType type, const json::value* value) {
  std::unordered_map<std::string, const json::value*> out;
  if (const json::array* array = value ? value->if_array() : nullptr) {
    for (const json::value& element : *array) out.emplace(type.step(element), &element);
  }
  return out;
}

void collectFields(FieldType type, const json::value& value, FieldSet& out) {
  const Merging merging = type.merging(&value);
  switch (merging) {
    case Merging::structure:
    case Merging::map: {
      const json::object* object = value.if_object();
      if (!object) return;
      for (const auto& [name, member] : *object) {
        FieldSet& below = out.at(fieldStep(name));
        collectFields(type.member(name), member, below);
        if (merging == Merging::map || member.is_null() || isEmptyContainer(member)) below.member = true;
      }
      return;
    }
    case Merging::set:
    case Merging::keyed: {
      const json::array* array = value.if_array();
      if (!array) return;
      for (const json::value& element : *array) {
        FieldSet& below = out.at(type.step(element));
        collectFields(type.element(), element, below);
        below.member = true;
      }
      return;
    }
    default: out.member = true;
  }
}

json::value mergeLists(FieldType type, const json::value& live, const json::value& applied) {
  const json::array& left = live.get_array();
  const json::array& right = applied.get_array();
  std::unordered_map<std::string, const json::value*> liveByStep = elementsByStep(type, &live);
  std::unordered_set<std::string> shared;
  std::vector<std::string> rightSteps;
  for (const json::value& element : right) {
    rightSteps.push_back(type.step(element));
    if (!shared.insert(rightSteps.back()).second) {
      throw DuplicateElement("duplicate entries for key " + rightSteps.back().substr(2));
    }
  }
  // What is applied keeps its own order; what only the live list has stays where it was.
  json::array out;
  size_t l = 0, r = 0;
  while (l < left.size() || r < right.size()) {
    if (l < left.size() && !shared.contains(type.step(left[l]))) {
      out.push_back(left[l++]);
    } else if (r < right.size()) {
      auto it = liveByStep.find(rightSteps[r]);
      bool isNext = l < left.size() && type.step(left[l]) == rightSteps[r];
      out.push_back(mergeTyped(type.element(), it == liveByStep.end() ? nullptr : it->second, &right[r++]));
      if (isNext) ++l;
    } else {
      ++l;  // has come already
    }
  }
  return out;
}

}  // namespace

FieldType::Merging FieldType::merging(const json::value* value) const {
  return open ? openMerging(node, value && value->is_object(), value && value->is_array()) : merging();
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
  if (!rule->keyDefaults[index].empty()) return jsonText(json::value(rule->keyDefaults[index]));
  const StructCodec* codec = plan->element->codec;
  const FieldPlan* key = codec ? codec->find(rule->mapKeys[index]) : nullptr;
  if (!key || !key->required) return {};
  return key->value.shape == Shape::text ? "\"\"" : "0";
}

std::string FieldType::step(const json::value& element) const {
  const bool isSet = open ? node->list == OpenNode::Merging::set : merging() == Merging::set;
  if (isSet) return "v:" + jsonText(element);
  const std::vector<std::string>& names = open ? node->mapKeys : rule->mapKeys;
  std::vector<std::pair<std::string, std::string>> keys;
  for (size_t i = 0; i < names.size(); ++i) {
    const json::value* value = memberOf(&element, names[i]);
    std::string text = isAbsent(value) ? absentKey(i) : jsonText(*value);
    if (!text.empty()) keys.emplace_back(names[i], std::move(text));
  }
  std::ranges::sort(keys);
  std::string out = "k:{";
  for (const auto& [name, text] : keys) out += (out.size() > 3 ? ",\"" : "\"") + name + "\":" + text;
  return out + "}";
}

FieldSet fieldsOf(FieldType type, const json::value& value) {
  FieldSet out;
  collectFields(type, value, out);
  out.tidy();
  return out;
}

json::value mergeTyped(FieldType type, const json::value* live, const json::value* applied) {
  if (!applied) return *live;
  Merging merging = type.merging(applied);
  if (!live) {
    // Merged with nothing, so that what is inside is checked all the same.
    if (applied->is_array() && (merging == Merging::set || merging == Merging::keyed)) {
      return mergeLists(type, json::array(), *applied);
    }
    if (!applied->is_object() || merging == Merging::whole) return *applied;
  } else if (merging == Merging::whole || live->kind() != applied->kind()) {
    return *applied;
  }
  if (const json::object* object = applied->if_object()) {
    json::object out = live ? live->get_object() : json::object();
    for (const auto& [name, member] : *object) {
      out[name] = mergeTyped(type.member(name), memberOf(live, name), &member);
    }
    return out;
  }
  return applied->is_array() ? mergeLists(type, *live, *applied) : *applied;
}

void removeFields(FieldType type, json::value& value, const FieldSet& gone, const FieldSet& kept) {
  static const FieldSet kNothing;
  Merging merging = type.merging(&value);
  // What remains of a child: nothing if it is gone and holds nothing that is kept.
  auto goes = [&](json::value& child, const FieldSet& below, const std::string& step, FieldType childType,
                  bool isNamed) {
    const FieldSet* keep = kept.find(step);
    bool owned = keep && !keep->empty();
    if (!owned && (below.member || isNamed)) return true;
    removeFields(childType, child, below, keep ? *keep : kNothing);
    return false;
  };
  if (json::object* object = value.if_object(); object && (merging == Merging::structure || merging == Merging::map)) {
    for (const auto& [step, below] : gone.children) {
      json::value* child = step[0] == 'f' ? object->if_contains(step.substr(2)) : nullptr;
      bool isNamed = merging == Merging::structure;
      if (child && goes(*child, below, step, type.member(step.substr(2)), isNamed)) object->erase(step.substr(2));
    }
  } else if (json::array* array = value.if_array(); array && (merging == Merging::set || merging == Merging::keyed)) {
    json::array rest;
    for (json::value& element : *array) {
      std::string step = type.step(element);
      const FieldSet* below = gone.find(step);
      if (!below || !goes(element, *below, step, type.element(), false)) rest.push_back(std::move(element));
    }
    *array = std::move(rest);
  }
}

}  // namespace cleat::object
