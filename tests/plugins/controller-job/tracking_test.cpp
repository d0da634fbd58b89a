// That no pod is counted twice or left out, whatever dies or is late.
#include "tests/plugins/controller-job/job_fixture.h"

namespace cleat::job {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;

class JobTrackingTest : public JobTest {
 protected:
  // The nth request that it makes from now on fails, and all that follow; it is then stopped, and another one started.
  void dieAtRequest(int nth) {
    auto left = std::make_shared<int>(nth);
    host.onRequest([left](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
      const bool writes = verb != "get" && verb != "list" && verb != "watch";
      if (writes && --*left < 0) return cleat::fail(Status::unavailable("it has died"));
      return {};
    });
  }
  void startAgain() {
    plugin.reset();
    host.onRequest({});
    start();
    host.settle();
  }
  size_t uncounted() {
    auto lists = job()->getStatus().getUncountedTerminatedPods();
    return lists.getSucceeded().size() + lists.getFailed().size();
  }
};

TEST_F(JobTrackingTest, WhereverItDiesEveryPodIsCountedOnce) {
  for (int nth = 0; nth < 14; ++nth) {
    put(makeJob(4, 5));
    ASSERT_EQ(active().size(), 4u);
    auto running = active();
    dieAtRequest(nth);
    succeed(running[0]);
    succeed(running[1]);
    fail(running[2]);
    startAgain();
    EXPECT_EQ(job()->getStatus().getSucceeded(), 2) << "died at request " << nth;
    EXPECT_EQ(job()->getStatus().getFailed(), 1) << "died at request " << nth;
    EXPECT_EQ(uncounted(), 0u) << "died at request " << nth;
    host.advance(1min);
    for (int i = 0; i < 5; ++i) succeedAll();
    EXPECT_EQ(numbers(), "0 0 0 5 1") << "died at request " << nth;
    EXPECT_EQ(pods().size(), 6u) << "died at request " << nth;
    EXPECT_EQ(tracked(), 0u);
    for (const auto& pod : pods()) host.remove<Pod>("default", pod.name());
    host.remove<Job>("default", "sum");
    host.settle();
  }
}

TEST_F(JobTrackingTest, WhereverItDiesEveryIndexIsCountedOnce) {
  for (int nth = 0; nth < 12; ++nth) {
    put(makeIndexedJob(3, 4));
    auto running = active();
    dieAtRequest(nth);
    for (const auto& pod : running) succeed(pod);
    startAgain();
    EXPECT_EQ(str(job()->getStatus().getCompletedIndexes()), "0-2") << "died at request " << nth;
    succeedAll();
    EXPECT_EQ(numbers(), "0 0 0 4 0") << "died at request " << nth;
    EXPECT_EQ(pods().size(), 4u) << "died at request " << nth;
    for (const auto& pod : pods()) host.remove<Pod>("default", pod.name());
    host.remove<Job>("default", "sum");
    host.settle();
  }
}

TEST_F(JobTrackingTest, APodThatGoesWhileNobodyLooksIsCountedBecauseItCannotGo) {
  put(makeJob(1, 1));
  plugin.reset();
  const Object<Pod> pod = pods()[0];
  host.change<Pod>("default", pod.name(), [&](auto change) {
    endPod(change, "Succeeded", 0, host.wallNow());
    change.getMetadata().setDeletionTimestamp(formatTime(host.wallNow()));
  });
  startAgain();
  EXPECT_EQ(numbers(), "0 0 0 1 0");
  EXPECT_THAT(conditions(), Contains("Complete: CompletionsReached"));
}

TEST_F(JobTrackingTest, AFinalizerTakenByOthersCountsThePodThatWasNoted) {
  put(makeJob(1, 2));
  plugin.reset();
  const Object<Pod> pod = pods()[0];
  host.change<Job>("default", "sum", [&](auto job) {
    auto uids = job.getStatus().initUncountedTerminatedPods().initSucceeded(1);
    uids.set(0, str(pod.uid()));
  });
  host.remove<Pod>("default", pod.name());
  startAgain();
  EXPECT_EQ(numbers(), "1 0 0 1 0");
}

TEST_F(JobTrackingTest, WhatANodeWritesMeanwhileIsNoFailure) {
  put(makeJob());
  const Object<Pod> pod = pods()[0];
  bool changed = false;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "update" && resource == "pods" && !std::exchange(changed, true)) {
      host.change<Pod>("default", pod.name(), [](auto change) { change.getStatus().setMessage("late news"); });
    }
    return {};
  });
  succeed(pod);
  EXPECT_TRUE(changed);
  EXPECT_EQ(numbers(), "0 0 0 1 0");
  EXPECT_EQ(tracked(), 0u);
}

TEST_F(JobTrackingTest, ManyPodsAreCountedInRounds) {
  put(makeJob(600, 600));
  host.settle();
  ASSERT_EQ(active().size(), 600u);
  for (const auto& pod : active()) {
    host.change<Pod>("default", pod.name(), [&](auto change) { endPod(change, "Succeeded", 0, host.wallNow()); });
  }
  host.settle();
  host.advance(5s);
  EXPECT_EQ(numbers(), "0 0 0 600 0");
  EXPECT_THAT(conditions(), Contains("Complete: CompletionsReached"));
  EXPECT_EQ(tracked(), 0u);
}

// -- Pods whose job is no more --

TEST_F(JobTrackingTest, PodsOfAJobThatHasGoneCanGo) {
  put(makeJob(2, 2));
  EXPECT_EQ(tracked(), 2u);
  host.remove<Job>("default", "sum");
  host.settle();
  EXPECT_EQ(tracked(), 0u);
}

TEST_F(JobTrackingTest, PodsOfAJobThatWentWhileNobodyLookedCanGo) {
  put(makeJob(2, 2));
  plugin.reset();
  host.remove<Job>("default", "sum");
  startAgain();
  EXPECT_EQ(tracked(), 0u);
}

TEST_F(JobTrackingTest, PodsThatWereOrphanedCanGo) {
  put(makeJob(1, 1));
  const std::string name = str(pods()[0].name());
  plugin.reset();
  host.remove<Job>("default", "sum");
  host.change<Pod>("default", name, [](auto pod) { pod.getMetadata().disownOwnerReferences(); });
  startAgain();
  EXPECT_EQ(tracked(), 0u);
}

TEST_F(JobTrackingTest, PodsOfAJobThatIsBeingDeletedCanGo) {
  put(makeJob(2, 3));
  const Object<Pod> first = pods()[0];
  host.change<Job>("default", "sum", [&](auto job) {
    job.getMetadata().setDeletionTimestamp(formatTime(host.wallNow()));
    addFinalizer(job.getMetadata(), "foregroundDeletion");
  });
  host.settle();
  EXPECT_EQ(tracked(), 0u);
  EXPECT_EQ(active().size(), 2u) << "whether they go is for the garbage collector to say";
}

TEST_F(JobTrackingTest, PodsThatOthersTrackStay) {
  Draft<Job> draft = makeJob();
  draft->getSpec().setManagedBy("example.com/queue");
  put(std::move(draft));
  Draft<Pod> pod = test::makePod("theirs", {}, {{"job", "sum"}});
  setController(pod.meta(), job());
  addFinalizer(pod.meta(), kFinalizer);
  host.put(std::move(pod));
  host.settle();
  EXPECT_EQ(tracked(), 1u);
}

TEST_F(JobTrackingTest, ThePauseIsKeptOverARestart) {
  put(makeJob());
  fail(active()[0]);
  host.advance(10s);
  fail(active()[0]);
  startAgain();
  host.advance(19s);
  EXPECT_EQ(active().size(), 0u);
  host.advance(1s);
  EXPECT_EQ(active().size(), 1u);
}

}  // namespace
}  // namespace cleat::job
