#include "number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace cleat::cel {

namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

std::optional<std::string> special(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  return std::nullopt;
}

int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : -1; }

// Takes digits from the front.
bool takeDigits(std::string_view& text, size_t count, int& out) {
  if (text.size() < count) return false;
  out = 0;
  for (size_t i = 0; i < count; ++i) {
    if (digit(text[i]) < 0) return false;
    out = out * 10 + digit(text[i]);
  }
  text.remove_prefix(count);
  return true;
}

bool takeChar(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool isLeap(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int daysIn(int64_t year, int month) {
  static constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && isLeap(year) ? 29 : kDays[static_cast<size_t>(month - 1)];
}

// Without zeros at the end; "" of zero.
std::string fraction(int64_t nanos) {
  if (nanos == 0) return {};
  std::string text = std::to_string(nanos);
  text.insert(0, 9 - text.size(), '0');
  text.resize(text.find_last_not_of('0') + 1);
  return "." + text;
}

bool takeFraction(std::string_view& text, int32_t& nanos) {
  int32_t unit = 100'000'000;
  size_t digits = 0;
  while (digits < text.size() && digit(text[digits]) >= 0) {
    nanos += digit(text[digits]) * unit;
    unit /= 10;
    ++digits;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

std::optional<int64_t> takeZone(std::string_view& text) {
  if (takeChar(text, 'Z')) return 0;
  const bool west = takeChar(text, '-');
  if (!west && !takeChar(text, '+')) return std::nullopt;
  int hours = 0, minutes = 0;
  if (!takeDigits(text, 2, hours) || !takeChar(text, ':') || !takeDigits(text, 2, minutes)) return std::nullopt;
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

std::string shortestNumber(double number) {
  if (auto text = special(number)) return *text;
  std::array<char, 40> buffer{};
  auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific);
  std::string text(buffer.data(), end);
  const size_t e = text.find('e');
  const int exponent = std::atoi(text.c_str() + e + 1);
  if (exponent < -4 || exponent > 5) return text;
  return plainNumber(number);
}

std::string plainNumber(double number) {
  if (auto text = special(number)) return *text;
  std::array<char, 400> buffer{};
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  return {buffer.data(), end};
}

std::optional<double> readNumber(std::string_view text) {
  if (text == "NaN" || text == "nan") return NAN;
  std::string_view rest = text;
  const bool signed_ = !rest.empty() && (rest.front() == '+' || rest.front() == '-');
  if (signed_) rest.remove_prefix(1);
  double number = 0;
  if (rest == "Inf" || rest == "inf" || rest == "Infinity" || rest == "infinity") {
    number = INFINITY;
  } else {
    const bool hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    if (hexadecimal) rest.remove_prefix(2);
    // With sixteen digits an exponent has to follow.
    if (hexadecimal && rest.find_first_of("pP") == std::string_view::npos) return std::nullopt;
    if (rest.empty() || (!hexadecimal && digit(rest.front()) < 0 && rest.front() != '.')) return std::nullopt;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number,
                                        hexadecimal ? std::chars_format::hex : std::chars_format::general);
    if (error != std::errc() || end != rest.data() + rest.size()) return std::nullopt;
  }
  return signed_ && text.front() == '-' ? -number : number;
}

std::string durationText(Seconds duration) {
  const bool negative = duration.seconds < 0 || duration.nanos < 0;
  const auto seconds = static_cast<uint64_t>(negative ? -duration.seconds : duration.seconds);
  return (negative ? "-" : "") + std::to_string(seconds) + fraction(std::abs(duration.nanos)) + "s";
}

std::string timestampText(Seconds timestamp) {
  const CivilTime time = civilTime(timestamp.seconds);
  std::array<char, 40> buffer{};
  const int size =
      std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d", static_cast<int>(time.year),
                    time.month, time.day, time.hour, time.minute, time.second);
  return std::string(buffer.data(), static_cast<size_t>(size)) + fraction(timestamp.nanos) + "Z";
}

std::optional<int64_t> nanoseconds(Seconds duration) {
  int64_t nanos = 0;
  if (__builtin_mul_overflow(duration.seconds, kNanosPerSecond, &nanos)) return std::nullopt;
  if (__builtin_add_overflow(nanos, int64_t{duration.nanos}, &nanos)) return std::nullopt;
  return nanos;
}

Seconds fromNanoseconds(int64_t nanos) {
  return {nanos / kNanosPerSecond, static_cast<int32_t>(nanos % kNanosPerSecond)};
}

bool isDuration(Seconds duration) { return nanoseconds(duration).has_value(); }
bool isTimestamp(Seconds timestamp) {
  return timestamp.seconds >= -62'135'596'800 && timestamp.seconds <= 253'402'300'799;
}

std::optional<Seconds> addSeconds(Seconds a, Seconds b, bool subtract) {
  Seconds sum;
  const bool overflow = subtract ? __builtin_sub_overflow(a.seconds, b.seconds, &sum.seconds)
                                 : __builtin_add_overflow(a.seconds, b.seconds, &sum.seconds);
  if (overflow) return std::nullopt;
  int64_t nanos = int64_t{a.nanos} + (subtract ? -int64_t{b.nanos} : int64_t{b.nanos});
  int64_t carry = nanos / kNanosPerSecond;
  nanos %= kNanosPerSecond;
  if (__builtin_add_overflow(sum.seconds, carry, &sum.seconds)) return std::nullopt;
  sum.nanos = static_cast<int32_t>(nanos);
  return sum;
}

std::optional<Seconds> readDuration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return Seconds{};
  if (text.empty()) return std::nullopt;
  // In nanoseconds, exactly: whole units, and what a fraction adds.
  __extension__ using Wide = __int128;
  Wide total = 0;
  while (!text.empty()) {
    Wide whole = 0, part = 0, unitOfPart = 1;
    size_t digits = 0;
    for (; !text.empty() && digit(text.front()) >= 0; text.remove_prefix(1), ++digits) {
      whole = whole * 10 + digit(text.front());
      if (whole > (Wide{1} << 63)) return std::nullopt;
    }
    if (takeChar(text, '.')) {
      for (; !text.empty() && digit(text.front()) >= 0; text.remove_prefix(1), ++digits) {
        if (unitOfPart >= Wide{1'000'000'000'000'000}) continue;
        part = part * 10 + digit(text.front());
        unitOfPart *= 10;
      }
    }
    if (digits == 0) return std::nullopt;
    struct Unit {
      std::string_view name;
      int64_t nanos;
    };
    static constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                                 {"us", 1000},
                                                 {"\u00b5s", 1000},
                                                 {"\u03bcs", 1000},
                                                 {"ms", 1'000'000},
                                                 {"s", kNanosPerSecond},
                                                 {"m", 60 * kNanosPerSecond},
                                                 {"h", 3600 * kNanosPerSecond}}};
    const size_t end = std::min(text.find_first_of("0123456789."), text.size());
    const Unit* found = nullptr;
    for (const Unit& unit : kUnits) {
      if (unit.name == text.substr(0, end)) found = &unit;
    }
    if (!found) return std::nullopt;
    text.remove_prefix(end);
    total += whole * found->nanos + part * found->nanos / unitOfPart;
    if (total > (Wide{1} << 63)) return std::nullopt;
  }
  if (negative) total = -total;
  if (total > INT64_MAX || total < INT64_MIN) return std::nullopt;
  return fromNanoseconds(static_cast<int64_t>(total));
}

std::optional<Seconds> readTimestamp(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!takeDigits(text, 4, year) || !takeChar(text, '-') || !takeDigits(text, 2, month) || !takeChar(text, '-') ||
      !takeDigits(text, 2, day) || !takeChar(text, 'T') || !takeDigits(text, 2, hour) || !takeChar(text, ':') ||
      !takeDigits(text, 2, minute) || !takeChar(text, ':') || !takeDigits(text, 2, second)) {
    return std::nullopt;
  }
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  Seconds time;
  // Go takes a comma as well.
  const bool hasFraction = takeChar(text, '.') || takeChar(text, ',');
  if (hasFraction && !takeFraction(text, time.nanos)) return std::nullopt;
  const auto zone = takeZone(text);
  if (!zone || !text.empty()) return std::nullopt;
  time.seconds = daysFromCivil(year, month, day) * 86'400 + hour * 3600 + minute * 60 + second - *zone;
  return time;
}

int64_t daysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t yearOfEra = year - era * 400;
  const int64_t dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719'468;
}

CivilTime civilTime(int64_t seconds) {
  int64_t days = seconds / 86'400, rest = seconds % 86'400;
  if (rest < 0) {
    rest += 86'400;
    --days;
  }
  const int64_t shifted = days + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const int64_t dayOfEra = shifted - era * 146'097;
  const int64_t yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36'524 - dayOfEra / 146'096) / 365;
  const int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const int64_t month = (5 * dayOfYear + 2) / 153;
  CivilTime time;
  time.day = static_cast<int>(dayOfYear - (153 * month + 2) / 5 + 1);
  time.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  time.year = yearOfEra + era * 400 + (time.month <= 2);
  time.hour = static_cast<int>(rest / 3600);
  time.minute = static_cast<int>(rest / 60 % 60);
  time.second = static_cast<int>(rest % 60);
  time.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  time.dayOfYear = static_cast<int>(days - daysFromCivil(time.year, 1, 1));
  return time;
}

}  // namespace cleat::cel
