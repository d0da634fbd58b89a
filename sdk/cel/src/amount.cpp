#include "amount.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "number_text.h"

namespace cleat::cel {

namespace {

// A text that is a quantity, in its parts.
struct Parts {
  bool negative = false, binary = false;
  std::string whole, fraction;  // digits, the whole ones without zeros before them
  int exponent = 0;             // of ten, or of two

  explicit Parts(std::string_view text) {
    negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string_view digits = text.substr(0, end), suffix = text.substr(end);
    const size_t point = std::min(digits.find('.'), digits.size());
    whole = digits.substr(std::min(digits.find_first_not_of('0'), point), point);
    whole.resize(std::min(whole.find('.'), whole.size()));
    if (whole.empty()) whole = "0";
    fraction = digits.substr(std::min(point + 1, digits.size()));
    readSuffix(suffix);
  }

 private:
  void readSuffix(std::string_view suffix) {
    static constexpr std::string_view kDecimal = "num kMGTPE", kBinary = "KMGTPE";
    if (suffix.size() > 1 && (suffix[0] == 'e' || suffix[0] == 'E') && suffix[1] != 'i') {
      exponent = static_cast<int>(readNumber(suffix.substr(suffix[1] == '+' ? 2 : 1)).value_or(0));
    } else if (suffix.ends_with('i')) {
      binary = true;
      exponent = 10 * (static_cast<int>(kBinary.find(suffix[0])) + 1);
    } else if (!suffix.empty()) {
      exponent = 3 * (static_cast<int>(kDecimal.find(suffix[0])) - 3);
    }
  }
};

std::optional<int64_t> shifted(int64_t value, int by) {
  for (; by > 0; --by) {
    if (__builtin_mul_overflow(value, 10, &value)) return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<int64_t> Amount::integer() const {
  if (scale < 0) return std::nullopt;
  return value == 0 ? 0 : shifted(value, std::min(scale, 19));
}

std::optional<Amount> readAmount(std::string_view quantity) {
  constexpr int kMostDigits = 18, kLeastScale = -9;
  const Parts parts(quantity);
  const auto whole = static_cast<int>(parts.whole.size()), fraction = static_cast<int>(parts.fraction.size());
  // Of two to that power so many digits are spent.
  const int binaryDigits = static_cast<int>(static_cast<float>(parts.exponent) * 3 / 10);
  const bool fits =
      parts.binary ? fraction == 0 && 15 - whole - binaryDigits - 1 >= 0 : kMostDigits - whole - fraction >= 0;
  const int scale = (parts.binary ? 0 : parts.exponent) - fraction;
  if (!fits || scale < kLeastScale) return std::nullopt;
  int64_t value = std::stoll(parts.whole + parts.fraction);
  if (parts.binary && __builtin_mul_overflow(value, int64_t{1} << parts.exponent, &value)) return std::nullopt;
  return Amount{parts.negative ? -value : value, scale};
}

std::optional<Amount> addAmounts(Amount a, Amount b) {
  if (b.value == 0) return a;
  if (a.value == 0) return b;
  const int scale = std::min(a.scale, b.scale);
  const auto left = shifted(a.value, a.scale - scale), right = shifted(b.value, b.scale - scale);
  Amount sum{0, scale};
  if (!left || !right || __builtin_add_overflow(*left, *right, &sum.value)) return std::nullopt;
  return sum;
}

bool isTooFine(std::string_view quantity) {
  const Parts parts(quantity);
  return !parts.binary && parts.exponent - static_cast<int>(parts.fraction.size()) < -9;
}

double approximate(std::string_view quantity) {
  const Parts parts(quantity);
  double number = readNumber(parts.whole + parts.fraction).value_or(0);
  const auto fraction = static_cast<double>(parts.fraction.size());
  if (parts.binary) {
    const double kMost = 9223372036854775807.0;
    number = std::min(number * std::pow(2, parts.exponent) / std::pow(10, fraction), kMost);
  } else {
    number *= std::pow(10, parts.exponent - fraction);
  }
  return parts.negative ? -number : number;
}

}  // namespace cleat::cel
