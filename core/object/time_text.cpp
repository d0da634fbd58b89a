#include "core/object/time_text.h"

#include <cleat/sdk/text.h>

#include <cstdlib>
#include <utility>

namespace cleat::object {

namespace {

constexpr size_t kShownBytes = 100;  // of a text that is no time

// Days since 1970-01-01 of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date
// algorithms").
int64_t daysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t yearOfEra = year - era * 400;
  int64_t dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

struct Civil {
  int64_t year;
  int month, day;
};

Civil civilFromDays(int64_t days) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t dayOfEra = days - era * 146097;
  int64_t yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  int64_t shifted = (5 * dayOfYear + 2) / 153;
  int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {yearOfEra + era * 400 + (month <= 2), month, static_cast<int>(dayOfYear - (153 * shifted + 2) / 5 + 1)};
}

int daysIn(int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  // A number of exactly `digits` digits between the bounds.
  bool number(size_t digits, int low, int high, int& out) {
    if (rest_.size() < digits) return false;
    out = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      out = out * 10 + (rest_[i] - '0');
    }
    if (out < low || out > high) return false;
    rest_.remove_prefix(digits);
    return true;
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool fraction(int32_t& nanos) {
    if (!take('.')) return true;
    int32_t unit = 100'000'000;
    size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      nanos += (rest_[digits] - '0') * unit;
      unit /= 10;
    }
    rest_.remove_prefix(digits);
    return digits > 0;
  }
  bool offset(int64_t& seconds) {
    if (take('Z')) return true;
    bool west = rest_.starts_with('-');
    if (!west && !rest_.starts_with('+')) return false;
    rest_.remove_prefix(1);
    int hours, minutes;
    if (!number(2, 0, 23, hours) || !take(':') || !number(2, 0, 59, minutes)) return false;
    seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
  }
  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

TimePoint fromNanos(int64_t wallNanos) {
  int64_t seconds = wallNanos / 1'000'000'000;
  int64_t nanos = wallNanos % 1'000'000'000;
  if (nanos < 0) {
    nanos += 1'000'000'000;
    --seconds;
  }
  return {seconds, static_cast<int32_t>(nanos)};
}

// At least so many digits, zeros before.
void addDigits(std::string& text, int number, size_t least) {
  char digits[12];
  char* first = digits + sizeof digits;
  for (; number > 0 || first > digits + sizeof digits - least; number /= 10) {
    *--first = static_cast<char>('0' + number % 10);
  }
  text.append(first, digits + sizeof digits);
}

std::string format(TimePoint time, bool micros) {
  int64_t days = time.seconds / 86400, second = time.seconds % 86400;
  if (second < 0) {
    second += 86400;
    --days;
  }
  const Civil civil = civilFromDays(days);
  const auto ofDay = static_cast<int>(second);
  std::string text;
  text.reserve(sizeof "2006-01-02T15:04:05.000000Z");
  if (civil.year < 0) text += '-';
  addDigits(text, static_cast<int>(std::abs(civil.year)), 4);
  for (const auto& [before, number] : {std::pair('-', civil.month),
                                       {'-', civil.day},
                                       {'T', ofDay / 3600},
                                       {':', ofDay / 60 % 60},
                                       {':', ofDay % 60}}) {
    text += before;
    addDigits(text, number, 2);
  }
  if (micros) {
    text += '.';
    addDigits(text, time.nanos / 1000, 6);
  }
  return text += 'Z';
}

}  // namespace

Result<TimePoint> parseTime(std::string_view text) {
  Reader in(text);
  int year = 0, month = 0, day, hour, minute, second;
  TimePoint time;
  int64_t offset = 0;
  // What is being read, as Go's layout has it, and where it begins.
  std::string_view element, rest;
  const auto next = [&](std::string_view name, auto&& read) {
    element = name;
    rest = in.rest();
    return read();
  };
  const auto number = [&](std::string_view name, size_t digits, int least, int most, int& value) {
    return next(name, [&] { return in.number(digits, least, most, value); });
  };
  const auto take = [&](std::string_view one) { return next(one, [&] { return in.take(one[0]); }); };
  bool fits = number("2006", 4, 0, 9999, year) && take("-") && number("01", 2, 1, 12, month) && take("-") &&
              number("02", 2, 1, daysIn(year, month), day) && take("T") && number("15", 2, 0, 23, hour) && take(":") &&
              number("04", 2, 0, 59, minute) && take(":") && number("05", 2, 0, 59, second) &&
              next("Z07:00", [&] { return in.fraction(time.nanos) && in.offset(offset); });
  if (fits) {
    time.seconds = daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    // An offset can lead out of the years that can be written.
    if (in.done() && time.seconds >= kFirstSecond && time.seconds <= kLastSecond) return time;
  }
  const std::string message =
      concat("parsing time ", inQuotes(text.substr(0, kShownBytes)), " as \"2006-01-02T15:04:05Z07:00\": ");
  if (fits)
    return fail(Status::badRequest(concat(message, "extra text: ", inQuotes(in.rest().substr(0, kShownBytes)))));
  return fail(Status::badRequest(
      concat(message, "cannot parse ", inQuotes(rest.substr(0, kShownBytes)), " as ", inQuotes(element))));
}

std::string formatTime(TimePoint time) { return format(time, false); }
std::string formatMicroTime(TimePoint time) { return format(time, true); }
std::string formatTime(int64_t wallNanos) { return format(fromNanos(wallNanos), false); }
std::string formatMicroTime(int64_t wallNanos) { return format(fromNanos(wallNanos), true); }

}  // namespace cleat::object
