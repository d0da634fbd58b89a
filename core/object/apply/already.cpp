#include "core/object/apply/already.h"

#include <algorithm>

#include "core/object/apply/message_value.h"
#include "core/object/apply/typed_merge.h"

namespace cleat::object {
namespace {

using Merging = FieldType::Merging;

// Whether two elements are the same one by their keys, or by themselves in a set.
bool sameElement(const FieldType& type, const MessageValue& a, const MessageValue& b) {
  if (type.merging() == Merging::set) return a.same(b);
  const StructCodec* codec = type.plan->element->shape == Shape::structure ? type.plan->element->codec : nullptr;
  for (size_t i = 0; codec && i < type.rule->mapKeys.size(); ++i) {
    const FieldPlan* key = codec->find(type.rule->mapKeys[i]);
    if (!key) continue;
    const MessageValue left = a.field(*key), right = b.field(*key);
    if (left.there() && right.there()) {
      if (!left.same(right)) return false;
    } else {
      auto text = [&](const MessageValue& value) { return value.there() ? value.scalarText() : type.absentKey(i); };
      if (text(left) != text(right)) return false;
    }
  }
  return true;
}

bool holds(const FieldType& type, const MessageValue& live, const MessageValue& applied, const JsonNode& said);

// A null that is no value names nothing.
bool memberHolds(const FieldPlan& field, const MessageValue& live, const MessageValue& applied, const JsonNode& said) {
  const MessageValue wanted = applied.field(field);
  if (said.isNull() && !wanted.there()) return true;
  return holds({&field.value, field.merge}, live.field(field), wanted, said);
}

bool membersHold(const StructCodec& codec, const MessageValue& live, const MessageValue& applied,
                 const JsonNode& said) {
  for (const auto& [name, below] : said.object()) {
    const FieldPlan* field = codec.find(name);
    if (!field || !memberHolds(*field, live, applied, below)) return false;
  }
  return true;
}

bool entriesHold(const FieldType& type, const MessageValue& live, const MessageValue& applied, const JsonNode& said) {
  // Both are sorted by their keys.
  uint32_t at = 0;
  for (uint32_t i = 0; i < applied.count(); ++i) {
    const std::string_view key = applied.key(i);
    while (at < live.count() && live.key(at) < key) ++at;
    const JsonNode* below = said.find(key);
    if (!below || at == live.count() || live.key(at) != key) return false;
    if (!holds({type.plan->element, nullptr}, live.member(at), applied.member(i), *below)) return false;
  }
  return true;
}

// What is applied has its own order, and what only the object has may stand in between.
bool elementsHold(const FieldType& type, const MessageValue& live, const MessageValue& applied, const JsonNode& said) {
  constexpr uint32_t kFew = 64;
  if (applied.count() > kFew || said.count != applied.count()) return false;
  uint32_t next = 0;
  for (uint32_t i = 0; i < live.count(); ++i) {
    const MessageValue element = live.element(i);
    if (next == applied.count() || !sameElement(type, element, applied.element(next))) {
      for (uint32_t j = 0; j < applied.count(); ++j) {
        if (j != next && sameElement(type, element, applied.element(j))) return false;
      }
      continue;
    }
    if (!holds(type.element(), element, applied.element(next), said.elements[next])) return false;
    ++next;
  }
  return next == applied.count();
}

bool holds(const FieldType& type, const MessageValue& live, const MessageValue& applied, const JsonNode& said) {
  const Merging merging = type.merging();
  if (merging == Merging::whole) return live.same(applied);
  if (applied.there() && !live.there()) return false;
  switch (merging) {
    case Merging::structure: return !said.isObject() || membersHold(*type.plan->codec, live, applied, said);
    case Merging::map: return !said.isObject() || entriesHold(type, live, applied, said);
    default: return !said.isArray() || elementsHold(type, live, applied, said);
  }
}

// Of what the server writes, what the apply names.
bool serversHold(const StructCodec& metadata, const MessageValue& live, const MessageValue& applied) {
  for (const FieldPlan& field : metadata.fields()) {
    if (!WriteReach::isServers(field.name)) continue;
    const MessageValue named = applied.field(field);
    if (!named.absent() && !named.same(live.field(field))) return false;
  }
  return true;
}

// What the write reaches of a member of the object.
bool partHolds(const WriteReach& reach, const FieldPlan& field, const MessageValue& live, const MessageValue& applied,
               const JsonNode& said) {
  const FieldType type{&field.value, field.merge};
  if (type.merging() != Merging::structure || !said.isObject()) return memberHolds(field, live, applied, said);
  const MessageValue left = live.field(field), right = applied.field(field);
  if (right.there() && !left.there()) return false;
  return std::ranges::all_of(said.object(), [&](const JsonMember& member) {
    if (!reach.owns(field.name, member.name)) return true;
    const FieldPlan* plan = field.value.codec->find(member.name);
    return plan && memberHolds(*plan, left, right, member.value);
  });
}

}  // namespace

bool isAlready(const Kind& kind, const WriteReach& reach, Words live, Words applied, const JsonNode& said) {
  if (kind.open) return false;
  ValuePlan plan;
  plan.shape = Shape::structure;
  plan.codec = kind.codec;
  const MessageValue left = MessageValue::root(plan, words::rootOf(live));
  const MessageValue right = MessageValue::root(plan, words::rootOf(applied));
  const FieldPlan& metadata = *kind.codec->find("metadata");
  if (!serversHold(*metadata.value.codec, left.field(metadata), right.field(metadata))) return false;
  return std::ranges::all_of(said.object(), [&](const JsonMember& member) {
    if (!reach.owns(member.name)) return true;
    const FieldPlan* field = kind.codec->find(member.name);
    return field && partHolds(reach, *field, left, right, member.value);
  });
}

}  // namespace cleat::object
