// PatchSchema: what strategic merge needs to know of a type.
#pragma once

#include <optional>
#include <string_view>

namespace cleat::object {

// StructCodec is one; the reference test cases bring their own.
class PatchSchema {
 public:
  struct Field {
    std::string_view strategy;             // "", "merge", "replace", "retainKeys", "merge,retainKeys"
    std::string_view mergeKey;             // for lists of objects
    const PatchSchema* element = nullptr;  // the struct, or the struct of the list's or map's elements
    bool isMap = false;
  };
  virtual ~PatchSchema() = default;
  // Nothing: an unknown field. The views live as long as the schema.
  virtual std::optional<Field> field(std::string_view name) const = 0;
};

}  // namespace cleat::object
