// What server-side apply does with values whose type is known: which fields a value sets, one merged into another,
// fields taken out again. Structs and maps are merged member by member, lists by what the schema
// says of them ($listType), everything else is one thing. Private to core/object.
#pragma once

#include <stdexcept>

#include "core/object/apply/field_set.h"
#include "core/object/json/json_node.h"
#include "core/object/schema/struct_codec.h"

namespace cleat::object {

class OpenNode;
class PatchTree;

// A place in the schema.
struct FieldType {
  enum class Merging { whole, structure, map, set, keyed };

  const ValuePlan* plan = nullptr;  // null: unknown
  const MergeRule* rule = nullptr;
  bool open = false;               // in the tree of an open kind
  const OpenNode* node = nullptr;  // there: what is known of it, if anything

  // Of a place with a plan, or of what is in a tree: of that it depends on what is there.
  Merging merging() const;
  Merging merging(JsonNode::Kind kind) const;
  FieldType member(std::string_view name) const;  // of a struct or map
  FieldType element() const;                      // of a list
  // The step to an element of a list that is merged by elements. `missing`: a key that it has not, if any.
  std::string step(const JsonNode& element, std::string_view* missing = nullptr) const;
  // What stands in it for the key of that index where an element has none; empty: nothing.
  std::string absentKey(size_t index) const;
};

// A list whose elements cannot be told apart: two are the same by its keys, or one has no key.
struct UnkeyedList : std::runtime_error {
  using std::runtime_error::runtime_error;
  std::string path;  // of the list, as `.spec.ports`
};

struct Comparison {
  FieldSet added, modified, removed;
};

// `value` has nothing in it that is stored.
FieldSet fieldsOf(FieldType type, const JsonNode& value);
// What both say, and the latter where they differ. `live` (null: there is nothing) is of the tree and gives its parts
// to the result. Throws UnkeyedList.
JsonNode mergeTyped(PatchTree& tree, FieldType type, JsonNode* live, const JsonNode& applied);
// Takes out what is in `gone`, but nothing that has something of `kept` in it.
void removeFields(PatchTree& tree, FieldType type, JsonNode& value, const FieldSet& gone, const FieldSet& kept);

}  // namespace cleat::object
