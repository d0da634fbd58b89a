// Numbers and times as texts, as Go writes and reads them. Private to the library.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cleat/cel/value.h"

namespace cleat::cel {

std::string shortestNumber(double number);  // 1e+06, 0.1, NaN, +Inf
std::string plainNumber(double number);     // without an exponent, as few digits as tell it apart
std::optional<double> readNumber(std::string_view text);

std::string durationText(Seconds duration);                   // 3.5s
std::string timestampText(Seconds timestamp);                 // 2009-02-13T23:31:30.5Z
std::optional<Seconds> readDuration(std::string_view text);   // 1h15m30.5s
std::optional<Seconds> readTimestamp(std::string_view text);  // RFC 3339

// The sum or difference with its nanoseconds in order; nothing beyond 64 bits of seconds.
std::optional<Seconds> addSeconds(Seconds a, Seconds b, bool subtract);
// The nanoseconds as a duration; nothing where they do not fit in 64 bits.
std::optional<int64_t> nanoseconds(Seconds duration);
Seconds fromNanoseconds(int64_t nanos);

bool isTimestamp(Seconds timestamp);  // within the years 1 to 9999
bool isDuration(Seconds duration);    // fits in 64 bits of nanoseconds

struct CivilTime {
  int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;  // month and day from 1
  int weekday = 4, dayOfYear = 0;                            // Sunday is 0
};
CivilTime civilTime(int64_t seconds);
int64_t daysFromCivil(int64_t year, int month, int day);

// Seconds east of Greenwich at that time, of a zone's name ("Europe/Berlin") or offset ("-02:30"); nothing where there
// is no such zone.
std::optional<int64_t> zoneOffset(std::string_view zone, int64_t seconds);

}  // namespace cleat::cel
