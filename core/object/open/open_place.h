// OpenPlace: what is known of a place in an open object on the way down: its schema, and whether what the schema does
// not know stays. The same for what is read and for what is there. Private to core/object.
#pragma once

#include <string_view>

#include "core/object/open/open_schema.h"

namespace cleat::object {

struct OpenPlace {
  const OpenNode* node = nullptr;  // null: nothing
  bool keepsAll = false;           // within something that is preserved whatever it is

  bool operator==(const OpenPlace&) const = default;
  static OpenPlace of(const OpenNode& root) { return {&root, root.preservesUnknown}; }
  // Whether a member stays, and what is known of it then.
  bool member(std::string_view name, bool isRoot, OpenPlace& out) const;
  OpenPlace element() const;
};

// What every object has beside its tree.
inline bool isRootsOwn(std::string_view name) { return name == "apiVersion" || name == "kind" || name == "metadata"; }

}  // namespace cleat::object
