#include "core/object/quantity.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace cleat::object {

namespace {

// Far more digits than any amount has are somebody's joke.
constexpr size_t kLongest = 128;

enum class Family { decimal, binary, exponent };

// A number that is not negative, of any size: the digits of an integer, times 10^exponent.
struct Decimal {
  std::string digits;  // without leading zeros; empty: 0
  int64_t exponent = 0;

  void normalize() {
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.empty()) exponent = 0;
  }
  void multiply(unsigned factor) {
    unsigned carry = 0;
    for (size_t i = digits.size(); i-- > 0;) {
      carry += static_cast<unsigned>(digits[i] - '0') * factor;
      digits[i] = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    digits.insert(0, carry ? std::to_string(carry) : "");
  }
  void stripZeros() {
    while (!digits.empty() && digits.back() == '0') {
      digits.pop_back();
      ++exponent;
    }
  }
  // Away from zero, to a multiple of 10^scale.
  void roundUp(int64_t scale) {
    if (digits.empty() || exponent >= scale) return;
    size_t drop = static_cast<size_t>(scale - exponent);
    bool inexact = drop >= digits.size() || digits.find_first_not_of('0', digits.size() - drop) != std::string::npos;
    digits.resize(drop >= digits.size() ? 0 : digits.size() - drop);
    exponent = scale;
    if (!inexact) return;
    size_t i = digits.size();
    while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
    if (i > 0) {
      ++digits[i - 1];
    } else {
      digits.insert(0, "1");
    }
  }
  bool isInteger() const { return exponent >= 0; }
  // Of one without zeros at its end.
  bool exceedsInt64() const {
    constexpr std::string_view kMax = "9223372036854775807";
    const int64_t whole = static_cast<int64_t>(digits.size()) + exponent;
    if (whole != static_cast<int64_t>(kMax.size())) return whole > static_cast<int64_t>(kMax.size());
    std::string all = digits + std::string(isInteger() ? static_cast<size_t>(exponent) : 0, '0');
    return all > kMax;
  }
  // Of an integer that does not exceed it.
  uint64_t toInteger() const {
    std::string all = digits + std::string(static_cast<size_t>(exponent), '0');
    uint64_t value = 0;
    std::from_chars(all.data(), all.data() + all.size(), value);
    return value;
  }
};

struct Suffix {
  Family family = Family::decimal;
  int64_t exponent = 0;  // of 10, or of 2
};

Status formatWrong() {
  return Status::badRequest(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

Result<Suffix> suffixOf(std::string_view text) {
  static constexpr std::string_view kDecimal[] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
  static constexpr std::string_view kBinary[] = {"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  if (auto it = std::ranges::find(kDecimal, text); it != std::end(kDecimal)) {
    return Suffix{Family::decimal, (it - kDecimal - 3) * 3};
  }
  if (auto it = std::ranges::find(kBinary, text); it != std::end(kBinary)) {
    return Suffix{Family::binary, (it - kBinary + 1) * 10};
  }
  if (text.size() > 1 && (text[0] == 'e' || text[0] == 'E')) {
    std::string_view number = text.substr(text[1] == '+' ? 2 : 1);
    int32_t exponent = 0;
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), exponent);
    if (error == std::errc{} && end == number.data() + number.size()) return Suffix{Family::exponent, exponent};
  }
  return fail(Status::badRequest("unable to parse quantity's suffix"));
}

std::string decimalText(Decimal value, Family family) {
  value.stripZeros();
  // To a multiple of three downwards.
  int64_t remainder = ((value.exponent % 3) + 3) % 3;
  value.digits.append(static_cast<size_t>(remainder), '0');
  value.exponent -= remainder;
  static constexpr std::string_view kSuffixes[] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
  if (family == Family::decimal && value.exponent >= -9 && value.exponent <= 18) {
    return value.digits + std::string(kSuffixes[value.exponent / 3 + 3]);
  }
  return value.exponent == 0 ? value.digits : value.digits + "e" + std::to_string(value.exponent);
}

std::string binaryText(uint64_t value) {
  static constexpr std::string_view kSuffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  size_t suffix = 0;
  for (; value % 1024 == 0 && suffix < 6; ++suffix) value /= 1024;
  return std::to_string(value) + std::string(kSuffixes[suffix]);
}

// Most are as they are to be: some digits that do not end as a larger suffix would want it. False: it takes a look.
bool isCanonical(std::string_view text) {
  constexpr size_t kFewDigits = 15;
  uint64_t number = 0;
  size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    number = number * 10 + static_cast<uint64_t>(text[digits] - '0');
    if (digits > kFewDigits) return false;
  }
  if (digits == 0 || text[0] == '0') return false;
  const std::string_view suffix = text.substr(digits);
  if (suffix.empty() || suffix == "m" || suffix == "k" || suffix == "M" || suffix == "G") return number % 1000 != 0;
  return (suffix == "Ki" || suffix == "Mi" || suffix == "Gi") && number % 1024 != 0;
}

}  // namespace

Result<std::string> canonicalQuantity(std::string_view text) {
  if (isCanonical(text)) return std::string(text);
  if (text.empty() || text.size() > kLongest) return fail(formatWrong());
  bool negative = text[0] == '-';
  std::string_view rest = text.substr(negative || text[0] == '+' ? 1 : 0);
  auto takeDigits = [&rest] {
    size_t size = std::min(rest.find_first_not_of("0123456789"), rest.size());
    std::string_view digits = rest.substr(0, size);
    rest.remove_prefix(size);
    return digits;
  };
  Decimal value;
  std::string_view whole = takeDigits(), fraction;
  bool hasPoint = rest.starts_with('.');
  if (hasPoint) {
    rest.remove_prefix(1);
    fraction = takeDigits();
  }
  size_t letters = std::min(rest.find_first_not_of("eEinumkKMGTP"), rest.size());
  std::string_view tail = rest.substr(letters);
  if (tail.starts_with('+') || tail.starts_with('-')) tail.remove_prefix(1);
  bool fits = tail.find_first_not_of("0123456789") == std::string_view::npos;
  if (!fits || (whole.empty() && !hasPoint)) return fail(formatWrong());
  CLEAT_TRY(Suffix suffix, suffixOf(rest));

  value.digits = std::string(whole) + std::string(fraction);
  value.exponent = -static_cast<int64_t>(fraction.size());
  value.normalize();
  if (value.digits.empty()) return "0";
  if (suffix.family == Family::binary) {
    for (int64_t i = 0; i < suffix.exponent; i += 10) value.multiply(1024);
  } else {
    value.exponent += suffix.exponent;
  }
  value.roundUp(-9);
  value.stripZeros();
  std::string sign = negative ? "-" : "";
  if (suffix.family == Family::binary) {
    if (value.exceedsInt64()) return sign + binaryText(INT64_MAX);  // as Kubernetes does: a larger one counts as this
    if (value.isInteger() && value.toInteger() >= 1024) return sign + binaryText(value.toInteger());
  }
  std::string result =
      sign + decimalText(value, suffix.family == Family::exponent ? Family::exponent : Family::decimal);
  if (result.size() > kLongest) return fail(formatWrong());
  return result;
}

}  // namespace cleat::object
