#include "due.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

#include "batch-common/numbers.h"

namespace cleat::cronjob {

namespace {

using namespace std::chrono;
using Problem = std::unexpected<Trouble>;

// A job is made a moment behind its time, not before it by a clock that is a little off.
constexpr Duration kBehind = milliseconds(100);
constexpr int64_t kMany = 100;

// The time behind which nothing is done yet.
WallTime doneUntil(const Object<CronJob>& cron) {
  auto last = parseTime(cron->getStatus().getLastScheduleTime());
  if (!last) last = parseTime(cron.meta().getCreationTimestamp());
  return last.value_or(WallTime());
}

std::string twoDigits(int64_t number) { return concat(number < 10 ? "0" : "", number); }

}  // namespace

std::expected<Timetable, Trouble> timetableOf(const Object<CronJob>& cron) {
  auto spec = cron->getSpec();
  Timetable timetable;
  if (spec.hasTimeZone()) {
    auto zone = batch::TimeZone::named(view(spec.getTimeZone()));
    const std::string quoted = batch::goQuoted(view(spec.getTimeZone()));
    if (!zone) {
      return Problem(
          {"UnknownTimeZone", concat("invalid timeZone: ", quoted, ": unknown time zone ", spec.getTimeZone())});
    }
    timetable.zone = std::move(*zone);
  } else {
    timetable.zone = batch::TimeZone::ofThisMachine();
  }
  auto schedule = batch::CronSchedule::parse(view(spec.getSchedule()));
  if (!schedule) {
    return Problem({"UnparseableSchedule", concat("unparseable schedule: ", batch::goQuoted(view(spec.getSchedule())),
                                                  " : ", schedule.error())});
  }
  // One that was written before there was a field for the zone.
  if (!schedule->timeZone.empty()) {
    timetable.zone = batch::TimeZone::named(schedule->timeZone).value_or(batch::TimeZone());
  }
  timetable.schedule = std::move(*schedule);
  return timetable;
}

std::expected<Due, Trouble> dueNow(const Object<CronJob>& cron, const Timetable& timetable, WallTime now) {
  auto spec = cron->getSpec();
  const std::optional<seconds> deadline = spec.hasStartingDeadlineSeconds()
                                              ? std::optional(seconds(spec.getStartingDeadlineSeconds().getValue()))
                                              : std::nullopt;
  const WallTime done = doneUntil(cron);
  // Nothing that is older would be made.
  const WallTime since = deadline && *deadline < floor<seconds>(now - done) ? now - *deadline : done;
  auto next = [&](WallTime after) { return batch::nextTime(timetable.schedule, timetable.zone, after); };
  const std::optional<Seconds> first = next(since);
  if (!first) {
    return Problem({"InvalidSchedule", concat("invalid schedule: ", spec.getSchedule(),
                                              " : time difference between two schedules is less than 1 second")});
  }
  Due due;
  due.time = batch::lastTime(timetable.schedule, timetable.zone, since, now);
  if (due.time) {
    const std::optional<Seconds> second = next(*first);
    due.many = second && (floor<seconds>(now) - *first) / (*second - *first) + 1 > kMany;
  } else if (since > done) {
    due.missed = batch::lastTime(timetable.schedule, timetable.zone, done, since);
  }
  const std::optional<Seconds> again =
      timetable.schedule.every ? next(due.time ? WallTime(*due.time) : done) : next(now);
  if (again) due.lookAgain = std::max<Duration>(*again - now, Duration::zero()) + kBehind;
  return due;
}

std::string inZone(Seconds time, const batch::TimeZone& zone) {
  const seconds offset = zone.offset(time);
  std::string text = formatTime(WallTime(time + offset));
  if (offset == seconds::zero()) return text;
  text.pop_back();
  const auto size = duration_cast<minutes>(abs(offset)).count();
  return concat(text, offset < seconds::zero() ? "-" : "+", twoDigits(size / 60), ":", twoDigits(size % 60));
}

std::string forPeople(Seconds time) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return concat(kDays[weekday(day).c_encoding()], ", ", twoDigits(static_cast<unsigned>(date.day())), " ",
                kMonths[static_cast<unsigned>(date.month()) - 1], " ", static_cast<int>(date.year()), " ",
                twoDigits(clock.hours().count()), ":", twoDigits(clock.minutes().count()), ":",
                twoDigits(clock.seconds().count()), " +0000");
}

}  // namespace cleat::cronjob
