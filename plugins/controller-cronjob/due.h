// For which time a CronJob has a job to make now, and when to look again. Decided on what there is; nothing is written.
#pragma once

#include <cleat/sdk/kinds/batch_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include <optional>
#include <string>

#include "batch-common/cron_times.h"

namespace cleat::cronjob {

using batch::Seconds;
using batch_v1::CronJob;

// When it is due, and in which zone. The error is an event: a reason and a message.
struct Trouble {
  const char* reason;
  std::string message;
};
struct Timetable {
  batch::CronSchedule schedule;
  batch::TimeZone zone;
};
std::expected<Timetable, Trouble> timetableOf(const Object<CronJob>& cron);

struct Due {
  std::optional<Seconds> time;    // the last one that has passed; those before it are missed for good
  std::optional<Seconds> missed;  // none has passed but this one, and startingDeadlineSeconds after it are over
  bool many = false;              // more than a hundred have passed
  Duration lookAgain{};           // zero: it is never due again
};
std::expected<Due, Trouble> dueNow(const Object<CronJob>& cron, const Timetable& timetable, WallTime now);

// "2026-03-01T08:30:00+01:00"
std::string inZone(Seconds time, const batch::TimeZone& zone);
// "Sun, 01 Mar 2026 07:30:00 +0000"
std::string forPeople(Seconds time);

}  // namespace cleat::cronjob
