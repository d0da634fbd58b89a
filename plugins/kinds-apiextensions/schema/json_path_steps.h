// What a JSON path consists of; see json_path.h.
#pragma once

#include <cleat/sdk/json_tree.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cleat::kinds::extensions {

struct JsonPathStep {
  enum class Kind { member, wildcard, elements, descendants, unionOf, filter };
  enum class Compare { exists, equal, notEqual, less, lessOrEqual, greater, greaterOrEqual };

  Kind kind = Kind::member;
  std::string name;                         // of a member
  std::optional<int64_t> from, to, stride;  // of elements; `from` alone is one element
  bool single = false;
  std::vector<std::vector<JsonPathStep>>
      paths;  // of a union; of a filter: the left side, and the right one if it is a path
  Compare compare = Compare::exists;
  std::optional<JsonTree> literal;  // the right side of a filter
};

}  // namespace cleat::kinds::extensions
