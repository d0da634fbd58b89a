#include "core/object/open/open_merging.h"

#include "core/object/json/json_text.h"

namespace cleat::object {

using Merging = FieldType::Merging;

Merging openMerging(const OpenNode* node, bool isObject, bool isList) {
  if (isObject) {
    if (node && node->atomicMap) return Merging::whole;
    return node && !node->properties.empty() ? Merging::structure : Merging::map;
  }
  if (!isList || !node) return Merging::whole;
  switch (node->list) {
    case OpenNode::Merging::set: return Merging::set;
    case OpenNode::Merging::map: return node->mapKeys.empty() ? Merging::whole : Merging::keyed;
    default: return Merging::whole;
  }
}

const OpenNode* openMember(const OpenNode* node, std::string_view name) {
  if (!node) return nullptr;
  const OpenNode* property = node->property(name);
  return property ? property : node->additional.get();
}

const OpenNode* openElement(const OpenNode* node) { return node ? node->items.get() : nullptr; }

std::string openAbsentKey(const OpenNode& node, size_t index) {
  const OpenNode* key = openMember(node.items.get(), node.mapKeys[index]);
  return key && key->byDefault ? jsonText(key->byDefault->root()) : std::string();
}

}  // namespace cleat::object
