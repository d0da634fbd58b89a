// Times as the API writes them: RFC 3339 in UTC, with seconds ("2006-01-02T15:04:05Z") or microseconds
// ("2006-01-02T15:04:05.000000Z"). The clock is the caller's.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace cleat::object {

struct TimePoint {
  int64_t seconds = 0;  // since the Unix epoch
  int32_t nanos = 0;    // 0 … 999,999,999
  bool operator==(const TimePoint&) const = default;
  auto operator<=>(const TimePoint&) const = default;
};

// The years 0 to 9999, which are all that RFC 3339 can write.
inline constexpr int64_t kFirstSecond = -62167219200, kLastSecond = 253402300799;

// Any offset and fraction; the years 0 to 9999 in UTC.
Result<TimePoint> parseTime(std::string_view text);
std::string formatTime(TimePoint time);
std::string formatMicroTime(TimePoint time);
// The same of nanoseconds since the epoch, as Executor::wallNow() gives them.
std::string formatTime(int64_t wallNanos);
std::string formatMicroTime(int64_t wallNanos);

}  // namespace cleat::object
