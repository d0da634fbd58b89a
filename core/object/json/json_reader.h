// Reads JSON text into nodes, in one pass. It takes only what it is sure of: what it refuses may be JSON all the same,
// which the parser of values (parseJson) says, and why if it is none. Private to core/object.
#pragma once

#include <optional>
#include <string_view>

#include "core/object/json/json_node.h"

namespace cleat::object {

struct ReadNodes {
  JsonNode root;
  bool hasDuplicates = false;  // of equal names the last value is in the first one's place
};

// The nodes refer to the text and the arena.
std::optional<ReadNodes> readNodes(JsonArena& arena, std::string_view text, size_t maxDepth);

}  // namespace cleat::object
