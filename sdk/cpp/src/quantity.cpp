#include <cleat/sdk/quantity.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

namespace cleat {
namespace {

__extension__ using Int128 = __int128;

constexpr Int128 kNano = 1'000'000'000;
// ±2^96 in units of 1e-9; sums of two such values are far from the end of 128 bits.
constexpr Int128 kMost = (Int128(1) << 96) * 1'000'000;

struct Suffix {
  std::string_view text;
  int exponent;
};
constexpr std::array<Suffix, 10> kDecimal = {
    {{"n", -9}, {"u", -6}, {"m", -3}, {"", 0}, {"k", 3}, {"M", 6}, {"G", 9}, {"T", 12}, {"P", 15}, {"E", 18}}};
// The exponent is of two.
constexpr std::array<Suffix, 6> kBinary = {{{"Ki", 10}, {"Mi", 20}, {"Gi", 30}, {"Ti", 40}, {"Pi", 50}, {"Ei", 60}}};

// Beyond any that makes a difference.
constexpr int kMostExponent = 100'000;

// What a text may say: as in Kubernetes, more counts as this.
constexpr Int128 kMostWritten = Int128(std::numeric_limits<int64_t>::max()) * kNano;

Int128 clamped(Int128 value) { return value > kMost ? kMost : value < -kMost ? -kMost : value; }

std::string digits(Int128 value) {
  if (value == 0) return "0";
  std::string text;
  for (Int128 left = value < 0 ? -value : value; left != 0; left /= 10) {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
  }
  return value < 0 ? "-" + text : text;
}

struct Scale {
  Quantity::Format format;
  int exponent;
};

std::optional<Scale> parseSuffix(std::string_view text) {
  for (const Suffix& suffix : kDecimal) {
    if (text == suffix.text) return Scale{Quantity::Format::decimalSI, suffix.exponent};
  }
  for (const Suffix& suffix : kBinary) {
    if (text == suffix.text) return Scale{Quantity::Format::binarySI, suffix.exponent};
  }
  if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
  text.remove_prefix(1);
  bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int exponent = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    exponent = std::min(exponent * 10 + (c - '0'), kMostExponent);
  }
  return Scale{Quantity::Format::decimalExponent, negative ? -exponent : exponent};
}

// The digits of a number as an integer, `power` of ten away from its value. Digits beyond what counts are rounded up.
struct Number {
  Int128 digits = 0;
  int power = 0;
  bool roundedUp = false;
};

// value × 10^power (or × 2^binary) in units of 1e-9, rounded up, kept within int64.
Int128 inNano(Number number, int binary) {
  Int128 value = number.digits;
  int power = number.power + 9;
  // A value of at least one with so large a power is beyond the limit anyway.
  while (power > 0 && value != 0) {
    if (value > kMost) return kMostWritten;
    value *= 10;
    --power;
  }
  for (int i = 0; i < binary; ++i) {
    // A power of ten still to be taken away leaves room to shift: digits are at most 1e19, the shift at most 2^60.
    if (value > (Int128(1) << 125)) return kMostWritten;
    value *= 2;
  }
  bool rest = number.roundedUp;
  while (power < 0 && value != 0) {
    rest = rest || value % 10 != 0;
    value /= 10;
    ++power;
  }
  if (rest) ++value;
  return value > kMostWritten ? kMostWritten : value;
}

// `mostDigits`: how large the integer of digits may become before further ones are cut off.
std::optional<Number> parseNumber(std::string_view text, Int128 mostDigits) {
  Number number;
  bool point = false;
  bool any = false;
  for (char c : text) {
    if (c == '.') {
      if (point) return std::nullopt;
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any = true;
    if (number.digits < mostDigits) {
      number.digits = number.digits * 10 + (c - '0');
      if (point) --number.power;
    } else {
      number.roundedUp = number.roundedUp || c != '0';
      if (!point) ++number.power;
    }
  }
  if (!any) return std::nullopt;
  return number;
}

std::string decimalText(Int128 nano, bool exponentForm) {
  Int128 mantissa = nano;
  int exponent = -9;
  while (mantissa % 10 == 0) {
    mantissa /= 10;
    ++exponent;
  }
  while (exponent % 3 != 0 || (!exponentForm && exponent > 18)) {
    mantissa *= 10;
    --exponent;
  }
  std::string text = digits(mantissa);
  if (exponent == 0) return text;
  if (exponentForm) return text + "e" + std::to_string(exponent);
  for (const Suffix& suffix : kDecimal) {
    if (suffix.exponent == exponent) text += suffix.text;
  }
  return text;
}

std::string binaryText(Int128 whole) {
  size_t power = 0;
  while (whole % 1024 == 0 && power < kBinary.size()) {
    whole /= 1024;
    ++power;
  }
  std::string text = digits(whole);
  if (power > 0) text += kBinary[power - 1].text;
  return text;
}

}  // namespace

Quantity Quantity::of(int64_t value, Format format) {
  Quantity quantity;
  quantity.nano_ = Int128(value) * kNano;
  quantity.format_ = format;
  return quantity;
}

Quantity Quantity::ofMilli(int64_t milli, Format format) {
  Quantity quantity;
  quantity.nano_ = Int128(milli) * (kNano / 1000);
  quantity.format_ = format;
  return quantity;
}

std::optional<Quantity> Quantity::parse(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  size_t end = text.find_first_not_of("0123456789.");
  auto scale = parseSuffix(end == std::string_view::npos ? std::string_view() : text.substr(end));
  if (!scale) return std::nullopt;
  bool binary = scale->format == Format::binarySI;
  // 2^63 has 19 digits, and nine more are behind the point; a binary suffix needs the room for its shift.
  constexpr Int128 kTen9 = 1'000'000'000;
  auto number = parseNumber(text.substr(0, end), binary ? kTen9 * kTen9 * 10 : kTen9 * kTen9 * kTen9 * 10);
  if (!number) return std::nullopt;
  Quantity quantity;
  quantity.format_ = scale->format;
  if (!binary) number->power += scale->exponent;
  quantity.nano_ = inNano(*number, binary ? scale->exponent : 0);
  if (negative) quantity.nano_ = -quantity.nano_;
  return quantity;
}

Quantity::Int128 Quantity::scaled(Int128 nano, Int128 unit) {
  Int128 whole = nano / unit;
  Int128 rest = nano % unit;
  if (rest != 0) whole += rest > 0 ? 1 : -1;
  return whole;
}

int64_t Quantity::value() const {
  Int128 whole = scaled(nano_, kNano);
  constexpr Int128 kMax = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(whole > kMax ? kMax : whole < -kMax ? -kMax : whole);
}

int64_t Quantity::milliValue() const {
  Int128 milli = scaled(nano_, kNano / 1000);
  constexpr Int128 kMax = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(milli > kMax ? kMax : milli < -kMax ? -kMax : milli);
}

Quantity& Quantity::operator+=(const Quantity& other) {
  if (isZero()) format_ = other.format_;
  nano_ = clamped(nano_ + other.nano_);
  return *this;
}

Quantity& Quantity::operator-=(const Quantity& other) {
  if (isZero()) format_ = other.format_;
  nano_ = clamped(nano_ - other.nano_);
  return *this;
}

std::string Quantity::text() const {
  if (isZero()) return "0";
  switch (format_) {
    case Format::decimalExponent: return decimalText(nano_, true);
    case Format::binarySI: {
      // Small or fractional values are clearer, and exact, in the decimal form.
      bool small = nano_ > -1024 * kNano && nano_ < 1024 * kNano;
      if (!small && nano_ % kNano == 0) return binaryText(nano_ / kNano);
      return decimalText(nano_, false);
    }
    case Format::decimalSI: return decimalText(nano_, false);
  }
  std::abort();
}

}  // namespace cleat
