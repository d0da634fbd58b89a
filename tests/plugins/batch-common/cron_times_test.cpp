#include "batch-common/cron_times.h"

#include <cleat/sdk/time.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cleat::batch {
namespace {

using testing::ElementsAre;

TimeZone zoneOf(const char* name) {
  auto zone = TimeZone::named(name);
  EXPECT_TRUE(zone) << name;
  return zone.value_or(TimeZone());
}

std::string nextIn(std::string_view schedule, std::string_view after, const char* zone = "UTC") {
  auto next = nextTime(*CronSchedule::parse(schedule), zoneOf(zone), *parseTime(after));
  return next ? formatTime(WallTime(*next)) : "never";
}
std::vector<std::string> times(size_t count, std::string_view schedule, std::string after, const char* zone = "UTC") {
  std::vector<std::string> all;
  while (all.size() < count) all.push_back(after = nextIn(schedule, after, zone));
  return all;
}
std::string last(std::string_view schedule, std::string_view after, std::string_view until) {
  auto time = lastTime(*CronSchedule::parse(schedule), TimeZone(), *parseTime(after), *parseTime(until));
  return time ? formatTime(WallTime(*time)) : "none";
}

TEST(CronTimes, FollowTheSchedule) {
  struct Case {
    const char *schedule, *after, *next;
  };
  for (const Case& one : {
           Case{"* * * * *", "2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z"},
           Case{"* * * * *", "2026-03-01T12:00:59.9Z", "2026-03-01T12:01:00Z"},
           Case{"*/15 * * * *", "2026-03-01T12:46:00Z", "2026-03-01T13:00:00Z"},
           Case{"30 8 * * *", "2026-03-01T08:30:00Z", "2026-03-02T08:30:00Z"},
           Case{"0 0 31 * *", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"},
           Case{"0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
           Case{"30 8 * * mon-fri", "2026-02-27T08:30:00Z", "2026-03-02T08:30:00Z"},
           Case{"0 0 13 * fri", "2026-03-01T00:00:00Z", "2026-03-06T00:00:00Z"},
           Case{"0 0 1 1 *", "2026-03-01T12:00:00Z", "2027-01-01T00:00:00Z"},
           Case{"@hourly", "2026-12-31T23:30:00Z", "2027-01-01T00:00:00Z"},
           Case{"@every 90s", "2026-03-01T12:00:00.5Z", "2026-03-01T12:01:30Z"},
           Case{"59 23 31 2 *", "2026-03-01T00:00:00Z", "never"},
       }) {
    EXPECT_EQ(nextIn(one.schedule, one.after), one.next) << one.schedule << " after " << one.after;
  }
}

TEST(CronTimes, AreThoseOfTheZone) {
  EXPECT_EQ(nextIn("30 8 * * *", "2026-01-10T00:00:00Z", "Europe/Vienna"), "2026-01-10T07:30:00Z");
  EXPECT_EQ(nextIn("30 8 * * *", "2026-07-10T00:00:00Z", "Europe/Vienna"), "2026-07-10T06:30:00Z");
  EXPECT_EQ(nextIn("0 0 * * *", "2026-07-10T00:00:00Z", "Asia/Kolkata"), "2026-07-10T18:30:00Z");
  EXPECT_EQ(nextIn("0 9 1 * *", "2026-12-01T00:00:00Z", "America/New_York"), "2026-12-01T14:00:00Z");
}

TEST(CronTimes, WhatTheClocksLeaveOutIsNotDue) {
  // On the 29th of March the clocks go from two to three.
  EXPECT_THAT(times(2, "30 2 * * *", "2026-03-28T00:00:00Z", "Europe/Vienna"),
              ElementsAre("2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"));
  EXPECT_THAT(times(3, "0 * * * *", "2026-03-29T00:00:00Z", "Europe/Vienna"),
              ElementsAre("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z", "2026-03-29T03:00:00Z"));
}

TEST(CronTimes, WhatTheClocksShowTwiceIsDueTwice) {
  EXPECT_THAT(times(3, "30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Vienna"),
              ElementsAre("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"));
}

TEST(CronTimes, ADayMayBeginAtOne) {
  // In Beirut the clocks go from midnight to one.
  EXPECT_THAT(times(2, "0 1 * * *", "2026-03-28T00:00:00Z", "Asia/Beirut"),
              ElementsAre("2026-03-28T22:00:00Z", "2026-03-29T22:00:00Z"));
}

TEST(CronTimes, TheLastOneIsFoundHoweverManyThereWere) {
  EXPECT_EQ(last("*/5 * * * *", "2026-03-01T12:01:00Z", "2026-03-01T12:04:00Z"), "none");
  EXPECT_EQ(last("*/5 * * * *", "2026-03-01T12:01:00Z", "2026-03-01T12:05:00Z"), "2026-03-01T12:05:00Z");
  EXPECT_EQ(last("* * * * *", "2006-01-01T00:00:00Z", "2026-03-01T12:05:30Z"), "2026-03-01T12:05:00Z");
  EXPECT_EQ(last("0,1 3 * * *", "2026-01-01T00:00:00Z", "2026-03-01T12:00:00Z"), "2026-03-01T03:01:00Z");
  EXPECT_EQ(last("* * 1 1 *", "2026-01-01T00:00:00Z", "2026-12-01T12:00:00Z"), "2026-01-01T23:59:00Z");
  EXPECT_EQ(last("@every 7m", "2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z"), "2026-03-01T12:56:00Z");
}

// -- Zones --

std::string offsetIn(const TimeZone& zone, std::string_view at) {
  return formatDuration(zone.offset(std::chrono::floor<std::chrono::seconds>(*parseTime(at))));
}

TEST(TimeZones, KnowTheirOffsets) {
  const TimeZone vienna = zoneOf("Europe/Vienna");
  EXPECT_EQ(offsetIn(vienna, "2026-03-29T00:59:59Z"), "1h0m0s");
  EXPECT_EQ(offsetIn(vienna, "2026-03-29T01:00:00Z"), "2h0m0s");
  EXPECT_EQ(offsetIn(vienna, "2026-10-25T00:59:59Z"), "2h0m0s");
  EXPECT_EQ(offsetIn(vienna, "2026-10-25T01:00:00Z"), "1h0m0s");
  EXPECT_EQ(offsetIn(vienna, "1950-07-01T00:00:00Z"), "1h0m0s");
  EXPECT_EQ(offsetIn(vienna, "2077-07-01T00:00:00Z"), "2h0m0s") << "beyond what the file lists";
  EXPECT_EQ(offsetIn(zoneOf("Australia/Lord_Howe"), "2077-01-01T00:00:00Z"), "11h0m0s");
  EXPECT_EQ(offsetIn(zoneOf("Australia/Lord_Howe"), "2077-07-01T00:00:00Z"), "10h30m0s");
  EXPECT_EQ(offsetIn(TimeZone(), "2026-03-29T01:00:00Z"), "0s");
  EXPECT_FALSE(TimeZone::named("Mars/Olympus"));
  EXPECT_FALSE(TimeZone::named("../../etc/passwd"));
}

TEST(TimeZones, AFileThatIsNoneIsRefused) {
  EXPECT_FALSE(TimeZone::parse(""));
  EXPECT_FALSE(TimeZone::parse("TZif2"));
  std::string many = "TZif2";
  many.append(15, '\0');
  many.append(24, '\x7f');
  EXPECT_FALSE(TimeZone::parse(many));
}

std::string byRule(std::string_view rule, std::string_view at) {
  auto parsed = ZoneRule::parse(rule);
  if (!parsed) return "refused";
  return formatDuration(parsed->offset(std::chrono::floor<std::chrono::seconds>(*parseTime(at))));
}

TEST(ZoneRules, SayWhenTheClocksChange) {
  EXPECT_EQ(byRule("CET-1CEST,M3.5.0,M10.5.0/3", "2050-03-27T00:59:59Z"), "1h0m0s");
  EXPECT_EQ(byRule("CET-1CEST,M3.5.0,M10.5.0/3", "2050-03-27T01:00:00Z"), "2h0m0s");
  EXPECT_EQ(byRule("<-03>3", "2050-03-27T00:00:00Z"), "-3h0m0s");
  EXPECT_EQ(byRule("<+0545>-5:45", "2050-03-27T00:00:00Z"), "5h45m0s");
  EXPECT_EQ(byRule("AEST-10AEDT,M10.1.0,M4.1.0/3", "2050-01-01T00:00:00Z"), "11h0m0s");
  EXPECT_EQ(byRule("AEST-10AEDT,M10.1.0,M4.1.0/3", "2050-07-01T00:00:00Z"), "10h0m0s");
  EXPECT_EQ(byRule("XST5XDT4,J60,J300", "2048-02-29T12:00:00Z"), "-5h0m0s");
  EXPECT_EQ(byRule("XST5XDT4,J60,J300", "2048-03-01T12:00:00Z"), "-4h0m0s");
  EXPECT_EQ(byRule("XST5XDT4,59,300", "2048-02-29T12:00:00Z"), "-4h0m0s");
}

TEST(ZoneRules, AreRefusedWhereTheyAreWrong) {
  for (const char* wrong : {"", "CET", "C-1", "CET-1CEST", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x",
                            "<CET-1", "CET-1CEST,M3.0.0,M10.5.0"}) {
    EXPECT_EQ(byRule(wrong, "2026-01-01T00:00:00Z"), "refused") << wrong;
  }
}

}  // namespace
}  // namespace cleat::batch
