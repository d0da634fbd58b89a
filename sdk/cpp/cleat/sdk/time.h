// Time as a plugin sees it: two clocks of the host (Context::now and Context::wallNow), and the texts in which
// Kubernetes writes points in time. Plugins read no other clock, so that a simulated host can run them at any speed.
#pragma once

#include <capnp/blob.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cleat {

using Duration = std::chrono::nanoseconds;

// The clock that never goes back: for deadlines and for measuring.
struct HostClock {
  using rep = int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<HostClock, Duration>;
  static constexpr bool is_steady = true;
};
using Instant = HostClock::time_point;

// Since the Unix epoch: for what is written into objects.
using WallTime = std::chrono::sys_time<Duration>;

// "2026-03-01T12:00:00Z", and with microseconds "2026-03-01T12:00:00.000000Z" (the format "micro-time").
std::string formatTime(WallTime time);
std::string formatMicroTime(WallTime time);
// Any RFC 3339 text, with any number of digits of a second and any offset. None if it is not one.
std::optional<WallTime> parseTime(std::string_view text);
template <std::same_as<capnp::Text::Reader> T>
std::optional<WallTime> parseTime(T text) {
  return parseTime(std::string_view(text.begin(), text.size()));
}

// "1h30m", "5s", "250ms", as Go writes durations (and Kubernetes its settings).
std::optional<Duration> parseDuration(std::string_view text);
std::string formatDuration(Duration duration);

}  // namespace cleat
