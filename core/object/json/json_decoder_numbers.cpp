// Numbers of JSON into the words of a message: which of them a field can hold, and how they may be written.
#include <charconv>
#include <cmath>
#include <limits>

#include "core/object/json/json_decoder.h"
#include "core/object/json/json_text.h"

namespace cleat::object {

bool JsonDecoder::rangeError(const Value& value, const ValuePlan& plan) {
  std::string text = jsonText(value);
  // How it was written is not known any more; that it was no plain integer is.
  if (value.kind == JsonNode::Kind::floating && text.find_first_of(".e") == std::string::npos) text += ".0";
  return typeError("number " + text, plan);
}

bool JsonDecoder::integer(const ValuePlan& plan, const Value& value, size_t at, uint32_t offset) {
  uint64_t bits = 0;
  if (plan.quoted ? !quotedBits(plan, value, bits) : !integerBits(plan, value, bits)) return false;
  switch (plan.bits) {
    case 8: out_.setScalar(at, offset, static_cast<uint8_t>(bits)); break;
    case 16: out_.setScalar(at, offset, static_cast<uint16_t>(bits)); break;
    case 32: out_.setScalar(at, offset, static_cast<uint32_t>(bits)); break;
    default: out_.setScalar(at, offset, bits); break;
  }
  return true;
}

bool JsonDecoder::quotedBits(const ValuePlan& plan, const Value& value, uint64_t& bits) {
  if (!value.isText()) return typeError(value, plan);
  if (value.count == 0) return true;
  const char* end = value.chars + value.count;
  auto [at, bad] = std::from_chars(value.chars, end, bits);
  if (bad == std::errc{} && at == end) return true;
  return error(path() + ": Invalid value: " + jsonText(value) + ": must be an unsigned integer");
}

bool JsonDecoder::integerBits(const ValuePlan& plan, const Value& value, uint64_t& bits) {
  bool negative = false;
  uint64_t size = 0;
  if (value.kind == JsonNode::Kind::integer) {
    negative = value.integer < 0;
    size = negative ? uint64_t{0} - static_cast<uint64_t>(value.integer) : static_cast<uint64_t>(value.integer);
  } else if (value.kind == JsonNode::Kind::natural) {
    size = value.natural;
  } else if (value.kind == JsonNode::Kind::floating) {
    // 1.0 and 1e3 are integers too, as far as a double is exact.
    constexpr double kExact = 9007199254740992.0;
    const bool whole = integers_ == Integers::anyForm && std::trunc(value.floating) == value.floating;
    if (!whole || std::fabs(value.floating) >= kExact) return rangeError(value, plan);
    negative = value.floating < 0;
    size = static_cast<uint64_t>(std::fabs(value.floating));
  } else {
    return typeError(value, plan);
  }
  unsigned valueBits = plan.isSigned ? plan.bits - 1u : plan.bits;
  uint64_t largest = valueBits == 64 ? std::numeric_limits<uint64_t>::max() : (uint64_t{1} << valueBits) - 1;
  if (negative ? !plan.isSigned || size > largest + 1 : size > largest) return rangeError(value, plan);
  bits = negative ? uint64_t{0} - size : size;
  return true;
}

bool JsonDecoder::floating(const ValuePlan& plan, const Value& value, size_t at, uint32_t offset) {
  if (!value.isNumber()) return typeError(value, plan);
  double number = value.kind == JsonNode::Kind::floating  ? value.floating
                  : value.kind == JsonNode::Kind::integer ? static_cast<double>(value.integer)
                                                          : static_cast<double>(value.natural);
  if (plan.bits == 32) {
    out_.setScalar(at, offset, static_cast<float>(number));
  } else {
    out_.setScalar(at, offset, number);
  }
  return true;
}

}  // namespace cleat::object
