#include "core/object/apply/message_value.h"

#include <bit>

#include "core/object/json/json_text.h"

namespace cleat::object {
namespace {

using State = MessageValue::State;

bool isStructShape(Shape shape) {
  return shape == Shape::structure || shape == Shape::box || shape == Shape::intOrString;
}

bool isListShape(Shape shape) { return shape == Shape::list || shape == Shape::map; }

// As the encoder counts: an empty list or map is none, and so is an empty text unless that means something.
bool present(const FieldPlan& field, const MessageValue& value) {
  if (!value.pointer) return false;
  switch (field.value.shape) {
    case Shape::structure:
    case Shape::box:
    case Shape::intOrString: return words::isStruct(value.pointer);
    case Shape::list:
    case Shape::map: return value.list.count > 0;
    case Shape::data: {
      auto bytes = words::bytesAt(value.pointer);
      return bytes && (!bytes->empty() || field.always);
    }
    case Shape::json: {
      auto text = words::textAt(value.pointer);
      return text && isJson(*text);
    }
    default: {
      auto text = words::textAt(value.pointer);
      return text && (!text->empty() || field.optional);
    }
  }
}

// What stands for a value that is always written and not there.
State stateOfNothing(Shape shape) {
  switch (shape) {
    case Shape::text:
    case Shape::quantity:
    case Shape::intOrString:
    case Shape::structure: return State::there;
    default: return State::null;
  }
}

uint64_t doubleBits(const ValuePlan& plan, words::StructView view, uint32_t offset) {
  return std::bit_cast<uint64_t>(plan.bits == 32 ? double{view.scalar<float>(offset)} : view.scalar<double>(offset));
}

uint64_t scalarBits(const ValuePlan& plan, words::StructView view, uint32_t offset) {
  if (plan.shape == Shape::boolean) return view.bit(offset);
  if (plan.shape == Shape::floating) return doubleBits(plan, view, offset);
  return plan.integerAt(view, offset);
}

bool isZero(const ValuePlan& plan, uint64_t bits) {
  return bits == 0 || (plan.shape == Shape::floating && std::bit_cast<double>(bits) == 0);
}

std::string quoted(std::string_view text) {
  TextBuffer out;
  appendJsonString(out, text);
  return std::string(out.view());
}

std::string numberText(const ValuePlan& plan, Shape shape, uint64_t bits) {
  TextBuffer out;
  if (shape == Shape::boolean) {
    out.append(bits ? "true" : "false");
  } else if (shape == Shape::floating) {
    appendDouble(out, std::bit_cast<double>(bits));
  } else if (plan.isSigned) {
    appendInteger(out, static_cast<int64_t>(bits));
  } else {
    appendUnsigned(out, bits);
  }
  return std::string(out.view());
}

}  // namespace

uint64_t MessageValue::boxBits() const {
  if (plan->boxed == Shape::boolean) return view.bit(0);
  return plan->boxed == Shape::floating ? doubleBits(*plan, view, 0) : plan->integerAt(view, 0);
}

std::string_view MessageValue::text() const {
  if (!pointer) return {};
  if (plan->shape == Shape::data) return words::bytesAt(pointer).value_or("");
  return words::textAt(pointer).value_or("");
}

MessageValue MessageValue::root(const ValuePlan& plan, words::StructView view) { return inlined(plan, view); }

MessageValue MessageValue::inlined(const ValuePlan& plan, words::StructView view) {
  MessageValue out;
  out.state = State::there;
  out.plan = &plan;
  out.view = view;
  return out;
}

MessageValue MessageValue::of(const ValuePlan& plan, const uint64_t* pointer) {
  MessageValue out;
  out.plan = &plan;
  out.pointer = pointer;
  out.state = pointer ? State::there : stateOfNothing(plan.shape);
  if (isStructShape(plan.shape)) out.view = words::structAt(pointer).value_or(words::StructView{});
  if (isListShape(plan.shape)) out.list = words::listAt(pointer).value_or(words::ListView{});
  return out;
}

MessageValue MessageValue::field(const FieldPlan& field) const {
  MessageValue out;
  out.plan = &field.value;
  if (!there()) return out;
  const StructCodec& codec = *plan->codec;
  if (field.discriminant != 0xffff && view.scalar<uint16_t>(codec.discriminantOffset()) != field.discriminant) {
    return out;
  }
  if (field.value.shape <= Shape::floating) {
    out.bits = scalarBits(field.value, view, field.offset);
    if (field.always || !isZero(field.value, out.bits)) out.state = State::there;
    return out;
  }
  out = of(field.value, view.pointer(field.offset));
  if (present(field, out)) return out;
  MessageValue nothing = of(field.value, nullptr);
  if (!field.always) nothing.state = State::absent;
  return nothing;
}

MessageValue MessageValue::element(uint32_t index) const {
  const ValuePlan& of = *plan->element;
  if (isStructShape(of.shape)) return inlined(of, list.element(index));
  if (of.shape > Shape::floating) return MessageValue::of(of, list.pointer(index));
  MessageValue out;
  out.state = State::there;
  out.plan = &of;
  if (of.shape == Shape::boolean) {
    if (list.size == words::ElementSize::bit) out.bits = list.data[index / 64] >> (index % 64) & 1;
    return out;
  }
  const size_t perWord = 64u / of.bits;
  static constexpr uint8_t kBits[] = {0, 1, 8, 16, 32, 64, 0, 0};
  if (kBits[static_cast<size_t>(list.size)] != of.bits) return out;
  // Lists may be longer than a struct's data can be, so each is looked at as one word.
  out.bits = scalarBits(of, {list.data + index / perWord, 1, 0}, static_cast<uint32_t>(index % perWord));
  return out;
}

std::string_view MessageValue::key(uint32_t index) const {
  const uint64_t* at = list.element(index).pointer(plan->codec->find("key")->offset);
  return at ? words::textAt(at).value_or("") : std::string_view();
}

MessageValue MessageValue::member(uint32_t index) const {
  const FieldPlan& value = *plan->codec->find("value");
  const words::StructView entry = list.element(index);
  if (plan->element->shape > Shape::floating) return of(*plan->element, entry.pointer(value.offset));
  MessageValue out;
  out.state = State::there;
  out.plan = plan->element;
  out.bits = scalarBits(*plan->element, entry, value.offset);
  return out;
}

MessageValue MessageValue::chosen() const {
  const std::vector<FieldPlan>& members = plan->codec->fields();
  const bool isUnion = members.front().discriminant != 0xffff;
  for (const FieldPlan& member : members) {
    if (isUnion && view.scalar<uint16_t>(plan->codec->discriminantOffset()) != member.discriminant) continue;
    if (member.value.shape > Shape::floating) return of(member.value, view.pointer(member.offset));
    MessageValue out;
    out.state = State::there;
    out.plan = &member.value;
    out.bits = scalarBits(member.value, view, member.offset);
    return out;
  }
  MessageValue nothing;
  nothing.state = State::null;
  return nothing;
}

bool MessageValue::same(const MessageValue& other) const {
  if (state != other.state) return false;
  if (!there()) return true;
  switch (plan->shape) {
    case Shape::boolean:
    case Shape::integer:
    case Shape::floating: return bits == other.bits;
    case Shape::box: return boxBits() == other.boxBits();
    case Shape::intOrString: return scalarText() == other.scalarText();
    case Shape::structure: return sameStruct(other);
    case Shape::list:
    case Shape::map: return sameLists(other);
    default: return text() == other.text();
  }
}

bool MessageValue::sameStruct(const MessageValue& other) const {
  if (view.data == other.view.data) return true;
  for (const FieldPlan& each : plan->codec->fields()) {
    if (!field(each).same(other.field(each))) return false;
  }
  return true;
}

bool MessageValue::sameLists(const MessageValue& other) const {
  if (list.count != other.list.count) return false;
  for (uint32_t i = 0; i < list.count; ++i) {
    const bool equal = plan->shape == Shape::map ? key(i) == other.key(i) && member(i).same(other.member(i))
                                                 : element(i).same(other.element(i));
    if (!equal) return false;
  }
  return true;
}

std::string MessageValue::scalarText() const {
  switch (plan->shape) {
    case Shape::boolean:
    case Shape::integer:
    case Shape::floating: {
      std::string number = numberText(*plan, plan->shape, bits);
      return plan->quoted ? quoted(number) : number;
    }
    case Shape::box: return numberText(*plan, plan->boxed, boxBits());
    case Shape::intOrString: {
      const FieldPlan& number = plan->codec->fields()[0];
      if (view.scalar<uint16_t>(plan->codec->discriminantOffset()) == number.discriminant) {
        return std::to_string(view.scalar<int32_t>(number.offset));
      }
      const uint64_t* at = view.pointer(plan->codec->fields()[1].offset);
      return quoted(at ? words::textAt(at).value_or("") : std::string_view());
    }
    case Shape::json: return std::string(text());
    default: return quoted(text());
  }
}

}  // namespace cleat::object
