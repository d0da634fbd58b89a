#include "core/object/open/open_decoder.h"

#include <algorithm>
#include <ranges>

#include "core/object/codec.h"
#include "core/object/json/stored_value.h"
#include "core/object/json/strict_errors.h"
#include "core/object/open/open_tree.h"

namespace cleat::object {
namespace {

using words::ElementSize;

bool isWrongNull(const JsonNode& value, const OpenNode* node) { return value.isNull() && node && !node->nullable; }

}  // namespace

void OpenDecoder::sortByName(std::vector<Member>& members) {
  if (!std::ranges::is_sorted(members, {}, &Member::name)) std::ranges::sort(members, {}, &Member::name);
}

void OpenDecoder::root(const OpenNode& schema, const JsonNode& object, size_t pointer) {
  std::vector<Member> members = membersOf(OpenPlace::of(schema), object, true);
  if (!members.empty()) this->object(std::move(members), pointer);
}

std::vector<OpenDecoder::Member> OpenDecoder::membersOf(OpenPlace place, const JsonNode& object, bool isRoot) {
  std::vector<Member> members;
  members.reserve(object.count);
  for (const auto& [name, value] : object.object()) {
    if (isRoot && isRootsOwn(name)) continue;
    Member member{name, &value, {}};
    if (!place.member(name, isRoot, member.place)) {
      tellUnknown(name);
      continue;
    }
    const OpenNode* node = member.place.node;
    if (isWrongNull(value, node)) {
      if (!node->byDefault) continue;
      member.value = &node->byDefault->root();
    }
    members.push_back(member);
  }
  sortByName(members);
  if (place.node && addDefaults(*place.node, object, members)) sortByName(members);
  return members;
}

// Whether there was one to add. What has a default and is there is among the members, which are sorted, or is none.
bool OpenDecoder::addDefaults(const OpenNode& node, const JsonNode& object, std::vector<Member>& members) const {
  if (!node.hasDefaults) return false;
  const size_t there = members.size();
  for (const OpenNode::Property& property : node.properties) {
    if (!property.node->byDefault) continue;
    const std::span sorted(members.data(), there);
    if (std::ranges::binary_search(sorted, property.name, {}, &Member::name)) continue;
    if (isRootsOwn(property.name) && object.find(property.name)) continue;
    members.push_back(
        {property.name, &property.node->byDefault->root(), {property.node.get(), property.node->preservesUnknown}});
  }
  return members.size() > there;
}

void OpenDecoder::object(std::vector<Member> members, size_t pointer) {
  const size_t first =
      out_.initStructList(pointer, static_cast<uint32_t>(members.size()), tree::kDataWords, tree::kPointers);
  size_t at = first;
  for (const Member& member : members) {
    out_.setText(at + tree::kDataWords + tree::kNamePointer, member.name);
    const Step step{member.name, -1, here_};
    here_ = &step;
    value(member.place, *member.value, at);
    here_ = step.outer;
    at += tree::kDataWords + tree::kPointers;
  }
}

void OpenDecoder::list(OpenPlace place, const JsonNode& array, size_t pointer) {
  const OpenPlace element = place.element();
  const OpenNode* items = element.node;
  size_t at = out_.initStructList(pointer, array.count, tree::kDataWords, tree::kPointers);
  for (uint32_t i = 0; i < array.count; ++i) {
    const bool replaced = isWrongNull(array.elements[i], items) && items->byDefault;
    const Step step{{}, static_cast<int64_t>(i), here_};
    here_ = &step;
    value(element, replaced ? items->byDefault->root() : array.elements[i], at);
    here_ = step.outer;
    at += tree::kDataWords + tree::kPointers;
  }
}

void OpenDecoder::value(OpenPlace place, const Value& value, size_t at) {
  auto is = [&](TreeKind kind) { out_.setScalar(at, tree::kKindOffset, static_cast<uint16_t>(kind)); };
  const size_t pointer = at + tree::kDataWords + tree::kValuePointer;
  switch (value.kind) {
    case Value::Kind::stored: return stored(place, value, at);
    case Value::Kind::null: return is(TreeKind::null);
    case Value::Kind::boolean:
      is(TreeKind::boolean);
      if (value.isTrue) out_.setBit(at, tree::kBooleanBit);
      return;
    case Value::Kind::integer: is(TreeKind::integer); return out_.setScalar(at, tree::kNumberOffset, value.integer);
    case Value::Kind::natural:
      is(TreeKind::floating);
      return out_.setScalar(at, tree::kNumberOffset, static_cast<double>(value.natural));
    case Value::Kind::floating:
      is(TreeKind::floating);
      // Without a sign of zero: what is written -0 is read as an integer, which has none.
      return out_.setScalar(at, tree::kNumberOffset, value.floating + 0.0);
    case Value::Kind::text: is(TreeKind::text); return out_.setText(pointer, value.text());
    case Value::Kind::array: is(TreeKind::list); return list(place, value, pointer);
    case Value::Kind::object: is(TreeKind::object); return object(membersOf(place, value, false), pointer);
  }
}

void OpenDecoder::stored(OpenPlace place, const Value& value, size_t at) {
  const StoredValue& there = *value.stored;
  if (!there.isTree() || there.place != place) {
    CHECK(arena_, "what is stored comes with the arena that it is opened in");
    return this->value(place, opened(*arena_, there), at);
  }
  out_.setScalar(at, tree::kKindOffset, static_cast<uint16_t>(TreeView(there.tree).kind()));
  out_.copyPointer(at + tree::kDataWords + tree::kValuePointer, there.tree.pointer(tree::kValuePointer));
}

void OpenDecoder::tellUnknown(std::string_view name) {
  if (!mayTellMore(unknown_)) return;
  std::vector<const Step*> steps;
  for (const Step* step = here_; step; step = step->outer) steps.push_back(step);
  std::string path;
  for (const Step* step : std::views::reverse(steps)) {
    if (step->index >= 0) {
      path += "[" + std::to_string(step->index) + "]";
    } else {
      path.append(path.empty() ? "" : ".").append(step->name);
    }
  }
  path.append(path.empty() ? "" : ".").append(name);
  unknown_.push_back("unknown field \"" + path + "\"");
}

}  // namespace cleat::object
