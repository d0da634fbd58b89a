#include "batch-common/numbers.h"

#include <charconv>

namespace cleat::batch {

std::expected<int64_t, const char*> parseInteger(std::string_view text) {
  // Of the two signs from_chars knows the minus alone.
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  int64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = end == digits.data() + digits.size() && !digits.empty();
  if (!whole || error == std::errc::invalid_argument || (digits.size() != text.size() && digits.front() == '-')) {
    return std::unexpected("invalid syntax");
  }
  if (error == std::errc::result_out_of_range) return std::unexpected("value out of range");
  return number;
}

std::string goQuoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out += '"';
}

}  // namespace cleat::batch
