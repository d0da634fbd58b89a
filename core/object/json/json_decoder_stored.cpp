// Values that are stored, which become part of the message as they are where they fit, and choices, which go by what a
// value is.
#include "core/base/check.h"
#include "core/object/json/json_decoder.h"
#include "core/object/json/stored_value.h"

namespace cleat::object {

namespace {

// Whether a value of this type is the one that a choice's member holds.
bool isChosen(const ValuePlan& plan, const JsonNode& value) {
  using Kind = JsonNode::Kind;
  const Kind kind = value.kind == Kind::stored ? value.stored->kind() : value.kind;
  switch (plan.shape) {
    case Shape::json: return true;
    case Shape::boolean: return kind == Kind::boolean;
    case Shape::integer:
    case Shape::floating: return value.isNumber();
    case Shape::list: return kind == Kind::array;
    case Shape::structure:
    case Shape::map: return kind == Kind::object;
    default: return kind == Kind::text;
  }
}

}  // namespace

bool JsonDecoder::isChoice(const ValuePlan& plan) { return plan.shape == Shape::structure && plan.codec->choice(); }

bool JsonDecoder::fits(const ValuePlan& plan, const Value& value) {
  return value.kind == Value::Kind::stored && !value.stored->isTree() && samePlan(plan, *value.stored->value.plan);
}

// What a choice holds is looked at by the member that it is for.
bool JsonDecoder::mustOpen(const ValuePlan& plan, const Value& value) {
  if (value.kind != Value::Kind::stored || fits(plan, value)) return false;
  return !isChoice(plan) || value.stored->kind() == Value::Kind::null;
}

JsonDecoder::Value JsonDecoder::seen(const Value& stored) const {
  CHECK(arena_, "what is stored comes with the arena that it is opened in");
  return opened(*arena_, *stored.stored);
}

bool JsonDecoder::choice(const ValuePlan& plan, const Value& value, size_t at) {
  for (const FieldPlan& member : plan.codec->fields()) {
    if (isChosen(member.value, value)) return field(*plan.codec, member, value, at);
  }
  return typeError(value, plan);
}

}  // namespace cleat::object
