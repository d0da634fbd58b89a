#include "core/object/patch/patch_tree.h"

#include <algorithm>
#include <bit>

namespace cleat::object {
namespace {

using NodeKind = JsonNode::Kind;

constexpr uint32_t kNowhere = UINT32_MAX;
// So many members are looked at before indexes are made, and of objects with no more than that none is.
constexpr size_t kCheapLooks = 1u << 14;
constexpr uint32_t kFewMembers = 32;

// Room for one more. What was there is given up.
template <class T>
T* grown(JsonArena& arena, JsonNode& node, T* there) {
  if (node.room > 0 && node.count < uint32_t{1} << node.room) return there;
  const uint32_t capacity = std::bit_ceil(std::max(node.count + 1, uint32_t{4}));
  T* out = arena.array<T>(capacity);
  std::copy_n(there, node.count, out);
  node.room = static_cast<uint8_t>(std::countr_zero(capacity));
  return out;
}

// A look at a node that leaves it as it is.
JsonNode seen(JsonArena& scratch, const JsonNode& node) {
  return node.kind == NodeKind::stored ? opened(scratch, *node.stored) : node;
}

bool sameIn(JsonArena& scratch, const JsonNode& a, const JsonNode& b);

bool sameObjects(JsonArena& scratch, const JsonNode& a, const JsonNode& b) {
  if (a.count != b.count) return false;
  PatchTree tree(scratch);
  return std::ranges::all_of(a.object(), [&](const JsonMember& member) {
    const JsonNode* other = tree.find(b, member.name);
    return other && sameIn(scratch, member.value, *other);
  });
}

bool sameIn(JsonArena& scratch, const JsonNode& one, const JsonNode& other) {
  const JsonNode a = seen(scratch, one), b = seen(scratch, other);
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case NodeKind::boolean: return a.isTrue == b.isTrue;
    case NodeKind::integer:
    case NodeKind::natural: return a.integer == b.integer;
    case NodeKind::floating: return a.floating == b.floating;
    case NodeKind::text: return a.text() == b.text();
    case NodeKind::array:
      return std::ranges::equal(a.list(), b.list(), [&](const JsonNode& left, const JsonNode& right) {
        return sameIn(scratch, left, right);
      });
    case NodeKind::object: return sameObjects(scratch, a, b);
    default: return true;
  }
}

size_t depthIn(JsonArena& scratch, const JsonNode& node) {
  const JsonNode level = seen(scratch, node);
  size_t deepest = 0;
  if (level.isObject()) {
    for (const JsonMember& member : level.object()) deepest = std::max(deepest, depthIn(scratch, member.value));
  } else if (level.isArray()) {
    for (const JsonNode& element : level.list()) deepest = std::max(deepest, depthIn(scratch, element));
  } else {
    return 0;
  }
  return deepest + 1;
}

}  // namespace

JsonNode& PatchTree::open(JsonNode& node) {
  if (node.kind == NodeKind::stored) node = opened(arena_, *node.stored);
  return node;
}

JsonNode::Kind PatchTree::kindOf(JsonNode& node) {
  if (node.kind != NodeKind::stored) return node.kind;
  const NodeKind kind = node.stored->kind();
  return kind == NodeKind::null ? open(node).kind : kind;
}

uint32_t PatchTree::placeOf(const JsonNode& object, std::string_view name) const {
  if (object.count > kFewMembers && looked_ > kCheapLooks) {
    auto [index, isNew] = indexes_.try_emplace(object.members);
    if (isNew) {
      for (uint32_t i = 0; i < object.count; ++i) index->second.emplace(object.members[i].name, i);
    }
    auto place = index->second.find(name);
    return place == index->second.end() ? kNowhere : place->second;
  }
  looked_ += object.count;
  for (uint32_t i = 0; i < object.count; ++i) {
    if (object.members[i].name == name) return i;
  }
  return kNowhere;
}

JsonNode* PatchTree::find(JsonNode& object, std::string_view name) {
  if (!open(object).isObject()) return nullptr;
  const uint32_t place = placeOf(object, name);
  return place == kNowhere ? nullptr : &object.members[place].value;
}

const JsonNode* PatchTree::find(const JsonNode& object, std::string_view name) const {
  if (!object.isObject()) return nullptr;
  const uint32_t place = placeOf(object, name);
  return place == kNowhere ? nullptr : &object.members[place].value;
}

JsonNode& PatchTree::at(JsonNode& object, std::string_view name) {
  if (JsonNode* there = find(object, name)) return *there;
  JsonMember* const before = object.members;
  object.members = grown(arena_, object, before);
  if (auto index = indexes_.extract(before)) {
    index.key() = object.members;
    index.mapped().emplace(name, object.count);
    indexes_.insert(std::move(index));
  }
  JsonMember& added = object.members[object.count++];
  added = {name, {}};
  return added.value;
}

void PatchTree::erase(JsonNode& object, std::string_view name) {
  if (!open(object).isObject()) return;
  const uint32_t place = placeOf(object, name);
  if (place == kNowhere) return;
  const uint32_t last = --object.count;
  auto index = indexes_.find(object.members);
  if (index != indexes_.end()) index->second.erase(name);
  if (place == last) return;
  object.members[place] = object.members[last];
  if (index != indexes_.end()) index->second[object.members[place].name] = place;
}

void PatchTree::insert(JsonNode& array, uint32_t index, JsonNode element) {
  array.elements = grown(arena_, array, array.elements);
  std::copy_backward(array.elements + index, array.elements + array.count, array.elements + array.count + 1);
  array.elements[index] = element;
  ++array.count;
}

void PatchTree::remove(JsonNode& array, uint32_t index) {
  std::copy(array.elements + index + 1, array.elements + array.count, array.elements + index);
  --array.count;
}

JsonNode PatchTree::arrayOf(std::span<const JsonNode> elements) {
  JsonNode out = JsonNode::emptyArray();
  out.elements = arena_.array<JsonNode>(elements.size());
  out.count = static_cast<uint32_t>(elements.size());
  std::ranges::copy(elements, out.elements);
  return out;
}

JsonNode PatchTree::clone(const JsonNode& node) {
  JsonNode out = node;
  out.room = 0;
  if (node.isArray()) {
    out.elements = arena_.array<JsonNode>(node.count);
    for (uint32_t i = 0; i < node.count; ++i) out.elements[i] = clone(node.elements[i]);
  } else if (node.isObject()) {
    out.members = arena_.array<JsonMember>(node.count);
    for (uint32_t i = 0; i < node.count; ++i) {
      out.members[i] = {node.members[i].name, clone(node.members[i].value)};
    }
  }
  return out;
}

bool PatchTree::same(const JsonNode& a, const JsonNode& b) {
  JsonArena scratch;
  return sameIn(scratch, a, b);
}

size_t PatchTree::depthOf(const JsonNode& node) {
  JsonArena scratch;
  return depthIn(scratch, node);
}

}  // namespace cleat::object
