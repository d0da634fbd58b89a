// Numbers of JSON into the words of a message: which of them a field can hold, and how they may be written.
#include <charconv>
#include <cmath>
#include <limits>

#include "core/object/json/json_decoder.h"
#include "core/object/json/json_text.h"

namespace cleat::object {

namespace json = boost::json;

bool JsonDecoder::rangeError(const Value& value, const ValuePlan& plan) {
  std::string text = jsonText(value);
  // How it was written is not known any more; that it was no plain integer is.
  if (value.is_double() && text.find_first_of(".e") == std::string::npos) text += ".0";
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
  const json::string* text = value.if_string();
  if (!text) return typeError(value, plan);
  if (text->empty()) return true;
  const char* end = text->data() + text->size();
  auto [at, bad] = std::from_chars(text->data(), end, bits);
  if (bad == std::errc{} && at == end) return true;
  return error(path() + ": Invalid value: " + jsonText(value) + ": must be an unsigned integer");
}

bool JsonDecoder::integerBits(const ValuePlan& plan, const Value& value, uint64_t& bits) {
  bool negative = false;
  uint64_t size = 0;
  if (const int64_t* number = value.if_int64()) {
    negative = *number < 0;
    size = negative ? uint64_t{0} - static_cast<uint64_t>(*number) : static_cast<uint64_t>(*number);
  } else if (const uint64_t* large = value.if_uint64()) {
    size = *large;
  } else if (const double* number = value.if_double()) {
    // 1.0 and 1e3 are integers too, as far as a double is exact.
    constexpr double kExact = 9007199254740992.0;
    const bool whole = integers_ == Integers::anyForm && std::trunc(*number) == *number;
    if (!whole || std::fabs(*number) >= kExact) return rangeError(value, plan);
    negative = *number < 0;
    size = static_cast<uint64_t>(std::fabs(*number));
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
  if (!value.is_number()) return typeError(value, plan);
  double number = value.is_double()  ? value.get_double()
                  : value.is_int64() ? static_cast<double>(value.get_int64())
                                     : static_cast<double>(value.get_uint64());
  if (plan.bits == 32) {
    out_.setScalar(at, offset, static_cast<float>(number));
  } else {
    out_.setScalar(at, offset, number);
  }
  return true;
}

}  // namespace cleat::object
