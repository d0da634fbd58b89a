#include <cleat/sdk/time.h>

#include <array>
#include <cstdio>

namespace cleat {
namespace {

using namespace std::chrono;

std::string dateAndTime(sys_seconds time) {
  sys_days day = floor<days>(time);
  year_month_day date(day);
  hh_mm_ss clock(time - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

// Reads a text from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool atEnd() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool isDigit() const { return peek() >= '0' && peek() <= '9'; }
  int digit() {
    int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }
  // Exactly `count` digits.
  std::optional<int> number(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      if (!isDigit()) return std::nullopt;
      value = value * 10 + digit();
    }
    return value;
  }
  // Digits behind a decimal point, as nanoseconds of `unit`.
  Duration fraction(Duration unit) {
    int64_t count = 0;
    int64_t scale = unit.count();
    while (isDigit()) {
      scale /= 10;
      count += digit() * scale;
    }
    return Duration(count);
  }

 private:
  std::string_view rest_;
};

std::optional<minutes> offset(Scanner& scan) {
  if (scan.take('Z') || scan.take('z')) return minutes(0);
  int sign = scan.take('-') ? -1 : scan.take('+') ? 1 : 0;
  if (sign == 0) return std::nullopt;
  auto hour = scan.number(2);
  if (!hour || !scan.take(':')) return std::nullopt;
  auto minute = scan.number(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  return sign * minutes(*hour * 60 + *minute);
}

struct Unit {
  std::string_view name;
  Duration length;
};
// The longer names first, where one begins with another.
constexpr std::array<Unit, 8> kUnits = {{{"ns", nanoseconds(1)},
                                         {"us", microseconds(1)},
                                         {"µs", microseconds(1)},
                                         {"ms", milliseconds(1)},
                                         {"s", seconds(1)},
                                         {"m", minutes(1)},
                                         {"h", hours(1)},
                                         {"d", hours(24)}}};

}  // namespace

std::string formatTime(WallTime time) { return dateAndTime(floor<seconds>(time)) + "Z"; }

std::string formatMicroTime(WallTime time) {
  sys_seconds second = floor<seconds>(time);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%06dZ",
                static_cast<int>(duration_cast<microseconds>(time - second).count()));
  return dateAndTime(second) + fraction;
}

std::optional<WallTime> parseTime(std::string_view text) {
  Scanner scan(text);
  auto year = scan.number(4);
  if (!year || !scan.take('-')) return std::nullopt;
  auto month = scan.number(2);
  if (!month || !scan.take('-')) return std::nullopt;
  auto day = scan.number(2);
  if (!day || !(scan.take('T') || scan.take('t'))) return std::nullopt;
  auto hour = scan.number(2);
  if (!hour || !scan.take(':')) return std::nullopt;
  auto minute = scan.number(2);
  if (!minute || !scan.take(':')) return std::nullopt;
  auto second = scan.number(2);
  if (!second) return std::nullopt;
  Duration fraction{};
  if (scan.take('.') || scan.take(',')) {
    if (!scan.isDigit()) return std::nullopt;
    fraction = scan.fraction(seconds(1));
  }
  auto shift = offset(scan);
  year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                      std::chrono::day(static_cast<unsigned>(*day))};
  // The range of nanoseconds in 64 bits, with a year to spare at each end.
  if (!shift || !scan.atEnd() || !date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  if (*year < 1679 || *year > 2261) return std::nullopt;
  return WallTime(sys_days(date)) + hours(*hour) + minutes(*minute) + seconds(*second) + fraction - *shift;
}

std::optional<Duration> parseDuration(std::string_view text) {
  Scanner scan(text);
  bool negative = scan.take('-');
  if (!negative) scan.take('+');
  if (scan.atEnd()) return std::nullopt;
  if (scan.take('0') && scan.atEnd()) return Duration(0);
  scan = Scanner(text.substr(text.front() == '-' || text.front() == '+' ? 1 : 0));
  __extension__ __int128 total = 0;
  while (!scan.atEnd()) {
    __extension__ __int128 whole = 0;
    bool digits = scan.isDigit();
    while (scan.isDigit() && whole < INT64_MAX) whole = whole * 10 + scan.digit();
    Scanner fraction("");
    if (scan.take('.')) {
      fraction = scan;
      digits = digits || scan.isDigit();
      while (scan.isDigit()) scan.digit();
    }
    if (!digits) return std::nullopt;
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (unit == nullptr && scan.take(candidate.name)) unit = &candidate;
    }
    if (unit == nullptr) return std::nullopt;
    total += whole * unit->length.count() + fraction.fraction(unit->length).count();
    if (total > INT64_MAX) return std::nullopt;
  }
  return Duration(static_cast<int64_t>(negative ? -total : total));
}

std::string formatDuration(Duration duration) {
  if (duration.count() == 0) return "0s";
  std::string text;
  uint64_t left = static_cast<uint64_t>(duration.count());
  if (duration.count() < 0) {
    text = "-";
    left = 0 - left;
  }
  auto fractional = [&](uint64_t unit, const char* name) {
    text += std::to_string(left / unit);
    std::string digits = std::to_string(unit + left % unit).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (left % unit != 0) text += "." + digits;
    text += name;
  };
  if (left < 1'000) {
    fractional(1, "ns");
  } else if (left < 1'000'000) {
    fractional(1'000, "µs");
  } else if (left < 1'000'000'000) {
    fractional(1'000'000, "ms");
  } else {
    uint64_t wholeMinutes = left / 60'000'000'000;
    left %= 60'000'000'000;
    if (wholeMinutes >= 60) text += std::to_string(wholeMinutes / 60) + "h";
    if (wholeMinutes > 0) text += std::to_string(wholeMinutes % 60) + "m";
    fractional(1'000'000'000, "s");
  }
  return text;
}

}  // namespace cleat
