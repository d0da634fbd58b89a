// CronSchedule: the times that a CronJob's schedule names. Written as cron does ("30 8 * * mon-fri"), or as one of
// "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly" and "@every 1h30m". Errors are worded
// as clients of Kubernetes know them. A value; no threads involved.
#pragma once

#include <cleat/sdk/time.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace cleat::batch {

struct CronSchedule {
  // Bit N stands for N: minutes from 0, days of the month and months from 1, days of the week from 0, which is Sunday.
  uint64_t minutes = 0, hours = 0, daysOfMonth = 0, months = 0, daysOfWeek = 0;
  // Where both fields of days say something, a day is meant that fits either of them. One that is "*" says nothing.
  bool anyDayOfMonth = false, anyDayOfWeek = false;
  // "@every": a time after the one before, whatever it was. The fields above then say nothing.
  std::optional<Duration> every;
  // What stands in front of the schedule as TZ= or CRON_TZ=; empty: nothing does.
  std::string timeZone;

  static std::expected<CronSchedule, std::string> parse(std::string_view text);
};

}  // namespace cleat::batch
