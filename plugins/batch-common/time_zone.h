// TimeZone: how far a zone's clocks are from UTC, at any time. Read from the machine's tz database (RFC 9636), whose
// last line says how it goes on for ever.
//
//   auto zone = TimeZone::named("Europe/Vienna");
//   LocalTime wall = zone->local(now);          // what the clocks show
//
// A value; no threads involved.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::batch {

using Seconds = std::chrono::sys_seconds;
// What a zone's clocks show; several times may show the same, and some are never shown.
using LocalTime = std::chrono::local_seconds;

// A zone's rule as POSIX writes it in the variable TZ ("CET-1CEST,M3.5.0,M10.5.0/3").
class ZoneRule {
 public:
  static std::optional<ZoneRule> parse(std::string_view text);
  std::chrono::seconds offset(Seconds at) const;

 private:
  // A day of each year, and the time on it.
  struct Change {
    enum class Kind { month, julian, dayOfYear } kind = Kind::month;
    unsigned month = 1, week = 1, day = 0;
    std::chrono::seconds time = std::chrono::hours(2);
    LocalTime in(std::chrono::year year) const;
  };
  class Reader;

  std::chrono::seconds standard_{}, summer_{};
  bool changes_ = false;  // there is a summer time
  Change begin_, end_;
};

class TimeZone {
 public:
  // UTC.
  TimeZone() = default;
  // None if this machine knows no such zone.
  static std::optional<TimeZone> named(std::string_view name);
  // That of this machine: as the variable TZ says, or /etc/localtime; else UTC.
  static TimeZone ofThisMachine();
  static std::optional<TimeZone> parse(std::string_view file);

  std::chrono::seconds offset(Seconds at) const;
  LocalTime local(Seconds at) const { return LocalTime(at.time_since_epoch() + offset(at)); }
  // The first time at which the clocks show this, or are past it because they leave it out.
  Seconds first(LocalTime shown) const;

 private:
  struct Transition {
    Seconds at;
    std::chrono::seconds offset;
  };
  std::chrono::seconds before_{};
  std::vector<Transition> transitions_;
  std::optional<ZoneRule> after_;
};

}  // namespace cleat::batch
