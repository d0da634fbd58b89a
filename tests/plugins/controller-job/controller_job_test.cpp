#include <limits>

#include "tests/plugins/controller-job/job_fixture.h"

namespace cleat::job {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

TEST_F(JobTest, APodRunsAndTheJobIsCompleteWithIt) {
  put(makeJob());
  ASSERT_EQ(pods().size(), 1u);
  EXPECT_THAT(str(pods()[0].name()), StartsWith("sum-"));
  EXPECT_TRUE(hasFinalizer(pods()[0].meta(), kFinalizer));
  EXPECT_EQ(numbers(), "1 0 0 0 0");
  EXPECT_EQ(str(job()->getStatus().getStartTime()), formatTime(host.wallNow()));
  EXPECT_TRUE(job()->getStatus().hasUncountedTerminatedPods());
  run(pods()[0]);
  EXPECT_EQ(numbers(), "1 1 0 0 0");
  host.advance(5s);
  succeed(pods()[0]);
  EXPECT_EQ(numbers(), "0 0 0 1 0");
  EXPECT_THAT(conditions(), ElementsAre("SuccessCriteriaMet: CompletionsReached", "Complete: CompletionsReached"));
  EXPECT_EQ(messageOf("Complete"), "Reached expected number of succeeded pods");
  EXPECT_EQ(str(job()->getStatus().getCompletionTime()), formatTime(host.wallNow()));
  EXPECT_EQ(tracked(), 0u);
  EXPECT_THAT(events(),
              ElementsAre(StartsWith("Normal SuccessfulCreate Created pod: sum-"), "Normal Completed Job completed"));

  const size_t before = host.requests().size();
  host.loseHistory();
  host.advance(1h);
  EXPECT_EQ(host.requests().size(), before) << "there was nothing left to do";
  plugin->stop();
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST_F(JobTest, NoMoreRunThanMayNorThanAreStillWanted) {
  put(makeJob(2, 3));
  EXPECT_EQ(numbers(), "2 0 0 0 0");
  succeed(active()[0]);
  EXPECT_EQ(numbers(), "2 0 0 1 0");
  succeed(active()[0]);
  EXPECT_EQ(numbers(), "1 0 0 2 0");
  succeed(active()[0]);
  EXPECT_EQ(numbers(), "0 0 0 3 0");
  EXPECT_EQ(pods().size(), 3u);
  EXPECT_THAT(conditions(), Contains("Complete: CompletionsReached"));
}

TEST_F(JobTest, WithoutCompletionsTheFirstSuccessIsThatOfTheWhole) {
  put(makeJob(3, 0));
  EXPECT_EQ(numbers(), "3 0 0 0 0");
  succeed(active()[0]);
  EXPECT_EQ(numbers(), "2 0 0 1 0") << "nothing new is begun";
  fail(active()[0]);
  EXPECT_EQ(numbers(), "1 0 0 1 1");
  host.advance(1min);
  EXPECT_EQ(numbers(), "1 0 0 1 1");
  succeed(active()[0]);
  EXPECT_EQ(numbers(), "0 0 0 2 1");
  EXPECT_THAT(conditions(), Contains("Complete: CompletionsReached"));
}

TEST_F(JobTest, AFailedPodIsFollowedByAnotherAfterAPauseThatDoubles) {
  put(makeJob());
  fail(active()[0]);
  EXPECT_EQ(numbers(), "0 0 0 0 1");
  host.advance(9s);
  EXPECT_EQ(active().size(), 0u);
  host.advance(1s);
  EXPECT_EQ(active().size(), 1u);
  fail(active()[0]);
  host.advance(19s);
  EXPECT_EQ(active().size(), 0u);
  host.advance(1s);
  EXPECT_EQ(active().size(), 1u);
  EXPECT_EQ(numbers(), "1 0 0 0 2");
}

TEST_F(JobTest, TooManyFailuresAreItsOwn) {
  Draft<Job> draft = makeJob(2, 5);
  draft->getSpec().getBackoffLimit().setValue(1);
  put(std::move(draft));
  fail(active()[0]);
  host.advance(10s);
  EXPECT_EQ(numbers(), "2 0 0 0 1");
  run(active()[0]);
  run(active()[1]);
  fail(active()[0]);
  EXPECT_THAT(conditions(), ElementsAre("FailureTarget: BackoffLimitExceeded")) << "a pod is still ending";
  EXPECT_EQ(numbers(), "0 0 1 0 3") << "what is ended with the job has failed with it";
  reap();
  EXPECT_EQ(numbers(), "0 0 0 0 3");
  EXPECT_THAT(conditions(), ElementsAre("FailureTarget: BackoffLimitExceeded", "Failed: BackoffLimitExceeded"));
  EXPECT_EQ(messageOf("Failed"), "Job has reached the specified backoff limit");
  EXPECT_THAT(events(), Contains("Warning BackoffLimitExceeded Job has reached the specified backoff limit"));
  EXPECT_FALSE(job()->getStatus().hasCompletionTime());
}

TEST_F(JobTest, RestartsOfContainersCountWhereTheyAreRestarted) {
  Draft<Job> draft = makeJob();
  draft->getSpec().getBackoffLimit().setValue(2);
  draft->getSpec().getTemplate().getSpec().setRestartPolicy("OnFailure");
  put(std::move(draft));
  run(pods()[0]);
  auto restarted = [&](int times) {
    host.change<Pod>("default", pods()[0].name(), [&](auto pod) {
      auto status = pod.getStatus().initContainerStatuses(1)[0];
      status.setName("main");
      status.setRestartCount(times);
    });
    host.settle();
  };
  restarted(1);
  EXPECT_THAT(conditions(), IsEmpty());
  restarted(2);
  EXPECT_THAT(conditions(), ElementsAre("FailureTarget: BackoffLimitExceeded"));
  EXPECT_THAT(active(), IsEmpty());
}

TEST_F(JobTest, ThereIsADeadline) {
  Draft<Job> draft = makeJob();
  draft->getSpec().initActiveDeadlineSeconds().setValue(60);
  put(std::move(draft));
  run(pods()[0]);
  host.advance(59s);
  EXPECT_THAT(conditions(), IsEmpty());
  host.advance(1s);
  EXPECT_THAT(conditions(), ElementsAre("FailureTarget: DeadlineExceeded"));
  reap();
  EXPECT_THAT(conditions(), Contains("Failed: DeadlineExceeded"));
  EXPECT_EQ(messageOf("Failed"), "Job was active longer than specified deadline");
  EXPECT_THAT(events(), Contains("Warning DeadlineExceeded Job was active longer than specified deadline"));
}

TEST_F(JobTest, ASuspendedJobRunsNothingAndBeginsAnew) {
  Draft<Job> draft = makeJob(2, 4);
  draft->getSpec().initActiveDeadlineSeconds().setValue(60);
  put(std::move(draft));
  for (const auto& pod : active()) run(pod);
  host.advance(50s);
  change([](auto job) { job.getSpec().getSuspend().setValue(true); });
  EXPECT_EQ(numbers(), "0 0 2 0 0");
  EXPECT_THAT(conditions(), ElementsAre("Suspended: JobSuspended"));
  EXPECT_THAT(events(), Contains("Normal Suspended Job suspended"));
  reap();
  EXPECT_EQ(numbers(), "0 0 0 0 0") << "none of them has failed";
  host.advance(1h);
  EXPECT_THAT(conditions(), ElementsAre("Suspended: JobSuspended")) << "its time does not run out meanwhile";
  change([](auto job) { job.getSpec().getSuspend().setValue(false); });
  EXPECT_EQ(numbers(), "2 0 0 0 0");
  EXPECT_THAT(conditions(), ElementsAre("not Suspended: JobResumed"));
  EXPECT_THAT(events(), Contains("Normal Resumed Job resumed"));
  EXPECT_EQ(str(job()->getStatus().getStartTime()), formatTime(host.wallNow()));
  host.advance(60s);
  EXPECT_THAT(conditions(), Contains("FailureTarget: DeadlineExceeded"));
}

TEST_F(JobTest, OneThatIsMadeSuspendedHasNotStarted) {
  Draft<Job> draft = makeJob();
  draft->getSpec().getSuspend().setValue(true);
  put(std::move(draft));
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_FALSE(job()->getStatus().hasStartTime());
  EXPECT_THAT(conditions(), ElementsAre("Suspended: JobSuspended"));
}

TEST_F(JobTest, FewerMayRunThanDo) {
  put(makeJob(4, 10));
  change([](auto job) { job.getSpec().getParallelism().setValue(1); });
  EXPECT_EQ(numbers(), "1 0 0 0 0") << "pods without a node go at once, and have not failed";
  change([](auto job) { job.getSpec().getParallelism().setValue(0); });
  EXPECT_EQ(numbers(), "0 0 0 0 0");
  EXPECT_THAT(events(), Contains(StartsWith("Normal SuccessfulDelete Deleted pod: sum-")));
}

TEST_F(JobTest, WhoeverManagesItElsewhereIsLeftAlone) {
  Draft<Job> draft = makeJob();
  draft->getSpec().setManagedBy("example.com/queue");
  put(std::move(draft));
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_FALSE(job()->getStatus().hasStartTime());
  EXPECT_EQ(test::countRequests(host, "update"), 0u);
}

TEST_F(JobTest, AMissingPodOfADeletedOneIsReplacedAtOnceOrWhenItHasEnded) {
  put(makeJob());
  run(pods()[0]);
  host.change<Pod>("default", pods()[0].name(), [&](auto pod) {
    pod.getMetadata().setDeletionTimestamp(formatTime(host.wallNow() + 30s));
    pod.getMetadata().initDeletionGracePeriodSeconds().setValue(30);
  });
  host.settle();
  EXPECT_EQ(numbers(), "0 0 1 0 1");
  host.advance(10s);
  EXPECT_EQ(numbers(), "1 0 1 0 1");
}

TEST_F(JobTest, APodThatIsEndingKeepsItsPlaceWhereOnlyFailedOnesAreReplaced) {
  Draft<Job> draft = makeJob();
  draft->getSpec().setPodReplacementPolicy("Failed");
  put(std::move(draft));
  const Object<Pod> first = pods()[0];
  run(first);
  host.change<Pod>("default", first.name(),
                   [&](auto pod) { pod.getMetadata().setDeletionTimestamp(formatTime(host.wallNow())); });
  host.settle();
  host.advance(1min);
  EXPECT_EQ(numbers(), "0 0 1 0 0");
  EXPECT_EQ(pods().size(), 1u);
  fail(first);
  EXPECT_EQ(numbers(), "0 0 0 0 1");
  host.advance(10s);
  EXPECT_EQ(active().size(), 1u);
}

TEST_F(JobTest, PodsAreTakenOverAndLetGo) {
  put(makeJob(2, 2));
  const std::string name = str(pods()[0].name());
  host.change<Pod>("default", name, [](auto pod) { pod.getMetadata().disownOwnerReferences(); });
  host.settle();
  EXPECT_TRUE(isControlledBy(host.get<Pod>("default", name).meta(), job().uid())) << "taken over again";
  EXPECT_TRUE(hasFinalizer(host.get<Pod>("default", name).meta(), kFinalizer));
  host.change<Pod>("default", name, [](auto pod) { setLabel(pod.getMetadata(), "job", "other"); });
  host.settle();
  EXPECT_FALSE(controllerOf(host.get<Pod>("default", name).meta()));
  EXPECT_FALSE(hasFinalizer(host.get<Pod>("default", name).meta(), kFinalizer));
  EXPECT_EQ(active().size(), 2u) << "another one runs instead";
}

TEST_F(JobTest, WhatItsDeletionOrphansIsNeitherReplacedNorHeldThoughTheDeletionIsSeenLater) {
  put(makeJob());
  const std::string name = str(pods()[0].name());
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "get" && resource == "jobs" && !deletionPending(job().meta())) {
      host.change<Job>("default", "sum", [](auto change) {
        change.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        change.getMetadata().initFinalizers(1).set(0, "orphan");
      });
    }
    return {};
  });
  host.change<Pod>("default", name, [](auto pod) { pod.getMetadata().disownOwnerReferences(); });
  host.settle();
  ASSERT_TRUE(deletionPending(job().meta()));
  EXPECT_EQ(host.list<Pod>().size(), 1u);
  EXPECT_FALSE(controllerOf(host.get<Pod>("default", name).meta()));
  EXPECT_FALSE(hasFinalizer(host.get<Pod>("default", name).meta(), kFinalizer));
}

TEST_F(JobTest, MoreSuccessesThanWereWantedAreTold) {
  for (const char* name : {"one", "two"}) {
    Draft<Pod> pod = test::makePod(name, {}, {{"job", "sum"}});
    endPod(*pod, "Succeeded", 0, host.wallNow());
    host.put(std::move(pod));
  }
  put(makeJob());
  EXPECT_EQ(numbers(), "0 0 0 2 0");
  EXPECT_THAT(events(), Contains("Warning TooManySucceededPods Too many succeeded pods recorded"));
  EXPECT_THAT(conditions(), Contains("Complete: CompletionsReached"));
}

TEST_F(JobTest, ADeadlineBeyondAllTimesIsNone) {
  Draft<Job> draft = makeJob();
  draft->getSpec().initActiveDeadlineSeconds().setValue(std::numeric_limits<int64_t>::max());
  put(std::move(draft));
  host.advance(24h);
  EXPECT_THAT(conditions(), IsEmpty());
}

TEST_F(JobTest, WhatItCannotMakeIsTold) {
  host.onRequest([](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "create" && resource == "pods") return cleat::fail(Status::forbidden("exceeded quota: q"));
    return {};
  });
  put(makeJob());
  EXPECT_THAT(events(), Contains("Warning FailedCreate Error creating: exceeded quota: q"));
  // After a second, two, four: not as often as it can.
  host.advance(6s);
  EXPECT_LE(test::countRequests(host, "create pods"), 4u);
  host.onRequest({});
  host.advance(10s);
  EXPECT_EQ(active().size(), 1u);
}

}  // namespace
}  // namespace cleat::job
