#include "literals.h"

#include <charconv>

namespace cleat::cel {

Value unsignedLiteral(std::string_view digits) {
  const int base = digits.starts_with("0x") || digits.starts_with("0X") ? 16 : 10;
  if (base == 16) digits.remove_prefix(2);
  uint64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  return error == std::errc() && end == digits.data() + digits.size() ? Value::unsignedInteger(number) : Value();
}

Value integerLiteral(std::string_view digits, bool negative) {
  const Value whole = unsignedLiteral(digits);
  constexpr uint64_t kMost = uint64_t{1} << 63;
  if (whole.isAbsent() || whole.asUnsigned() > kMost || (whole.asUnsigned() == kMost && !negative)) return {};
  return Value::integer(static_cast<int64_t>(negative ? ~whole.asUnsigned() + 1 : whole.asUnsigned()));
}

}  // namespace cleat::cel
