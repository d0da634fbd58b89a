#include "batch-common/cron_schedule.h"

#include <gtest/gtest.h>

#include "batch-common/time_zones.h"

namespace cleat::batch {
namespace {

using namespace std::chrono_literals;

uint64_t bits(std::initializer_list<int> numbers) {
  uint64_t set = 0;
  for (int number : numbers) set |= 1ull << number;
  return set;
}

CronSchedule parsed(std::string_view text) {
  auto schedule = CronSchedule::parse(text);
  EXPECT_TRUE(schedule) << text << ": " << (schedule ? "" : schedule.error());
  return schedule.value_or(CronSchedule{});
}

TEST(CronSchedules, NameTheirTimes) {
  CronSchedule schedule = parsed("*/20 8-10,23 1,15 jan-MAR/2 fri");
  EXPECT_EQ(schedule.minutes, bits({0, 20, 40}));
  EXPECT_EQ(schedule.hours, bits({8, 9, 10, 23}));
  EXPECT_EQ(schedule.daysOfMonth, bits({1, 15}));
  EXPECT_EQ(schedule.months, bits({1, 3}));
  EXPECT_EQ(schedule.daysOfWeek, bits({5}));
  EXPECT_FALSE(schedule.anyDayOfMonth);
  EXPECT_FALSE(schedule.anyDayOfWeek);
}

TEST(CronSchedules, GoOnToTheEndFromANumberWithAStep) { EXPECT_EQ(parsed("50/4 * * * *").minutes, bits({50, 54, 58})); }

TEST(CronSchedules, LeaveDaysOpenWithAStarAlone) {
  EXPECT_TRUE(parsed("0 0 * * ?").anyDayOfMonth);
  EXPECT_TRUE(parsed("0 0 * * ?").anyDayOfWeek);
  EXPECT_TRUE(parsed("0 0 */1 * *").anyDayOfMonth);
  EXPECT_FALSE(parsed("0 0 */2 * *").anyDayOfMonth);
}

TEST(CronSchedules, HaveNames) {
  EXPECT_EQ(parsed("@weekly").daysOfWeek, bits({0}));
  EXPECT_EQ(parsed("@hourly").minutes, bits({0}));
  EXPECT_EQ(parsed("@every 1h30m").every, std::optional<Duration>(90min));
  EXPECT_EQ(parsed("@every 1ms").every, std::optional<Duration>(1s));
}

TEST(CronSchedules, CanBeginWithAZone) {
  CronSchedule schedule = parsed("CRON_TZ=UTC   5 * * * *");
  EXPECT_EQ(schedule.timeZone, "UTC");
  EXPECT_EQ(schedule.minutes, bits({5}));
}

TEST(CronSchedules, AreRefusedInTheWordsThatClientsKnow) {
  for (
      auto [text, error] : std::vector<std::pair<std::string, std::string>>{
          {"", "empty spec string"},
          {"* * * *", "expected exactly 5 fields, found 4: [* * * *]"},
          {"60 * * * *", "end of range (60) above maximum (59): 60"},
          {"* * 0 * *", "beginning of range (0) below minimum (1): 0"},
          {"5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"},
          {"*/0 * * * *", "step of range should be a positive number: */0"},
          {"1-2-3 * * * *", "too many hyphens: 1-2-3"},
          {"1/2/3 * * * *", "too many slashes: 1/2/3"},
          {"a * * * *", "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax"},
          {"99999999999999999999 * * * *",
           "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": value out of range"},
          {"@often", "unrecognized descriptor: @often"},
          {"@every x", "failed to parse duration @every x: time: invalid duration \"x\""},
          {"TZ=Nowhere/Land * * * * *", "provided bad location Nowhere/Land: unknown time zone Nowhere/Land"},
          {"TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"}}) {
    auto schedule = CronSchedule::parse(text);
    ASSERT_FALSE(schedule) << text;
    EXPECT_EQ(schedule.error(), error);
  }
}

TEST(TimeZones, AreThoseOfTheMachineAndNoOtherFiles) {
  EXPECT_TRUE(isTimeZone("UTC"));
  for (const char* name : {"", "Nowhere", "..", "../../etc/passwd", "/etc/passwd", "UTC/", "-x", "zone.tab", "A B"}) {
    EXPECT_FALSE(isTimeZone(name)) << name;
  }
  EXPECT_FALSE(isTimeZoneName("Abcdefghijklmno"));
  EXPECT_TRUE(isTimeZoneName("Etc/GMT+12"));
}

}  // namespace
}  // namespace cleat::batch
