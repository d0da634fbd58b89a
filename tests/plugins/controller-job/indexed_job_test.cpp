#include "tests/plugins/controller-job/job_fixture.h"

namespace cleat::job {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string completed(const Object<Job>& job) { return str(job->getStatus().getCompletedIndexes()); }
std::string failed(const Object<Job>& job) { return str(job->getStatus().getFailedIndexes()); }

// -- Indexes --

TEST_F(JobTest, EachPodOfAnIndexedJobKnowsItsNumber) {
  put(makeIndexedJob(2, 3));
  EXPECT_EQ(activeIndexes(), "0 1");
  const Object<Pod> pod = activeOf(1);
  EXPECT_THAT(str(pod.name()), StartsWith("sum-1-"));
  EXPECT_EQ(label(pod.meta(), kIndex), "1");
  EXPECT_EQ(str(pod->getSpec().getHostname()), "sum-1");
  auto variable = pod->getSpec().getContainers()[0].getEnv()[0];
  EXPECT_EQ(str(variable.getName()), "JOB_COMPLETION_INDEX");
  EXPECT_EQ(str(variable.getValueFrom().getFieldRef().getFieldPath()),
            "metadata.labels['batch.kubernetes.io/job-completion-index']");
}

TEST_F(JobTest, AVariableOfThatNameStaysWhatItIs) {
  Draft<Job> draft = makeIndexedJob(1, 1);
  auto variable = draft->getSpec().getTemplate().getSpec().getContainers()[0].initEnv(1)[0];
  variable.setName("JOB_COMPLETION_INDEX");
  variable.setValue("mine");
  put(std::move(draft));
  auto env = activeOf(0)->getSpec().getContainers()[0].getEnv();
  ASSERT_EQ(env.size(), 1u);
  EXPECT_EQ(str(env[0].getValue()), "mine");
}

TEST_F(JobTest, EveryIndexSucceedsOnce) {
  put(makeIndexedJob(3, 5));
  succeed(activeOf(2));
  EXPECT_EQ(completed(job()), "2");
  EXPECT_EQ(activeIndexes(), "0 1 3");
  succeed(activeOf(0));
  succeed(activeOf(1));
  EXPECT_EQ(completed(job()), "0-2");
  EXPECT_EQ(numbers(), "2 0 0 3 0");
  succeedAll();
  EXPECT_EQ(completed(job()), "0-4");
  EXPECT_EQ(numbers(), "0 0 0 5 0");
  EXPECT_EQ(pods().size(), 5u);
  EXPECT_THAT(conditions(), Contains("Complete: CompletionsReached"));
}

TEST_F(JobTest, AnIndexThatFailedIsTriedAgain) {
  put(makeIndexedJob(2, 2));
  fail(activeOf(1));
  EXPECT_EQ(activeIndexes(), "0");
  host.advance(10s);
  EXPECT_EQ(activeIndexes(), "0 1");
  EXPECT_EQ(numbers(), "2 0 0 0 1");
}

TEST_F(JobTest, APodTooManyOfAnIndexGoes) {
  put(makeIndexedJob(2, 2));
  Draft<Pod> twin(activeOf(1));
  twin.meta().setName("sum-1-twin");
  twin.meta().setUid("");
  twin.meta().setResourceVersion(0);
  host.put(std::move(twin));
  host.settle();
  reap();
  EXPECT_EQ(activeIndexes(), "0 1");
}

TEST_F(JobTest, AnIndexedJobGrowsAndShrinks) {
  auto resize = [&](int size) {
    change([size](auto job) {
      job.getSpec().getCompletions().setValue(size);
      job.getSpec().getParallelism().setValue(size);
    });
  };
  put(makeIndexedJob(3, 3));
  succeed(activeOf(2));
  resize(4);
  EXPECT_EQ(activeIndexes(), "0 1 3");
  resize(2);
  reap();
  EXPECT_EQ(activeIndexes(), "0 1");
  EXPECT_EQ(completed(job()), "") << "what there is no more is not counted either";
  EXPECT_EQ(numbers(), "2 0 0 0 0");
  succeedAll();
  EXPECT_THAT(conditions(), Contains("Complete: CompletionsReached"));
  EXPECT_EQ(completed(job()), "0,1");
}

// -- Limits of each index --

TEST_F(JobTest, EachIndexFailsForItself) {
  put(makeJobPerIndex(2, 2, 1));
  fail(activeOf(0));
  EXPECT_EQ(numbers(), "1 0 0 0 0") << "it waits for the pod that counts on from it";
  host.advance(10s);
  EXPECT_EQ(activeIndexes(), "0 1");
  EXPECT_EQ(annotation(activeOf(0).meta(), "batch.kubernetes.io/job-index-failure-count"), "1");
  EXPECT_EQ(annotation(activeOf(1).meta(), "batch.kubernetes.io/job-index-failure-count"), "0");
  EXPECT_EQ(numbers(), "2 0 0 0 1");
  fail(activeOf(0));
  EXPECT_EQ(failed(job()), "0");
  EXPECT_EQ(numbers(), "1 0 0 0 2");
  host.advance(1h);
  EXPECT_EQ(activeIndexes(), "1");
  succeed(activeOf(1));
  EXPECT_EQ(completed(job()), "1");
  EXPECT_EQ(numbers(), "0 0 0 1 2");
  EXPECT_THAT(conditions(), ElementsAre("FailureTarget: FailedIndexes", "Failed: FailedIndexes"));
  EXPECT_EQ(messageOf("Failed"), "Job has failed indexes");
  EXPECT_EQ(tracked(), 0u);
}

TEST_F(JobTest, AnIndexThatWaitsHoldsUpNoOther) {
  put(makeJobPerIndex(2, 3, 3));
  fail(activeOf(0));
  host.advance(10s);
  fail(activeOf(0));
  fail(activeOf(1));
  host.advance(10s);
  EXPECT_EQ(activeIndexes(), "1") << "the other one has failed twice";
  host.advance(10s);
  EXPECT_EQ(activeIndexes(), "0 1");
}

TEST_F(JobTest, SoManyIndexesMayFail) {
  Draft<Job> draft = makeJobPerIndex(3, 6, 0);
  draft->getSpec().initMaxFailedIndexes().setValue(1);
  put(std::move(draft));
  for (const auto& pod : active()) run(pod);
  fail(activeOf(0));
  EXPECT_EQ(failed(job()), "0");
  EXPECT_THAT(conditions(), IsEmpty());
  fail(activeOf(2));
  EXPECT_EQ(failed(job()), "0,2");
  EXPECT_THAT(conditions(), ElementsAre("FailureTarget: MaxFailedIndexesExceeded"));
  EXPECT_EQ(active().size(), 0u);
  reap();
  EXPECT_THAT(conditions(), Contains("Failed: MaxFailedIndexesExceeded"));
  EXPECT_EQ(messageOf("Failed"), "Job has exceeded the specified maximal number of failed indexes");
}

// -- What a failure means --

TEST_F(JobTest, AFailureCanBeTheJobs) {
  Draft<Job> draft = makeJob(2, 2);
  draft->getSpec().setPodReplacementPolicy("Failed");
  addCodesRule(draft, "FailJob", "In", {3, 42});
  put(std::move(draft));
  const Object<Pod> first = active()[0], second = active()[1];
  run(second);
  fail(first, 42);
  EXPECT_THAT(conditions(), ElementsAre("FailureTarget: PodFailurePolicy"));
  EXPECT_EQ(numbers(), "0 0 1 0 2");
  reap();
  EXPECT_THAT(conditions(), ElementsAre("FailureTarget: PodFailurePolicy", "Failed: PodFailurePolicy"));
  const std::string why = concat("Container main for pod default/", first.name(),
                                 " failed with exit code 42 matching FailJob rule at index 0");
  EXPECT_EQ(messageOf("Failed"), why);
  EXPECT_THAT(events(), Contains("Warning PodFailurePolicy " + why));
}

TEST_F(JobTest, AConditionOfThePodCanBeTheJobsFailure) {
  Draft<Job> draft = makeJob();
  addCodesRule(draft, "Ignore", "In", {7});
  addConditionRule(draft, "FailJob", "ConfigIssue");
  put(std::move(draft));
  const Object<Pod> pod = active()[0];
  host.change<Pod>("default", pod.name(), [&](auto change) {
    setCondition<core_v1::PodCondition>(change.getStatus(), {"ConfigIssue", "True", "", "", ""});
  });
  fail(pod);
  EXPECT_EQ(messageOf("Failed"),
            concat("Pod default/", pod.name(), " has condition ConfigIssue matching FailJob rule at index 1"));
}

TEST_F(JobTest, AFailureThatIsIgnoredCountsForNothing) {
  Draft<Job> draft = makeJob();
  draft->getSpec().getBackoffLimit().setValue(0);
  addConditionRule(draft, "Ignore", "DisruptionTarget");
  put(std::move(draft));
  const Object<Pod> pod = active()[0];
  host.change<Pod>("default", pod.name(), [&](auto change) {
    setCondition<core_v1::PodCondition>(change.getStatus(), {"DisruptionTarget", "True", "", "", ""});
  });
  fail(pod);
  EXPECT_THAT(conditions(), IsEmpty());
  EXPECT_EQ(numbers(), "0 0 0 0 0");
  EXPECT_EQ(tracked(), 0u);
  host.advance(10s);
  EXPECT_EQ(active().size(), 1u);
  fail(active()[0]);
  EXPECT_THAT(conditions(), Contains("Failed: BackoffLimitExceeded")) << "this one counts";
}

TEST_F(JobTest, AFailureCanBeItsIndexs) {
  Draft<Job> draft = makeJobPerIndex(2, 2, 5);
  addCodesRule(draft, "FailIndex", "NotIn", {1});
  put(std::move(draft));
  fail(activeOf(0), 9);
  EXPECT_EQ(failed(job()), "0");
  EXPECT_EQ(numbers(), "1 0 0 0 1");
  fail(activeOf(1), 1);
  EXPECT_EQ(failed(job()), "0");
  host.advance(10s);
  EXPECT_EQ(activeIndexes(), "1");
}

TEST_F(JobTest, IgnoredFailuresOfAnIndexSlowItDownAlone) {
  Draft<Job> draft = makeJobPerIndex(1, 1, 0);
  addCodesRule(draft, "Ignore", "In", {5});
  put(std::move(draft));
  fail(activeOf(0), 5);
  EXPECT_EQ(failed(job()), "");
  host.advance(10s);
  EXPECT_EQ(annotation(activeOf(0).meta(), "batch.kubernetes.io/job-index-failure-count"), "0");
  EXPECT_EQ(annotation(activeOf(0).meta(), "batch.kubernetes.io/job-index-ignored-failure-count"), "1");
  fail(activeOf(0), 5);
  host.advance(19s);
  EXPECT_EQ(activeIndexes(), "");
  host.advance(1s);
  EXPECT_EQ(activeIndexes(), "0");
}

// -- When it is enough --

TEST_F(JobTest, CertainIndexesAreEnough) {
  Draft<Job> draft = makeIndexedJob(3, 5);
  draft->getSpec().initSuccessPolicy().initRules(1)[0].setSucceededIndexes("0,2");
  put(std::move(draft));
  for (const auto& pod : active()) run(pod);
  succeed(activeOf(0));
  EXPECT_THAT(conditions(), IsEmpty());
  succeed(activeOf(2));
  EXPECT_THAT(conditions(), ElementsAre("SuccessCriteriaMet: SuccessPolicy"));
  reap();
  EXPECT_THAT(conditions(), ElementsAre("SuccessCriteriaMet: SuccessPolicy", "Complete: SuccessPolicy"));
  EXPECT_EQ(messageOf("Complete"), "Matched rules at index 0");
  EXPECT_EQ(completed(job()), "0,2");
  EXPECT_EQ(numbers(), "0 0 0 2 0") << "those that were ended have not failed";
  EXPECT_THAT(events(), Contains("Normal Completed Job completed"));
}

TEST_F(JobTest, SoManyIndexesAreEnough) {
  Draft<Job> draft = makeIndexedJob(5, 5);
  auto rules = draft->getSpec().initSuccessPolicy().initRules(2);
  rules[0].setSucceededIndexes("0-2");
  rules[0].initSucceededCount().setValue(2);
  rules[1].initSucceededCount().setValue(4);
  put(std::move(draft));
  succeed(activeOf(3));
  succeed(activeOf(4));
  succeed(activeOf(1));
  EXPECT_THAT(conditions(), IsEmpty());
  succeed(activeOf(2));
  EXPECT_THAT(conditions(), Contains("SuccessCriteriaMet: SuccessPolicy"));
  EXPECT_EQ(messageOf("SuccessCriteriaMet"), "Matched rules at index 0");
}

TEST_F(JobTest, WithAPolicyOfSuccessAllIndexesAreEnoughAsWell) {
  Draft<Job> draft = makeIndexedJob(2, 2);
  draft->getSpec().initSuccessPolicy().initRules(1)[0].initSucceededCount().setValue(2);
  put(std::move(draft));
  succeedAll();
  EXPECT_THAT(conditions(), ElementsAre("SuccessCriteriaMet: SuccessPolicy", "Complete: SuccessPolicy"));
}

}  // namespace
}  // namespace cleat::job
