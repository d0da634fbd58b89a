#include "core/object/json/json_decoder.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <algorithm>

#include "core/object/codec.h"
#include "core/object/json/go_text.h"
#include "core/object/json/json_text.h"
#include "core/object/json/stored_value.h"
#include "core/object/json/strict_errors.h"
#include "core/object/open/open_decoder.h"
#include "core/object/open/open_tree.h"
#include "core/object/quantity.h"
#include "core/object/same_name.h"
#include "core/object/time_text.h"

namespace cleat::object {

namespace {

using words::ElementSize;

// 32 MiB: ten times the largest request. A short text can unfold to a large message (a list of empty objects).
constexpr size_t kMaxWords = 4u << 20;
constexpr size_t kMaxDepth = 100;

std::string goType(const ValuePlan& plan) {
  auto scalar = [&](Shape shape) -> std::string {
    if (shape == Shape::boolean) return "bool";
    if (shape == Shape::floating) return "float" + std::to_string(plan.bits);
    return (plan.isSigned ? "int" : "uint") + std::to_string(plan.bits);
  };
  switch (plan.shape) {
    case Shape::boolean:
    case Shape::floating: return scalar(plan.shape);
    case Shape::integer: return plan.quoted ? "string" : scalar(plan.shape);
    case Shape::box: return scalar(plan.boxed);
    case Shape::data: return "[]uint8";
    case Shape::structure: return plan.codec->typeName();
    case Shape::intOrString: return "intstr.IntOrString";
    case Shape::list: return "[]" + goType(*plan.element);
    case Shape::map:
      return plan.element->shape == Shape::quantity ? "v1.ResourceList" : "map[string]" + goType(*plan.element);
    default: return "string";
  }
}

std::string describe(const JsonNode& value) { return std::string(goTypeOf(value)); }

ElementSize scalarSize(uint8_t bits) {
  switch (bits) {
    case 8: return ElementSize::byte;
    case 16: return ElementSize::twoBytes;
    case 32: return ElementSize::fourBytes;
    default: return ElementSize::eightBytes;
  }
}

bool isInline(Shape shape) { return shape == Shape::structure || shape == Shape::box || shape == Shape::intOrString; }

}  // namespace

class JsonDecoder::At {
 public:
  At(JsonDecoder& decoder, std::string_view name, int64_t index = -1, bool isField = true)
      : decoder_(decoder), step_{name, index, isField, decoder.here_} {
    decoder_.here_ = &step_;
    ++decoder_.depth_;
  }
  ~At() {
    decoder_.here_ = step_.outer;
    --decoder_.depth_;
  }
  At(const At&) = delete;

 private:
  JsonDecoder& decoder_;
  Step step_;
};

JsonDecoder::JsonDecoder(std::vector<uint64_t>& buffer, Integers integers, JsonArena* arena)
    : out_(buffer, kMaxWords), integers_(integers), arena_(arena) {}

bool JsonDecoder::root(const StructCodec& codec, const Value& value) {
  if (!value.isObject()) {
    return error("json: cannot unmarshal " + describe(value) + " into Go value of type " + codec.typeName());
  }
  root_ = &codec;
  return structure(codec, value, out_.initStruct(0, codec.dataWords(), codec.pointerCount()));
}

std::vector<JsonDecoder::Step> JsonDecoder::steps() const {
  std::vector<Step> out;
  for (const Step* step = here_; step; step = step->outer) out.push_back(*step);
  std::ranges::reverse(out);
  return out;
}

std::string JsonDecoder::path() const {
  std::string out;
  for (const Step& step : steps()) {
    if (step.index >= 0) {
      out += "[" + std::to_string(step.index) + "]";
    } else {
      if (!out.empty()) out += '.';
      out += step.name;
    }
  }
  return out;
}

bool JsonDecoder::error(std::string text) {
  problem_ = std::move(text);
  return false;
}

bool JsonDecoder::typeError(const std::string& found, const std::string& goType) {
  std::string fields;
  for (const Step& step : steps()) {
    if (step.index < 0 && step.isField) fields.append(".").append(step.name);
  }
  return error("json: cannot unmarshal " + found + " into Go struct field " + innermost_->name() + fields +
               " of type " + goType);
}

bool JsonDecoder::typeError(const std::string& found, const ValuePlan& plan) { return typeError(found, goType(plan)); }

bool JsonDecoder::textExpected(const Value& value) { return typeError(describe(value), "string"); }

bool JsonDecoder::badText(const std::string& why) { return error(concat(why, " (", path(), ")")); }

bool JsonDecoder::typeError(const Value& value, const ValuePlan& plan) { return typeError(describe(value), plan); }

bool JsonDecoder::structure(const StructCodec& codec, const Value& object, size_t at) {
  if (depth_ > kMaxDepth) return error("nested deeper than the limit of " + std::to_string(kMaxDepth));
  const StructCodec* outer = innermost_;
  innermost_ = &codec;
  const FieldPlan* next = codec.fields().data();
  const FieldPlan* const end = next + codec.fields().size();
  for (const auto& [name, value] : object.object()) {
    // Fields come in the schema's order more often than not.
    const bool isNext = next != end && sameName(next->name, name);
    const FieldPlan* field = isNext ? next : codec.find(name);
    if (field) next = field + 1;
    At here(*this, name);
    if (!field) {
      // The kind itself is no field of the object.
      bool known = depth_ == 1 && (name == "apiVersion" || name == "kind" || codec.open());
      if (!known && mayTellMore(unknown_)) unknown_.push_back("unknown field \"" + path() + "\"");
    } else if (!value.isNull() && !this->field(codec, *field, value, at)) {
      return false;
    }
  }
  if (codec.open()) {
    OpenDecoder(out_, unknown_, arena_)
        .root(codec.open()->root(), object, at + codec.dataWords() + tree::kMembersPointer);
  }
  innermost_ = outer;
  return true;
}

bool JsonDecoder::field(const StructCodec& codec, const FieldPlan& field, const Value& value, size_t at) {
  if (mustOpen(field.value, value)) {
    const Value level = seen(value);
    return level.isNull() || this->field(codec, field, level, at);
  }
  if (field.discriminant != 0xffff) out_.setScalar<uint16_t>(at, codec.discriminantOffset(), field.discriminant);
  switch (field.value.shape) {
    case Shape::boolean: return boolean(field.value, value, at, field.offset);
    case Shape::integer: return integer(field.value, value, at, field.offset);
    case Shape::floating: return floating(field.value, value, at, field.offset);
    default: break;
  }
  const size_t pointer = at + codec.dataWords() + field.offset;
  // An empty text that is always written reads as one that was left out: they are the same.
  const bool keepEmpty = field.optional || (field.always && field.value.shape == Shape::data);
  if (!pointerValue(field.value, value, pointer, keepEmpty)) return false;
  if (field.isHeldByValue()) out_.dropIfZero(pointer);
  return true;
}

bool JsonDecoder::pointerValue(const ValuePlan& plan, const Value& value, size_t pointer, bool keepEmpty) {
  if (mustOpen(plan, value)) return pointerValue(plan, seen(value), pointer, keepEmpty);
  if (fits(plan, value)) {
    out_.copyPointer(pointer, value.stored->value.pointer);
    return true;
  }
  switch (plan.shape) {
    case Shape::list: return list(plan, value, pointer, keepEmpty);
    case Shape::map: return map(plan, value, pointer, keepEmpty);
    case Shape::json: out_.setText(pointer, jsonText(value)); return true;
    case Shape::quantity: return quantity(value, pointer);
    case Shape::dateTime:
    case Shape::microTime: return time(plan.shape, value, pointer);
    case Shape::duration: return duration(value, pointer);
    case Shape::text:
    case Shape::data: return text(plan, value, pointer, keepEmpty);
    default: break;
  }
  if (plan.shape == Shape::structure && !isChoice(plan) && !value.isObject()) return typeError(value, plan);
  return inlineStruct(plan, value, out_.initStruct(pointer, plan.codec->dataWords(), plan.codec->pointerCount()));
}

bool JsonDecoder::inlineStruct(const ValuePlan& plan, const Value& value, size_t at) {
  if (mustOpen(plan, value)) return inlineStruct(plan, seen(value), at);
  if (fits(plan, value)) {
    out_.copyStruct(at, plan.codec->dataWords(), plan.codec->pointerCount(), value.stored->value.view);
    return true;
  }
  if (plan.shape == Shape::intOrString) return intOrString(*plan.codec, value, at);
  if (isChoice(plan)) return choice(plan, value, at);
  if (plan.shape == Shape::structure) {
    return value.isObject() ? structure(*plan.codec, value, at) : typeError(value, plan);
  }
  switch (plan.boxed) {
    case Shape::boolean: return boolean(plan, value, at, 0);
    case Shape::floating: return floating(plan, value, at, 0);
    default: return integer(plan, value, at, 0);
  }
}

bool JsonDecoder::boolean(const ValuePlan& plan, const Value& value, size_t at, uint32_t offset) {
  if (value.kind != JsonNode::Kind::boolean) return typeError(value, plan);
  if (value.isTrue) out_.setBit(at, offset);
  return true;
}

bool JsonDecoder::intOrString(const StructCodec& codec, const Value& value, size_t at) {
  const FieldPlan& number = codec.fields()[0];
  const FieldPlan& text = codec.fields()[1];
  if (value.isText()) {
    out_.setScalar<uint16_t>(at, codec.discriminantOffset(), text.discriminant);
    out_.setText(at + codec.dataWords() + text.offset, value.text());
    return true;
  }
  out_.setScalar<uint16_t>(at, codec.discriminantOffset(), number.discriminant);
  const bool isInteger = value.kind == JsonNode::Kind::integer;
  if (!isInteger || value.integer < INT32_MIN || value.integer > INT32_MAX) {
    std::string found = value.isNumber() ? "number " + jsonText(value) : describe(value);
    return typeError(found, "int32");
  }
  out_.setScalar(at, number.offset, static_cast<int32_t>(value.integer));
  return true;
}

bool JsonDecoder::text(const ValuePlan& plan, const Value& value, size_t pointer, bool keepEmpty) {
  if (!value.isText()) return typeError(value, plan);
  if (plan.shape == Shape::data) return data(value.text(), pointer, keepEmpty);
  if (value.count > 0 || keepEmpty) out_.setText(pointer, value.text());
  return true;
}

bool JsonDecoder::quantity(const Value& value, size_t pointer) {
  const std::string other = value.isText() ? std::string() : jsonText(value);
  const std::string_view text = value.isText() ? value.text() : std::string_view(other);
  const size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const size_t end = text.find_last_not_of(" \t\r\n");
  const std::string_view trimmed = text.substr(begin, end == std::string_view::npos ? 0 : end - begin + 1);
  Result<std::string> canonical = canonicalQuantity(trimmed);
  if (!canonical) return badText(canonical.error().message);
  out_.setText(pointer, *canonical);
  return true;
}

bool JsonDecoder::time(Shape shape, const Value& value, size_t pointer) {
  if (!value.isText()) return textExpected(value);
  const std::string_view text = value.text();
  Result<TimePoint> point = parseTime(text);
  if (!point) return badText(point.error().message);
  bool micros = shape == Shape::microTime;
  if (text.back() == 'Z' && text.size() == (micros ? 27u : 20u)) {
    out_.setText(pointer, text);
  } else {
    out_.setText(pointer, micros ? formatMicroTime(*point) : formatTime(*point));
  }
  return true;
}

bool JsonDecoder::duration(const Value& value, size_t pointer) {
  if (!value.isText()) return textExpected(value);
  const std::optional<Duration> read = parseDuration(value.text());
  if (!read) return badText(concat("time: invalid duration \"", value.text(), "\""));
  out_.setText(pointer, formatDuration(*read));
  return true;
}

bool JsonDecoder::data(std::string_view base64, size_t pointer, bool keepEmpty) {
  if (base64.empty() && !keepEmpty) return true;
  bytes_.resize(base64Bound(base64.size()));
  size_t size = 0, badAt = 0;
  if (!decodeBase64(base64, bytes_.data(), size, badAt)) {
    return badText(concat("illegal base64 data at input byte ", badAt));
  }
  out_.setData(pointer, std::string_view(bytes_).substr(0, size));
  return true;
}

size_t JsonDecoder::initList(const ValuePlan& element, size_t pointer, uint32_t count) {
  if (isInline(element.shape)) {
    return out_.initStructList(pointer, count, element.codec->dataWords(), element.codec->pointerCount());
  }
  switch (element.shape) {
    case Shape::boolean: return out_.initList(pointer, ElementSize::bit, count);
    case Shape::integer:
    case Shape::floating: return out_.initList(pointer, scalarSize(element.bits), count);
    default: return out_.initList(pointer, ElementSize::pointer, count);
  }
}

bool JsonDecoder::list(const ValuePlan& plan, const Value& value, size_t pointer, bool keepEmpty) {
  if (!value.isArray()) return typeError(value, plan);
  const uint32_t count = value.count;
  if (count == 0 && !keepEmpty) return true;
  size_t at = initList(*plan.element, pointer, count);
  for (uint32_t i = 0; i < count; ++i) {
    At here(*this, {}, i);
    if (!element(*plan.element, value.elements[i], at, i)) return false;
  }
  return true;
}

bool JsonDecoder::element(const ValuePlan& plan, const Value& value, size_t at, uint32_t index) {
  if (mustOpen(plan, value)) return element(plan, seen(value), at, index);
  if (value.isNull()) {
    zeroElement(plan, at, index);
    return true;
  }
  if (isInline(plan.shape)) {
    size_t stride = size_t{plan.codec->dataWords()} + plan.codec->pointerCount();
    return inlineStruct(plan, value, at + index * stride);
  }
  switch (plan.shape) {
    case Shape::boolean: return boolean(plan, value, at, index);
    case Shape::integer: return integer(plan, value, at, index);
    case Shape::floating: return floating(plan, value, at, index);
    default: return pointerValue(plan, value, at + index, plan.shape != Shape::text);
  }
}

// A null in a list or a map is the zero value, which of all but quantities is what stands there already.
void JsonDecoder::zeroElement(const ValuePlan& plan, size_t at, uint32_t index) {
  if (plan.shape == Shape::quantity) out_.setText(at + index, "0");
}

bool JsonDecoder::map(const ValuePlan& plan, const Value& value, size_t pointer, bool keepEmpty) {
  if (!value.isObject()) return typeError(value, plan);
  if (value.count == 0 && !keepEmpty) return true;
  std::span<const JsonMember> members = value.object();
  std::vector<JsonMember> sorted;
  if (!std::ranges::is_sorted(members, {}, &JsonMember::name)) {
    sorted.assign(members.begin(), members.end());
    std::ranges::sort(sorted, {}, &JsonMember::name);
    members = sorted;
  }

  const StructCodec& entry = *plan.codec;
  const FieldPlan& key = *entry.find("key");
  const FieldPlan& memberField = *entry.find("value");
  size_t at =
      out_.initStructList(pointer, static_cast<uint32_t>(members.size()), entry.dataWords(), entry.pointerCount());
  bool isScalar = plan.element->shape <= Shape::floating;
  for (const JsonMember& member : members) {
    At here(*this, member.name, -1, false);
    out_.setText(at + entry.dataWords() + key.offset, member.name);
    size_t target = isScalar ? at : at + entry.dataWords() + memberField.offset;
    uint32_t offset = isScalar ? memberField.offset : 0;
    bool isStruct = isInline(plan.element->shape) && !member.value.isNull();
    bool done = isStruct ? pointerValue(*plan.element, member.value, target, true)
                         : element(*plan.element, member.value, target, offset);
    if (!done) return false;
    at += size_t{entry.dataWords()} + entry.pointerCount();
  }
  return true;
}

}  // namespace cleat::object
