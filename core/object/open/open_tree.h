// The tree of JSON values that an open object holds (open_v1.capnp:JsonValue), read and written as words. Private to
// core/object.
#pragma once

#include <cleat/schema/kinds/open_v1.capnp.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/object/words.h"

namespace cleat::object {

// What a JsonValue holds; the discriminants of its union.
enum class TreeKind : uint16_t { null, boolean, integer, floating, text, list, object };

namespace tree {

// The layout that capnp gives JsonValue and OpenObject; a test compares.
inline constexpr uint16_t kDataWords = 2, kPointers = 2;
inline constexpr uint32_t kKindOffset = 0;  // in 16 bits
inline constexpr uint32_t kBooleanBit = 16;
inline constexpr uint32_t kNumberOffset = 1;  // in 64 bits
inline constexpr uint32_t kNamePointer = 0, kValuePointer = 1;
inline constexpr uint32_t kMembersPointer = 1;  // of OpenObject

}  // namespace tree

class TreeView {
 public:
  explicit TreeView(words::StructView view) : view_(view) {}

  TreeKind kind() const {
    const uint16_t kind = view_.scalar<uint16_t>(tree::kKindOffset);
    return kind <= static_cast<uint16_t>(TreeKind::object) ? static_cast<TreeKind>(kind) : TreeKind::null;
  }
  std::string_view name() const { return textAt(tree::kNamePointer); }
  bool boolean() const { return view_.bit(tree::kBooleanBit); }
  int64_t integer() const { return view_.scalar<int64_t>(tree::kNumberOffset); }
  double floating() const { return view_.scalar<double>(tree::kNumberOffset); }
  std::string_view text() const { return textAt(tree::kValuePointer); }
  bool same(TreeView other) const { return words::sameStruct(view_, other.view_); }
  // Elements of a list or members of an object.
  words::ListView children() const { return listAt(tree::kValuePointer); }

 private:
  std::string_view textAt(uint32_t pointer) const {
    const uint64_t* at = view_.pointer(pointer);
    return at ? words::textAt(at).value_or("") : "";
  }
  words::ListView listAt(uint32_t pointer) const {
    const uint64_t* at = view_.pointer(pointer);
    return at ? words::listAt(at).value_or(words::ListView{}) : words::ListView{};
  }

  words::StructView view_;
};

// All members of an open object but its metadata.
inline words::ListView openMembers(words::StructView root) {
  const uint64_t* at = root.pointer(tree::kMembersPointer);
  return at ? words::listAt(at).value_or(words::ListView{}) : words::ListView{};
}

// A member by its name. They are sorted.
inline std::optional<TreeView> memberOf(const words::ListView& members, std::string_view name) {
  uint32_t low = 0, high = members.count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const TreeView view(members.element(middle));
    const int order = view.name().compare(name);
    if (order == 0) return view;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return std::nullopt;
}

}  // namespace cleat::object
