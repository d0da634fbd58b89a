// PatchTree: an object of nodes that is changed in place. Its containers are its own; what is `stored` in it is opened
// as soon as somebody looks into it, and no earlier. Nodes of a patch are read here and cloned before they become part
// of the object. Private to core/object and the gate.
#pragma once

#include <string_view>
#include <unordered_map>

#include "core/object/json/json_node.h"
#include "core/object/json/stored_value.h"

namespace cleat::object {

class PatchTree {
 public:
  explicit PatchTree(JsonArena& arena) : arena_(arena) {}

  JsonArena& arena() { return arena_; }
  // The node itself if it has parts that can be seen; what is stored becomes that.
  JsonNode& open(JsonNode& node);
  // What it is, without opening more than a field of raw JSON.
  JsonNode::Kind kindOf(JsonNode& node);

  // A member of an object; null: there is none, or it is no object. Valid until members of that object come or go.
  JsonNode* find(JsonNode& object, std::string_view name);
  const JsonNode* find(const JsonNode& object, std::string_view name) const;
  // The same; a null is added where there is none.
  JsonNode& at(JsonNode& object, std::string_view name);
  // The last member takes the place of the one that goes.
  void erase(JsonNode& object, std::string_view name);

  void insert(JsonNode& array, uint32_t index, JsonNode element);
  static void remove(JsonNode& array, uint32_t index);
  JsonNode arrayOf(std::span<const JsonNode> elements);

  // With containers of its own.
  JsonNode clone(const JsonNode& node);
  // Whether both say the same.
  static bool same(const JsonNode& a, const JsonNode& b);
  // As the parser counts, to which what has been patched comes back: an empty list is one level as well.
  static size_t depthOf(const JsonNode& node);

 private:
  using Places = std::unordered_map<std::string_view, uint32_t>;

  uint32_t placeOf(const JsonNode& object, std::string_view name) const;

  JsonArena& arena_;
  // Of objects with many members, once a lot was looked for. By where their members stand.
  mutable std::unordered_map<const JsonMember*, Places> indexes_;
  mutable size_t looked_ = 0;
};

}  // namespace cleat::object
