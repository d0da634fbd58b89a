#include <cleat/sdk/kinds/batch_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using batch_v1::CronJob;
using batch_v1::Job;
using core_v1::Event;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// The host's clock begins with the year 2026.
class CronJobTest : public testing::Test {
 protected:
  CronJobTest() {
    host.know<CronJob>();
    host.know<Job>();
    host.know<Event>();
    start();
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  static Draft<CronJob> makeCron(const std::string& schedule = "*/5 * * * *") {
    auto cron = test::named<CronJob>("default", "tick");
    auto spec = cron->initSpec();
    spec.setSchedule(schedule);
    spec.setTimeZone("UTC");
    spec.setConcurrencyPolicy("Allow");
    spec.initSuspend().setValue(false);
    spec.initSuccessfulJobsHistoryLimit().setValue(3);
    spec.initFailedJobsHistoryLimit().setValue(1);
    auto pattern = spec.initJobTemplate();
    test::setLabels(pattern.initMetadata(), {{"app", "tick"}});
    setAnnotation(pattern.getMetadata(), "note", "mine");
    pattern.initSpec().initCompletions().setValue(7);
    return cron;
  }
  void put(Draft<CronJob> cron) {
    host.put(std::move(cron));
    host.settle();
  }
  template <class F>
  void change(F edit) {
    host.change<CronJob>("default", "tick", edit);
    host.settle();
  }
  Object<CronJob> cron() { return host.get<CronJob>("default", "tick"); }
  // By their times: "00:05".
  std::vector<std::string> jobs() {
    std::vector<std::string> all;
    for (const auto& job : host.list<Job>()) {
      auto time = annotation(job.meta(), "batch.kubernetes.io/cronjob-scheduled-timestamp");
      all.push_back(time ? str(time->substr(11, 5)) : str(job.name()));
    }
    std::ranges::sort(all);
    return all;
  }
  std::vector<std::string> active() {
    std::vector<std::string> names;
    for (auto job : cron()->getStatus().getActive()) names.push_back(str(job.getName()));
    return names;
  }
  void end(const std::string& name, const std::string& type = "Complete") {
    host.change<Job>("default", name, [&](auto job) {
      const std::string now = formatTime(host.wallNow());
      if (!job.getStatus().hasStartTime()) job.getStatus().setStartTime(now);
      setCondition<batch_v1::JobCondition>(job.getStatus(), {type, "True", "", "", now});
      if (type == "Complete") job.getStatus().setCompletionTime(now);
    });
    host.settle();
  }
  void endAll() {
    for (const auto& job : host.list<Job>()) {
      if (job->getStatus().getConditions().size() == 0) end(str(job.name()));
    }
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) {
      all.push_back(concat(event->getType(), " ", event->getReason(), " ", event->getMessage()));
    }
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

// 2026-01-01T00:05:00Z, in minutes since 1970.
constexpr const char* kFirstName = "tick-29453765";

TEST_F(CronJobTest, AJobIsMadeAtEveryTime) {
  put(makeCron());
  host.advance(4min + 58s);
  EXPECT_THAT(jobs(), IsEmpty()) << "it is a moment too early";
  host.advance(2s);
  EXPECT_THAT(jobs(), ElementsAre("00:05"));
  const Object<Job> job = host.list<Job>()[0];
  EXPECT_EQ(job.name(), kFirstName);
  EXPECT_EQ(annotation(job.meta(), "batch.kubernetes.io/cronjob-scheduled-timestamp"), "2026-01-01T00:05:00Z");
  EXPECT_EQ(annotation(job.meta(), "note"), "mine");
  EXPECT_EQ(label(job.meta(), "app"), "tick");
  EXPECT_EQ(job->getSpec().getCompletions().getValue(), 7);
  EXPECT_TRUE(isControlledBy(job.meta(), cron().uid()));
  EXPECT_THAT(active(), ElementsAre(kFirstName));
  auto listed = cron()->getStatus().getActive()[0];
  EXPECT_EQ(str(listed.getKind()), "Job");
  EXPECT_EQ(str(listed.getApiVersion()), "batch/v1");
  EXPECT_EQ(str(listed.getUid()), str(job.uid()));
  EXPECT_EQ(str(cron()->getStatus().getLastScheduleTime()), "2026-01-01T00:05:00Z");
  EXPECT_THAT(events(), ElementsAre(concat("Normal SuccessfulCreate Created job ", kFirstName)));
  host.advance(5min);
  EXPECT_THAT(jobs(), ElementsAre("00:05", "00:10"));
  EXPECT_EQ(active().size(), 2u);
  plugin->stop();
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST_F(CronJobTest, AJobThatHasEndedIsListedNoMore) {
  put(makeCron());
  host.advance(5min + 1s);
  host.advance(10s);
  end(kFirstName);
  EXPECT_THAT(active(), IsEmpty());
  EXPECT_EQ(str(cron()->getStatus().getLastSuccessfulTime()), formatTime(host.wallNow()));
  EXPECT_THAT(events(),
              Contains(concat("Normal SawCompletedJob Saw completed job: ", kFirstName, ", condition: Complete")));
  const std::string success = str(cron()->getStatus().getLastSuccessfulTime());
  host.advance(5min);
  end("tick-29453770", "Failed");
  EXPECT_THAT(active(), IsEmpty());
  EXPECT_EQ(str(cron()->getStatus().getLastSuccessfulTime()), success);
  EXPECT_THAT(events(), Contains("Normal SawCompletedJob Saw completed job: tick-29453770, condition: Failed"));
}

TEST_F(CronJobTest, AJobThatStillRunsKeepsTheNextOneBackWhereThatIsSaid) {
  Draft<CronJob> draft = makeCron();
  draft->getSpec().setConcurrencyPolicy("Forbid");
  put(std::move(draft));
  host.advance(10min + 1s);
  EXPECT_THAT(jobs(), ElementsAre("00:05"));
  EXPECT_THAT(events(), Contains("Normal JobAlreadyActive Not starting job because prior execution is running and "
                                 "concurrency policy is Forbid"));
  host.advance(1min);
  endAll();
  EXPECT_THAT(jobs(), ElementsAre("00:05", "00:10")) << "it is late, and that has no limit";
  host.advance(4min);
  EXPECT_THAT(jobs(), ElementsAre("00:05", "00:10"));
}

TEST_F(CronJobTest, AJobThatStillRunsGivesWayWhereThatIsSaid) {
  Draft<CronJob> draft = makeCron();
  draft->getSpec().setConcurrencyPolicy("Replace");
  put(std::move(draft));
  host.advance(10min + 1s);
  EXPECT_THAT(jobs(), ElementsAre("00:10"));
  EXPECT_THAT(active(), ElementsAre("tick-29453770"));
  EXPECT_THAT(events(), Contains(concat("Normal SuccessfulDelete Deleted job ", kFirstName)));
  EXPECT_THAT(events(), Not(Contains(StartsWith("Warning"))));
}

TEST_F(CronJobTest, WhileSuspendedNoneIsMade) {
  Draft<CronJob> draft = makeCron();
  draft->getSpec().getSuspend().setValue(true);
  draft->getSpec().initStartingDeadlineSeconds().setValue(30);
  put(std::move(draft));
  host.advance(1h);
  EXPECT_THAT(jobs(), IsEmpty());
  host.advance(1min);
  change([](auto cron) { cron.getSpec().getSuspend().setValue(false); });
  EXPECT_THAT(jobs(), IsEmpty()) << "what was missed is too old";
  host.advance(4min + 1s);
  EXPECT_THAT(jobs(), ElementsAre("01:05"));
}

TEST_F(CronJobTest, OfMissedTimesTheLastOneIsMadeUpFor) {
  put(makeCron("0 * * * *"));
  plugin.reset();
  host.advance(5h + 10min);
  start();
  host.settle();
  EXPECT_THAT(jobs(), ElementsAre("05:00"));
  EXPECT_THAT(events(), Not(Contains(StartsWith("Warning"))));
}

TEST_F(CronJobTest, ManyMissedTimesAreWorthATelling) {
  put(makeCron("* * * * *"));
  plugin.reset();
  host.advance(100min + 30s);
  start();
  host.settle();
  EXPECT_THAT(events(), Not(Contains(StartsWith("Warning"))));
  plugin.reset();
  host.advance(102min);
  start();
  host.settle();
  EXPECT_THAT(jobs(), ElementsAre("01:40", "03:22"));
  EXPECT_THAT(events(), Contains("Warning TooManyMissedTimes too many missed start times. Set or decrease "
                                 ".spec.startingDeadlineSeconds or check clock skew"));
}

TEST_F(CronJobTest, AJobThatIsTooLateIsMissed) {
  Draft<CronJob> draft = makeCron("0 * * * *");
  draft->getSpec().initStartingDeadlineSeconds().setValue(60);
  put(std::move(draft));
  plugin.reset();
  host.advance(1h + 50s);
  start();
  host.settle();
  EXPECT_THAT(jobs(), ElementsAre("01:00")) << "within its time";
  plugin.reset();
  host.advance(1h + 1min);
  start();
  host.settle();
  EXPECT_THAT(jobs(), ElementsAre("01:00"));
  EXPECT_THAT(events(), Contains("Warning MissSchedule Missed scheduled time to start a job: "
                                 "Thu, 01 Jan 2026 02:00:00 +0000"));
  host.advance(1h);
  EXPECT_THAT(jobs(), ElementsAre("01:00", "03:00"));
}

TEST_F(CronJobTest, TheTimesAreThoseOfItsZone) {
  Draft<CronJob> draft = makeCron("30 8 * * *");
  draft->getSpec().setTimeZone("Europe/Vienna");
  put(std::move(draft));
  host.advance(7h + 30min + 1s);
  ASSERT_EQ(host.list<Job>().size(), 1u);
  EXPECT_EQ(annotation(host.list<Job>()[0].meta(), "batch.kubernetes.io/cronjob-scheduled-timestamp"),
            "2026-01-01T08:30:00+01:00");
  EXPECT_EQ(str(cron()->getStatus().getLastScheduleTime()), "2026-01-01T07:30:00Z");
}

TEST_F(CronJobTest, WhatCannotBeUnderstoodIsTold) {
  Draft<CronJob> draft = makeCron();
  draft->getSpec().setTimeZone("Mars/Olympus");
  put(std::move(draft));
  EXPECT_THAT(events(), Contains("Warning UnknownTimeZone invalid timeZone: \"Mars/Olympus\": unknown time zone "
                                 "Mars/Olympus"));
  change([](auto cron) {
    cron.getSpec().setTimeZone("UTC");
    cron.getSpec().setSchedule("every day");
  });
  EXPECT_THAT(events(), Contains(StartsWith("Warning UnparseableSchedule unparseable schedule: \"every day\" : ")));
  change([](auto cron) { cron.getSpec().setSchedule("0 0 31 2 *"); });
  EXPECT_THAT(events(), Contains(StartsWith("Warning InvalidSchedule invalid schedule: 0 0 31 2 * : ")));
  EXPECT_THAT(jobs(), IsEmpty());
}

TEST_F(CronJobTest, AsManyThatHaveEndedStayAsAreToBeKept) {
  Draft<CronJob> draft = makeCron();
  draft->getSpec().getSuccessfulJobsHistoryLimit().setValue(2);
  put(std::move(draft));
  for (int i = 0; i < 3; ++i) {
    host.advance(5min + 1s);
    endAll();
  }
  EXPECT_THAT(jobs(), ElementsAre("00:10", "00:15"));
  EXPECT_THAT(events(), Contains(concat("Normal SuccessfulDelete Deleted job ", kFirstName)));
  for (int i = 0; i < 2; ++i) {
    host.advance(5min);
    end(concat("tick-", 29453780 + 5 * i), "Failed");
  }
  EXPECT_THAT(jobs(), ElementsAre("00:10", "00:15", "00:25")) << "failed ones are kept for themselves";
  change([](auto cron) { cron.getSpec().getSuccessfulJobsHistoryLimit().setValue(0); });
  EXPECT_THAT(jobs(), ElementsAre("00:25"));
}

TEST_F(CronJobTest, AJobMadeByHandIsNotListed) {
  put(makeCron());
  auto job = test::named<Job>("default", "by-hand");
  setController(job.meta(), cron());
  host.put(std::move(job));
  host.settle();
  EXPECT_THAT(active(), IsEmpty());
  EXPECT_THAT(events(),
              Contains("Warning UnexpectedJob Saw a job that the controller did not create or forgot: by-hand"));
  end("by-hand");
  EXPECT_FALSE(str(cron()->getStatus().getLastSuccessfulTime()).empty());
}

TEST_F(CronJobTest, AListedJobThatHasGoneIsMissed) {
  put(makeCron());
  host.advance(5min + 1s);
  host.remove<Job>("default", kFirstName);
  host.settle();
  EXPECT_THAT(active(), IsEmpty());
  EXPECT_THAT(events(), Contains(concat("Normal MissingJob Active job went missing: ", kFirstName)));
  host.advance(1min);
  EXPECT_THAT(jobs(), IsEmpty()) << "its time has been seen to";
}

TEST_F(CronJobTest, WhereverItDiesOneJobIsMadeForEachTime) {
  for (int nth = 0; nth < 4; ++nth) {
    put(makeCron());
    auto left = std::make_shared<int>(nth);
    host.onRequest([left](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
      const bool writes = verb != "get" && verb != "list" && verb != "watch";
      if (writes && --*left < 0) return fail(Status::unavailable("it has died"));
      return {};
    });
    host.advance(5min + 1s);
    plugin.reset();
    host.onRequest({});
    start();
    host.settle();
    EXPECT_EQ(host.list<Job>().size(), 1u) << "died at request " << nth;
    EXPECT_EQ(active().size(), 1u) << "died at request " << nth;
    for (const auto& job : host.list<Job>()) host.remove<Job>("default", job.name());
    host.remove<CronJob>("default", "tick");
    host.settle();
  }
}

TEST_F(CronJobTest, WhatCannotBeMadeIsTold) {
  put(makeCron());
  host.onRequest([](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "create" && resource == "jobs") return fail(Status::forbidden("exceeded quota: q"));
    return {};
  });
  host.advance(5min + 1s);
  EXPECT_THAT(events(), Contains("Warning FailedCreate Error creating job: exceeded quota: q"));
  host.onRequest({});
  host.advance(1min);
  EXPECT_THAT(jobs(), ElementsAre("00:05"));
}

TEST_F(CronJobTest, AJobThatCannotBeDeletedStandsInTheWay) {
  Draft<CronJob> draft = makeCron();
  draft->getSpec().setConcurrencyPolicy("Replace");
  draft->getSpec().initStartingDeadlineSeconds().setValue(std::numeric_limits<int64_t>::max());
  put(std::move(draft));
  host.advance(5min + 1s);
  host.onRequest([](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb == "delete") return fail(Status::forbidden("not this one"));
    return {};
  });
  host.advance(5min);
  EXPECT_THAT(jobs(), ElementsAre("00:05"));
  EXPECT_THAT(events(), Contains("Warning FailedDelete Deleted job: not this one"));
  host.onRequest({});
  host.advance(10min);
  EXPECT_EQ(jobs().size(), 1u);
  EXPECT_THAT(active(), Not(ElementsAre(kFirstName)));
}

TEST_F(CronJobTest, AnIntervalBeginsWithTheLastTime) {
  put(makeCron("@every 7m"));
  host.advance(7min + 1s);
  EXPECT_EQ(jobs().size(), 1u);
  host.advance(7min);
  EXPECT_EQ(jobs().size(), 2u);
}

}  // namespace
}  // namespace cleat
