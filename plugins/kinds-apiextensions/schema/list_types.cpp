// Lists of the types set and map: nothing in them twice.
#include <unordered_map>
#include <vector>

#include "kinds-apiextensions/schema/validator.h"

namespace cleat::kinds::extensions {

namespace {

void duplicate(const Trail& list, uint32_t index, std::string_view shown, Causes& causes) {
  if (causes.full()) return;
  causes.add("FieldValueDuplicate", Trail(&list, index).text(TrailKeys::bracketed), concat("Duplicate value: ", shown));
}

// Calls found(index) for the second of several equal ones.
template <class Found>
void findRepeated(const std::vector<std::string>& keys, Found found) {
  std::unordered_map<std::string_view, uint32_t> times;
  times.reserve(keys.size());
  for (uint32_t i = 0; i < keys.size(); ++i) {
    if (++times[keys[i]] == 2) found(i);
  }
}

void checkSet(JsonList items, const Trail& at, Causes& causes) {
  std::vector<std::string> keys;
  keys.reserve(items.size());
  for (JsonView item : items) keys.push_back(jsonText(item));
  findRepeated(keys, [&](uint32_t i) { duplicate(at, i, shownJson(items[i]), causes); });
}

void checkMap(const CompiledSchema& schema, const SchemaNode& node, JsonList items, const Trail& at, Causes& causes) {
  std::vector<std::string> keys;
  keys.reserve(items.size());
  for (uint32_t i = 0; i < items.size(); ++i) {
    JsonView item = items[i];
    if (!item.isNull() && !item.isObject()) {
      causes.add("FieldValueInvalid", Trail(&at, i).text(TrailKeys::bracketed),
                 concat("Invalid value: ", shownJson(item), ": must be an object for an array of list-type map"));
      return;
    }
    keys.push_back(mapKeyOf(schema, node, item).value_or("{}"));
  }
  findRepeated(keys, [&](uint32_t i) { duplicate(at, i, keys[i], causes); });
}

void checkList(const CompiledSchema& schema, const SchemaNode& node, JsonList items, const Trail& at, Causes& causes) {
  if (items.size() > 1 && node.listType == ListType::set) checkSet(items, at, causes);
  if (node.listType == ListType::map) checkMap(schema, node, items, at, causes);
  const SchemaNode* itemNode = schema.itemsOf(node);
  if (itemNode == nullptr || !itemNode->has(SchemaNode::holdsLists)) return;
  for (uint32_t i = 0; i < items.size() && !causes.full(); ++i) {
    checkListTypes(schema, *itemNode, JsonView(items[i]), Trail(&at, i), causes);
  }
}

}  // namespace

std::optional<std::string> mapKeyOf(const CompiledSchema& schema, const SchemaNode& list, JsonView element) {
  if (!element.isObject()) return std::nullopt;
  std::string key = "{";
  if (const SchemaRule* rule = schema.rule(list, SchemaRule::mapKeys)) {
    for (SchemaRange range : schema.names(*rule)) {
      auto member = element.member(schema.text(range));
      if (!member) continue;
      if (key.size() > 1) key += ',';
      appendJsonText(key, schema.text(range));
      key += ':';
      appendJson(key, *member);
    }
  }
  return key + "}";
}

void checkListTypes(const CompiledSchema& schema, const SchemaNode& node, const Validated& value, const Trail& at,
                    Causes& causes) {
  if (!node.has(SchemaNode::holdsLists)) return;
  if (value.type() == JsonType::list) return checkList(schema, node, value.items(), at, causes);
  if (value.type() != JsonType::object) return;
  const SchemaNode* additional = schema.additionalOf(node);
  for (JsonView member : value.items()) {
    if (causes.full()) return;
    if (const SchemaNode* property = schema.property(node, member.name())) {
      checkListTypes(schema, *property, member, Trail(&at, member.name()), causes);
    } else if (additional != nullptr) {
      checkListTypes(schema, *additional, member, Trail(&at, member.name(), Trail::Step::key), causes);
    }
  }
}

}  // namespace cleat::kinds::extensions
