// Situations of a job, and what is to be done in them.
#include "plugins/controller-job/plan.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/plugins/controller-job/job_test.h"

namespace cleat::job {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = *parseTime(std::string_view("2026-03-01T12:00:00Z"));

// "STATE" or "STATE INDEX[ FAILURES]": r runs, s has succeeded, f has failed 5 s ago, t is being deleted and runs on.
// In capitals: it is counted already.
Object<Pod> podOf(const std::string& text, size_t number) {
  auto pod = test::makePod(concat("pod-", number), {}, {{"job", "sum"}});
  pod.meta().setUid(concat("uid-", number));
  pod.meta().setCreationTimestamp("2026-03-01T11:00:00Z");
  pod->getSpec().setNodeName("node");
  const char state = static_cast<char>(text[0] | 0x20);
  if (state == text[0]) addFinalizer(pod.meta(), kFinalizer);
  if (state == 't') pod.meta().setDeletionTimestamp("2026-03-01T12:00:00Z");
  pod->initStatus().setPhase("Running");
  if (state == 's') endPod(*pod, "Succeeded", 0, kNow - 5s);
  if (state == 'f') endPod(*pod, "Failed", 1, kNow - 5s);
  if (text.size() > 2) setAnnotation(pod.meta(), kIndex, text.substr(2, 1));
  if (text.size() > 4) setAnnotation(pod.meta(), "batch.kubernetes.io/job-index-failure-count", text.substr(4));
  return std::move(pod).freeze();
}

struct Case {
  const char* what;
  std::function<void(Draft<Job>&)> job;  // beginning with two of four
  bool indexed;
  std::vector<std::string> pods;
  std::string expected;  // "+N" to be made, or "+INDEX/FAILURES …", "-NAME …" to go, "END REASON", "wait S"
};

Situation situationOf(const Case& one) {
  Draft<Job> draft = one.indexed ? makeIndexedJob(2, 4) : makeJob(2, 4);
  draft->initStatus().setStartTime("2026-03-01T11:59:00Z");
  if (one.job) one.job(draft);
  Situation situation{.job = std::move(draft).freeze(), .pods = {}, .failures = {}, .now = kNow};
  for (size_t i = 0; i < one.pods.size(); ++i) {
    situation.pods.push_back(
        describe(situation.job, podOf(one.pods[i], i), {.tracked = true, .deleting = false, .dismissed = false}));
  }
  return situation;
}

std::string actionsIn(const Situation& situation) {
  const Assessment assessed = assess(situation);
  const PodPlan plan = planPods(situation, assessed);
  std::string text;
  auto say = [&](const std::string& what) { text += (text.empty() ? "" : " ") + what; };
  if (assessed.verdict) say(concat("END ", assessed.verdict->reason));
  if (isIndexed(situation.job)) {
    for (const WantedPod& pod : plan.create) say(concat("+", *pod.index, "/", pod.failures.counted));
  } else if (!plan.create.empty()) {
    say(concat("+", plan.create.size()));
  }
  for (const Object<Pod>& pod : plan.remove) say(concat("-", pod.name()));
  if (plan.lookAgain > Duration::zero()) say(concat("wait ", plan.lookAgain / std::chrono::seconds(1)));
  return text;
}

void perIndex(Draft<Job>& job) { job->getSpec().initBackoffLimitPerIndex().setValue(1); }
void onlyFailed(Draft<Job>& job) { job->getSpec().setPodReplacementPolicy("Failed"); }
void suspended(Draft<Job>& job) { job->getSpec().getSuspend().setValue(true); }
auto limit(int failures) {
  return [failures](Draft<Job>& job) { job->getSpec().getBackoffLimit().setValue(failures); };
}

TEST(JobPlan, FollowsFromTheSituation) {
  for (const Case& one : std::vector<Case>{
           {"nothing runs", {}, false, {}, "+2"},
           {"enough run", {}, false, {"r", "r"}, ""},
           {"one has succeeded", {}, false, {"s", "r"}, "+1"},
           {"one is left", {}, false, {"s", "s", "s"}, "+1"},
           {"all have succeeded", {}, false, {"s", "s", "s", "s"}, "END CompletionsReached"},
           {"more run than are left", {}, false, {"s", "s", "s", "r", "r"}, "-pod-3"},
           {"one has failed", {}, false, {"f", "r"}, "wait 5"},
           {"two have failed", {}, false, {"f", "f"}, "wait 15"},
           {"one has failed long ago and is counted", {}, false, {"F", "r"}, "+1"},
           {"too many have failed", limit(1), false, {"f", "f", "r"}, "END BackoffLimitExceeded -pod-2"},
           {"one is going and makes room", {}, false, {"t", "r"}, "wait 10"},
           {"one is going and keeps its place", onlyFailed, false, {"t", "r"}, ""},
           {"it is suspended", suspended, false, {"r", "r"}, "-pod-0 -pod-1"},
           {"it is suspended and nothing runs", suspended, false, {}, ""},
           {"the first indexes", {}, true, {}, "+0/0 +1/0"},
           {"the next index", {}, true, {"s 0", "r 1"}, "+2/0"},
           {"the lowest open index", {}, true, {"r 1"}, "+0/0"},
           {"twins", {}, true, {"r 0", "r 0"}, "-pod-0"},
           {"an index that there is not", {}, true, {"r 0", "r 9"}, "-pod-1"},
           {"an index that was never given", {}, true, {"r 0", "r"}, "-pod-1"},
           {"an index is ending and is not given again", onlyFailed, true, {"t 0"}, "+1/0"},
           {"an index waits for itself", perIndex, true, {"f 0 0"}, "+1/0 wait 5"},
           {"an index has failed for good", perIndex, true, {"f 0 1"}, "+1/0 +2/0"},
           {"all indexes are decided", perIndex, true, {"f 0 1", "s 1", "s 2", "s 3"}, "END FailedIndexes"},
       }) {
    EXPECT_EQ(actionsIn(situationOf(one)), one.expected) << one.what;
  }
}

TEST(JobPlan, WaitsForWhatWasWrittenToShow) {
  Situation situation = situationOf({"", {}, false, {"r"}, ""});
  situation.unseen = 1;
  situation.settled = false;
  EXPECT_EQ(actionsIn(situation), "");
  EXPECT_EQ(assess(situation).active, 2);
  situation = situationOf({"", {}, false, {"s", "s", "s", "s"}, ""});
  situation.settled = false;
  EXPECT_EQ(actionsIn(situation), "") << "a pod that is not seen yet could still be running";
}

TEST(JobPlan, AnIndexIsTriedAgainWhenItsPauseIsOver) {
  Situation situation = situationOf({"", perIndex, true, {"f 0 0"}, ""});
  situation.now += 5s;
  EXPECT_EQ(actionsIn(situation), "+0/1 +1/0");
}

}  // namespace
}  // namespace cleat::job
