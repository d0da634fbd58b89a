#include "batch-common/cron_times.h"

#include <algorithm>

namespace cleat::batch {

namespace {

using namespace std::chrono;

constexpr years kHorizon(5);

bool isIn(uint64_t set, unsigned number) { return (set >> number & 1) != 0; }

bool fitsDay(const CronSchedule& schedule, local_days day) {
  const bool ofMonth = isIn(schedule.daysOfMonth, static_cast<unsigned>(year_month_day(day).day()));
  const bool ofWeek = isIn(schedule.daysOfWeek, weekday(day).c_encoding());
  return schedule.anyDayOfMonth || schedule.anyDayOfWeek ? ofMonth && ofWeek : ofMonth || ofWeek;
}

// The time itself if it is due, or a later one before which nothing is.
Seconds stepped(const CronSchedule& schedule, const TimeZone& zone, Seconds at) {
  const LocalTime shown = zone.local(at);
  const local_days day = floor<days>(shown);
  const year_month_day date(day);
  if (!isIn(schedule.months, static_cast<unsigned>(date.month()))) {
    return zone.first(local_days((date.year() / date.month() + months(1)) / 1));
  }
  if (!fitsDay(schedule, day)) return zone.first(day + days(1));
  const hh_mm_ss time(shown - day);
  if (!isIn(schedule.hours, static_cast<unsigned>(time.hours().count()))) {
    return at - time.minutes() - time.seconds() + hours(1);
  }
  if (!isIn(schedule.minutes, static_cast<unsigned>(time.minutes().count()))) return at + minutes(1);
  return at;
}

}  // namespace

std::optional<Seconds> nextTime(const CronSchedule& schedule, const TimeZone& zone, WallTime after) {
  const Seconds from = floor<seconds>(after);
  if (schedule.every) return from + duration_cast<seconds>(*schedule.every);
  // No zone that is in use has seconds in its offset.
  for (Seconds at = floor<minutes>(from) + minutes(1); at < from + kHorizon;) {
    const Seconds next = stepped(schedule, zone, at);
    if (next == at) return at;
    at = std::max(next, at + minutes(1));
  }
  return std::nullopt;
}

std::optional<Seconds> lastTime(const CronSchedule& schedule, const TimeZone& zone, WallTime after, WallTime until) {
  std::optional<Seconds> last = nextTime(schedule, zone, after);
  if (!last || *last > until) return std::nullopt;
  if (schedule.every) {
    const auto every = duration_cast<seconds>(*schedule.every);
    return *last + (floor<seconds>(until) - *last) / every * every;
  }
  // It is not before `last`, and not behind `latest`.
  for (Seconds latest = floor<seconds>(until);;) {
    std::optional<Seconds> next = nextTime(schedule, zone, *last);
    if (!next || *next > until) return last;
    last = next;
    const Seconds middle = *last + (latest - *last) / 2;
    next = nextTime(schedule, zone, middle);
    if (next && *next <= until) {
      last = next;
    } else {
      latest = middle;
    }
  }
}

}  // namespace cleat::batch
