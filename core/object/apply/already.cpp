#include "core/object/apply/already.h"

#include <algorithm>

#include "core/object/apply/message_compare.h"
#include "core/object/apply/message_value.h"
#include "core/object/apply/typed_merge.h"
#include "core/object/apply/write_reach.h"

namespace cleat::object {
namespace {

using Merging = FieldType::Merging;

std::string stepOf(const FieldType& type, const MessageValue& element) {
  return type.merging() == Merging::set ? "v:" + element.scalarText() : "k:" + elementKeys(type, element);
}

bool holds(const FieldType& type, const MessageValue& live, const MessageValue& applied, const FieldSet& said);

bool membersHold(const StructCodec& codec, const MessageValue& live, const MessageValue& applied,
                 const FieldSet& said) {
  for (const auto& [step, below] : said.children) {
    const FieldPlan* field = codec.find(std::string_view(step).substr(2));
    if (!field || !holds({&field->value, field->merge}, live.field(*field), applied.field(*field), below)) return false;
  }
  return true;
}

bool entriesHold(const FieldType& type, const MessageValue& live, const MessageValue& applied, const FieldSet& said) {
  // Both are sorted by their keys.
  uint32_t at = 0;
  for (uint32_t i = 0; i < applied.count(); ++i) {
    const std::string_view key = applied.key(i);
    while (at < live.count() && live.key(at) < key) ++at;
    const FieldSet* below = said.find("f:" + std::string(key));
    if (!below || at == live.count() || live.key(at) != key) return false;
    if (!holds({type.plan->element, nullptr}, live.member(at), applied.member(i), *below)) return false;
  }
  return true;
}

// What is applied has its own order, and what only the object has may stand in between.
bool elementsHold(const FieldType& type, const MessageValue& live, const MessageValue& applied, const FieldSet& said) {
  constexpr uint32_t kFew = 64;
  if (applied.count() > kFew) return false;
  std::vector<std::string> steps;
  for (uint32_t i = 0; i < applied.count(); ++i) steps.push_back(stepOf(type, applied.element(i)));
  uint32_t next = 0;
  for (uint32_t i = 0; i < live.count(); ++i) {
    const std::string step = stepOf(type, live.element(i));
    if (next == applied.count() || step != steps[next]) {
      if (std::ranges::find(steps, step) != steps.end()) return false;
      continue;
    }
    const FieldSet* below = said.find(step);
    if (!below || !holds(type.element(), live.element(i), applied.element(next++), *below)) return false;
  }
  return next == applied.count();
}

bool holds(const FieldType& type, const MessageValue& live, const MessageValue& applied, const FieldSet& said) {
  const Merging merging = type.merging();
  if (merging == Merging::whole) return live.same(applied);
  if (applied.there() && !live.there()) return false;
  switch (merging) {
    case Merging::structure: return membersHold(*type.plan->codec, live, applied, said);
    case Merging::map: return entriesHold(type, live, applied, said);
    default: return elementsHold(type, live, applied, said);
  }
}

// Of what the server writes, what the apply names.
bool serversHold(const StructCodec& metadata, const MessageValue& live, const MessageValue& applied) {
  for (const FieldPlan& field : metadata.fields()) {
    const MessageValue named = applied.field(field);
    if (WriteReach::isServers(field.name) && !named.absent() && !named.same(live.field(field))) return false;
  }
  return true;
}

}  // namespace

bool isAlready(const Kind& kind, Words live, Words applied, const FieldSet& said) {
  if (kind.open) return false;
  ValuePlan plan;
  plan.shape = Shape::structure;
  plan.codec = kind.codec;
  const MessageValue left = MessageValue::root(plan, words::rootOf(live));
  const MessageValue right = MessageValue::root(plan, words::rootOf(applied));
  const FieldPlan& metadata = *kind.codec->find("metadata");
  return serversHold(*metadata.value.codec, left.field(metadata), right.field(metadata)) &&
         membersHold(*kind.codec, left, right, said);
}

}  // namespace cleat::object
