// OpenDecoder: the members of an open object from JSON to a tree, as its schema says: what the schema does not know is
// pruned and told, nulls where none may be are taken away, and what is absent gets its default (Kubernetes,
// CustomResourceDefinition: pruning, defaulting and nullable). For one object and one thread. Private to core/object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/json/json_node.h"
#include "core/object/open/open_place.h"
#include "core/object/words.h"

namespace cleat::object {

class OpenDecoder {
 public:
  // Unknown fields are added to `unknown` (`unknown field "spec.foo"`), at most as many as a reader is told.
  // `arena`: where stored values are opened; of nodes of a text there are none.
  OpenDecoder(words::WordWriter& out, std::vector<std::string>& unknown, JsonArena* arena = nullptr)
      : out_(out), unknown_(unknown), arena_(arena) {}

  // All members but apiVersion, kind and metadata become the list at `pointer`. Throws words::TooManyWords.
  void root(const OpenNode& schema, const JsonNode& object, size_t pointer);

 private:
  using Value = JsonNode;
  struct Member {
    std::string_view name;
    const Value* value;
    OpenPlace place;
  };
  struct Step {
    std::string_view name;
    int64_t index = -1;
    const Step* outer = nullptr;
  };

  static void sortByName(std::vector<Member>& members);
  std::vector<Member> membersOf(OpenPlace place, const JsonNode& object, bool isRoot);
  bool addDefaults(const OpenNode& node, const JsonNode& object, std::vector<Member>& members) const;
  void object(std::vector<Member> members, size_t pointer);
  void list(OpenPlace place, const JsonNode& array, size_t pointer);
  void value(OpenPlace place, const Value& value, size_t at);
  void stored(OpenPlace place, const Value& value, size_t at);
  void tellUnknown(std::string_view name);

  words::WordWriter& out_;
  std::vector<std::string>& unknown_;
  JsonArena* arena_;
  const Step* here_ = nullptr;
};

}  // namespace cleat::object
