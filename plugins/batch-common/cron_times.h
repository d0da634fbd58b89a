// When a schedule is due, in a time zone. Where clocks are put forward, what they leave out is not due that day; where
// they are put back, it is due twice.
#pragma once

#include <optional>

#include "batch-common/cron_schedule.h"
#include "batch-common/time_zone.h"

namespace cleat::batch {

// The next time behind `after`. None within five years: never.
std::optional<Seconds> nextTime(const CronSchedule& schedule, const TimeZone& zone, WallTime after);

// The last time behind `after` that is not behind `until`. Quick however long that is.
std::optional<Seconds> lastTime(const CronSchedule& schedule, const TimeZone& zone, WallTime after, WallTime until);

}  // namespace cleat::batch
