// What differs between two values of a type, as server-side apply counts it: by their trees, to hold what the words say
// against it.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/object/apply/typed_merge.h"
#include "core/object/json/json_document.h"

namespace cleat::fuzz {

class ValueComparer {
  using FieldType = object::FieldType;
  using FieldSet = object::FieldSet;
  using Merging = FieldType::Merging;
  using Value = boost::json::value;

 public:
  struct Node {
    FieldSet& added;
    FieldSet& modified;
    FieldSet& removed;
    Node at(const std::string& step) const { return {added.at(step), modified.at(step), removed.at(step)}; }
  };

  // `counts`: a container that comes or goes is itself a field, as opposed to one that every object of the kind has.
  static void compare(FieldType type, const Value* before, const Value* after, Node out, bool counts) {
    if (isAbsent(before)) before = nullptr;
    if (isAbsent(after)) after = nullptr;
    if (!before && !after) return;
    Merging merging = mergingOf(type, before ? before : after);
    bool bothEmpty = (!before || isEmptyContainer(*before)) && (!after || isEmptyContainer(*after));
    if (merging == Merging::whole || bothEmpty || (before && after && before->kind() != after->kind())) {
      leaf(before, after, out);
      return;
    }
    if (counts && !before) out.added.member = true;
    if (counts && !after) out.removed.member = true;
    if (merging == Merging::structure || merging == Merging::map) {
      members(type, before, after, out);
    } else {
      elements(type, before, after, out);
    }
  }

 private:
  static Merging mergingOf(FieldType type, const Value* value) {
    return type.merging(value ? object::JsonDocument::of(*value).root().kind : object::JsonNode::Kind::null);
  }
  static void leaf(const Value* before, const Value* after, Node out) {
    if (!before) {
      out.added.member = true;
    } else if (!after) {
      out.removed.member = true;
    } else if (*before != *after) {
      out.modified.member = true;
    }
  }
  static void members(FieldType type, const Value* before, const Value* after, Node out) {
    std::unordered_set<std::string> seen;
    for (const Value* side : {before, after}) {
      const boost::json::object* object = side ? side->if_object() : nullptr;
      if (!object) continue;
      for (const auto& member : *object) {
        std::string name(member.key());
        if (!seen.insert(name).second) continue;
        FieldType below = type.member(name);
        compare(below, memberOf(before, name), memberOf(after, name), out.at(fieldStep(name)),
                mergingOf(below, memberOf(after, name)) != Merging::structure);
      }
    }
  }
  static void elements(FieldType type, const Value* before, const Value* after, Node out) {
    auto left = elementsByStep(type, before), right = elementsByStep(type, after);
    auto find = [](const auto& side, const std::string& step) {
      auto it = side.find(step);
      return it == side.end() ? nullptr : it->second;
    };
    for (const auto& [step, element] : left) compare(type.element(), element, find(right, step), out.at(step), true);
    for (const auto& [step, element] : right) {
      if (!left.contains(step)) compare(type.element(), nullptr, element, out.at(step), true);
    }
  }
  static bool isAbsent(const Value* value) { return !value || value->is_null(); }
  static bool isEmptyContainer(const Value& value) { return value.is_object() && value.get_object().empty(); }
  static std::string fieldStep(std::string_view name) { return "f:" + std::string(name); }
  static const Value* memberOf(const Value* value, std::string_view name) {
    const boost::json::object* object = value ? value->if_object() : nullptr;
    return object ? object->if_contains(name) : nullptr;
  }
  // The first where two are the same.
  static std::unordered_map<std::string, const Value*> elementsByStep(FieldType type, const Value* value) {
    std::unordered_map<std::string, const Value*> out;
    if (const boost::json::array* array = value ? value->if_array() : nullptr) {
      for (const Value& element : *array) {
        out.emplace(type.step(object::JsonDocument::of(element).root()), &element);
      }
    }
    return out;
  }
};

inline object::Comparison compareValues(object::FieldType type, const boost::json::value& before,
                                        const boost::json::value& after) {
  object::Comparison out;
  ValueComparer::compare(type, &before, &after, {out.added, out.modified, out.removed}, false);
  for (object::FieldSet* set : {&out.added, &out.modified, &out.removed}) set->tidy();
  return out;
}

}  // namespace cleat::fuzz
