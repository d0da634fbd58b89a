#include "core/object/apply/message_compare.h"

#include <algorithm>
#include <unordered_map>

#include "core/object/apply/comparison_place.h"
#include "core/object/json/json_text.h"
#include "core/object/open/open_compare.h"
#include "core/object/open/open_tree.h"

namespace cleat::object {
namespace {

using Merging = FieldType::Merging;

using Place = ComparisonPlace;

// Finds elements of a list or map by name; without a table where there are few.
class Names {
 public:
  template <class F>
  Names(uint32_t count, F nameOf) {
    names_.reserve(count);
    for (uint32_t i = 0; i < count; ++i) names_.emplace_back(nameOf(i));
    if (count <= kFew) return;
    table_.reserve(count);
    for (uint32_t i = 0; i < count; ++i) table_.emplace(names_[i], i);
  }
  const std::string& operator[](uint32_t index) const { return names_[index]; }
  uint32_t size() const { return static_cast<uint32_t>(names_.size()); }
  // The first of that name; `near` is looked at first. UINT32_MAX: none.
  uint32_t find(std::string_view name, uint32_t near) const {
    if (near < names_.size() && table_.empty() && names_[near] == name && isFirst(near)) return near;
    if (!table_.empty()) {
      auto it = table_.find(name);
      return it == table_.end() ? UINT32_MAX : it->second;
    }
    for (uint32_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == name) return i;
    }
    return UINT32_MAX;
  }
  bool isFirst(uint32_t index) const {
    if (!table_.empty()) return table_.find(names_[index])->second == index;
    for (uint32_t i = 0; i < index; ++i) {
      if (names_[i] == names_[index]) return false;
    }
    return true;
  }

 private:
  static constexpr uint32_t kFew = 12;
  std::vector<std::string> names_;
  std::unordered_map<std::string_view, uint32_t> table_;
};

class Comparer {
 public:
  static void root(const WriteReach& reach, const MessageValue& before, const MessageValue& after, Place& place) {
    for (const FieldPlan& field : after.plan->codec->fields()) {
      if (!reach.owns(field.name)) continue;
      const MessageValue left = before.field(field), right = after.field(field);
      Place below(place, "f:", field.name);
      const FieldType type{&field.value, field.merge};
      if (type.merging() == Merging::structure) {
        auto reaches = [&](const FieldPlan& member) { return reach.owns(field.name, member.name); };
        members(*field.value.codec, left, right, below, reaches);
        if (field.name != "metadata") below.markComing(!left.absent(), !right.absent());
      } else {
        compare(type, left, right, below);
      }
    }
  }

 private:
  static void compare(const FieldType& type, const MessageValue& before, const MessageValue& after, Place& place) {
    if (before.absent() && after.absent()) return;
    switch (type.merging()) {
      case Merging::structure:
        members(*type.plan->codec, before, after, place, [](const FieldPlan&) { return true; });
        break;
      case Merging::map: entries(type, before, after, place); break;
      case Merging::set:
      case Merging::keyed: elements(type, before, after, place); break;
      default: return leaf(before, after, place);
    }
    place.markComing(!before.absent(), !after.absent());
  }

  static void leaf(const MessageValue& before, const MessageValue& after, Place& place) {
    if (before.absent()) return place.mark(Place::added);
    if (after.absent()) return place.mark(Place::removed);
    if (!before.same(after)) place.mark(Place::modified);
  }

  template <class F>
  static void members(const StructCodec& codec, const MessageValue& before, const MessageValue& after, Place& place,
                      F reaches) {
    for (const FieldPlan& field : codec.fields()) {
      if (!reaches(field)) continue;
      const MessageValue left = before.field(field), right = after.field(field);
      if (left.absent() && right.absent()) continue;
      Place below(place, "f:", field.name);
      compare({&field.value, field.merge}, left, right, below);
    }
  }

  static void entries(const FieldType& type, const MessageValue& before, const MessageValue& after, Place& place) {
    const FieldType memberType{type.plan->element, nullptr};
    const Names left(before.count(), [&](uint32_t i) { return before.key(i); });
    const Names right(after.count(), [&](uint32_t i) { return after.key(i); });
    bothWays(left, right, [&](std::string_view name, uint32_t l, uint32_t r) {
      Place below(place, "f:", name);
      compare(memberType, l == UINT32_MAX ? MessageValue() : before.member(l),
              r == UINT32_MAX ? MessageValue() : after.member(r), below);
    });
  }

  static void elements(const FieldType& type, const MessageValue& before, const MessageValue& after, Place& place) {
    const bool isSet = type.merging() == Merging::set;
    const FieldType elementType = type.element();
    auto stepOf = [&](const MessageValue& list) {
      return [&type, &list, isSet](uint32_t i) {
        const MessageValue element = list.element(i);
        return isSet ? element.scalarText() : elementKeys(type, element);
      };
    };
    const Names left(before.count(), stepOf(before)), right(after.count(), stepOf(after));
    bothWays(left, right, [&](std::string_view name, uint32_t l, uint32_t r) {
      Place below(place, isSet ? "v:" : "k:", name);
      compare(elementType, absentOr(before, l, elementType), absentOr(after, r, elementType), below);
    });
  }

  static MessageValue absentOr(const MessageValue& list, uint32_t index, const FieldType& type) {
    if (index != UINT32_MAX) return list.element(index);
    MessageValue nothing;
    nothing.plan = type.plan;
    return nothing;
  }

  // Each name of either once.
  template <class F>
  static void bothWays(const Names& left, const Names& right, F visit) {
    for (uint32_t i = 0; i < left.size(); ++i) {
      if (left.isFirst(i)) visit(left[i], i, right.find(left[i], i));
    }
    for (uint32_t i = 0; i < right.size(); ++i) {
      if (right.isFirst(i) && left.find(right[i], i) == UINT32_MAX) visit(right[i], UINT32_MAX, i);
    }
  }
};

}  // namespace

std::string elementKeys(const FieldType& type, const MessageValue& element) {
  std::vector<std::pair<std::string_view, std::string>> keys;
  const StructCodec* codec = element.plan->codec;
  for (size_t i = 0; i < type.rule->mapKeys.size(); ++i) {
    const std::string& name = type.rule->mapKeys[i];
    const FieldPlan* field = codec && element.plan->shape == Shape::structure ? codec->find(name) : nullptr;
    const MessageValue value = field ? element.field(*field) : MessageValue();
    std::string text = value.there() ? value.scalarText() : type.absentKey(i);
    if (!text.empty()) keys.emplace_back(name, std::move(text));
  }
  std::ranges::sort(keys);
  std::string out = "{";
  for (const auto& [name, text] : keys) {
    out += out.size() > 1 ? ",\"" : "\"";
    out.append(name).append("\":").append(text);
  }
  return out + "}";
}

Comparison compareMessages(const Kind& kind, const WriteReach& reach, Words before, Words after) {
  ValuePlan plan;
  plan.shape = Shape::structure;
  plan.codec = kind.codec;
  Comparison out;
  Place place(out);
  const words::StructView left = words::rootOf(before), right = words::rootOf(after);
  Comparer::root(reach, MessageValue::root(plan, left), MessageValue::root(plan, right), place);
  if (kind.open) compareOpen(kind.open->root(), reach, openMembers(left), openMembers(right), place);
  return out;
}

}  // namespace cleat::object
