// The order of a list that a strategic patch has merged. Private to core/object.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/object/json/json_node.h"

namespace cleat::object {

struct IdentifiedNode {
  JsonNode value;
  std::string id;  // what tells it from the other elements
};

// The places of ids in a list.
using ElementOrder = std::unordered_map<std::string, size_t>;

// What `wanted` knows in that order, the others in that of `live`; the former go first when in doubt.
std::vector<JsonNode> arranged(std::vector<IdentifiedNode> merged, const ElementOrder& wanted,
                               const ElementOrder& live);

}  // namespace cleat::object
