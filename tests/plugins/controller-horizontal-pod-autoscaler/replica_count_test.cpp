// How many replicas a metric asks for, situation by situation. A pod is what it uses of the 100 thousandths of a
// processor that it asks for, and a letter: "r" ready, "u" never ready, "p" pending, "f" failed, "d" being deleted, "m"
// ready and not measured.
#include "plugins/controller-horizontal-pod-autoscaler/replica_count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat::autoscaler {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const WallTime kNow = *parseTime(std::string_view("2026-01-01T12:00:00Z"));

struct PodAt {
  char state = 'r';
  int64_t use = 0;
};

struct Situation {
  Pods pods;
  PodMetrics metrics;
};

Object<Pod> podOf(const std::string& name, char state, Duration age) {
  auto pod = test::makePod(name, {{"cpu", "100m"}});
  if (state == 'd') pod.meta().setDeletionTimestamp("2026-01-01T11:00:00Z");
  auto status = pod->initStatus();
  status.setPhase(state == 'p' ? "Pending" : state == 'f' ? "Failed" : "Running");
  status.setStartTime(formatTime(kNow - age));
  // One that was never ready has been so since it started.
  const bool ready = state != 'u' && state != 'p';
  setCondition<core_v1::PodCondition>(
      status, {"Ready", ready ? "True" : "False", "", "", formatTime(kNow - age + (ready ? 20s : 1s))});
  return std::move(pod).freeze();
}

Situation situation(const std::vector<PodAt>& pods, Duration age = 1h) {
  Situation made;
  for (size_t i = 0; i < pods.size(); ++i) {
    const std::string name = concat("pod-", i);
    made.pods.push_back(podOf(name, pods[i].state, age));
    if (pods[i].state == 'm' || pods[i].state == 'p') continue;
    made.metrics[name] = {pods[i].use, kNow, 15s};
  }
  return made;
}

PodRules rules() { return {.now = kNow}; }

struct Case {
  const char* what;
  std::vector<PodAt> pods;
  int32_t current, replicas, utilization;
};

TEST(ReplicaCount, ByUtilizationInEverySituation) {
  const std::vector<Case> cases = {
      {"within the tolerance nothing changes", {{'r', 52}, {'r', 53}}, 2, 2, 52},
      {"twice the target takes twice as many", {{'r', 100}, {'r', 100}}, 2, 4, 100},
      {"a fraction is rounded up", {{'r', 60}, {'r', 60}, {'r', 60}}, 3, 4, 60},
      {"a fifth of the target", {{'r', 10}, {'r', 10}, {'r', 10}, {'r', 10}}, 4, 1, 10},
      {"nothing is used", {{'r', 0}, {'r', 0}}, 2, 0, 0},
      {"for more, what is not measured uses nothing", {{'r', 100}, {'r', 100}, {'m', 0}}, 3, 4, 100},
      {"for fewer, what is not measured uses all it asks for", {{'r', 10}, {'r', 10}, {'m', 0}}, 3, 3, 10},
      {"what is not measured turns nothing round", {{'r', 60}, {'m', 0}}, 2, 2, 60},
      {"for fewer, what is not ready does not count", {{'r', 10}, {'r', 10}, {'u', 100}}, 3, 1, 10},
      {"for more, it uses nothing", {{'r', 150}, {'r', 150}, {'u', 100}}, 3, 6, 150},
      {"for more, it may be enough that it comes", {{'r', 60}, {'u', 100}}, 2, 2, 60},
      {"a pending pod is one that is not ready", {{'r', 150}, {'p', 0}}, 2, 3, 150},
      {"what has failed or goes counts nowhere", {{'r', 100}, {'f', 100}, {'d', 100}}, 3, 2, 100},
  };
  for (const Case& each : cases) {
    Situation now = situation(each.pods);
    const UtilizationTarget target{"cpu", "", 50};
    auto made = byUtilization(now.pods, now.metrics, target, each.current, {}, rules());
    ASSERT_TRUE(made) << each.what << ": " << made.error().message;
    EXPECT_EQ(made->replicas, each.replicas) << each.what;
    EXPECT_EQ(made->utilization, each.utilization) << each.what;
  }
}

TEST(ReplicaCount, APodThatStartsCountsWhenItWasReadyForAWholeWindow) {
  const UtilizationTarget target{"cpu", "", 50};
  // Ready since 20 s after its start: at 30 s the window of 15 s began before that.
  Situation young = situation({{'r', 200}, {'r', 200}}, 30s);
  EXPECT_FALSE(byUtilization(young.pods, young.metrics, target, 2, {}, rules()));
  Situation older = situation({{'r', 200}, {'r', 200}}, 40s);
  EXPECT_EQ(byUtilization(older.pods, older.metrics, target, 2, {}, rules())->replicas, 8);
  // Of memory every sample counts.
  EXPECT_EQ(byAverage(young.pods, young.metrics, "memory", 100, 2, {}, rules())->replicas, 4);
}

TEST(ReplicaCount, APodThatWasReadyOnceCountsAlsoWhenItIsNot) {
  Situation now = situation({{'r', 100}});
  Draft<Pod> pod(now.pods[0]);
  setCondition<core_v1::PodCondition>(pod->getStatus(), {"Ready", "False", "", "", formatTime(kNow - 5min)});
  now.pods[0] = std::move(pod).freeze();
  const UtilizationTarget target{"cpu", "", 50};
  EXPECT_EQ(byUtilization(now.pods, now.metrics, target, 1, {}, rules())->replicas, 2);
}

TEST(ReplicaCount, SaysWhatItLacks) {
  const UtilizationTarget target{"cpu", "", 50};
  const auto why = [&](Situation now) {
    auto made = byUtilization(now.pods, now.metrics, target, 1, {}, rules());
    return made ? std::string() : made.error().message;
  };
  EXPECT_EQ(why({}), "no pods returned by selector while calculating replica count");
  EXPECT_EQ(why(situation({{'u', 10}})), "did not receive metrics for targeted pods (pods might be unready)");
  Situation greedy = situation({{'r', 10}});
  Draft<Pod> pod(greedy.pods[0]);
  pod->getSpec().getContainers()[0].getResources().disownRequests();
  greedy.pods[0] = std::move(pod).freeze();
  EXPECT_EQ(why(greedy), "missing request for cpu in container main of Pod pod-0");
  Situation strangers = situation({{'m', 0}});
  strangers.metrics["other"] = {100, kNow, 15s};
  EXPECT_EQ(why(strangers), "no metrics returned matched known pods");
}

TEST(ReplicaCount, OfOneContainerOnlyThatOneIsAskedFor) {
  auto pod = test::makePod("web");
  auto containers = pod->getSpec().initContainers(2);
  containers[0].setName("app");
  test::fillMap(containers[0].initResources().initRequests(1), {{"cpu", "250m"}});
  containers[1].setName("proxy");
  const Pods pods = {std::move(pod).freeze()};
  EXPECT_EQ(requestsOf(pods, "app", "cpu")->at("web"), 250);
  EXPECT_THAT(requestsOf(pods, "", "cpu").error().message, HasSubstr("in container proxy"));
}

TEST(ReplicaCount, WhatThePodAsksForAsAWholeGoesBeforeItsContainers) {
  auto pod = test::makePod("web");
  test::fillMap(pod->getSpec().initResources().initRequests(1), {{"cpu", "1"}});
  const Pods pods = {std::move(pod).freeze()};
  EXPECT_EQ(requestsOf(pods, "", "cpu")->at("web"), 1000);
}

TEST(ReplicaCount, ByAverageOfWhatEachPodHas) {
  Situation now = situation({{'r', 30}, {'r', 10}});
  EXPECT_EQ(byAverage(now.pods, now.metrics, "", 20, 2, {}, rules())->replicas, 2);
  EXPECT_EQ(byAverage(now.pods, now.metrics, "", 10, 2, {}, rules())->replicas, 4);
  EXPECT_EQ(byAverage(now.pods, now.metrics, "", 10, 2, {}, rules())->average, 20);
}

TEST(ReplicaCount, ByOneValue) {
  Situation now = situation({{'r', 0}, {'r', 0}, {'u', 0}});
  EXPECT_EQ(byValue(now.pods, 300, 100, 3, {})->replicas, 6) << "times those that are ready";
  EXPECT_EQ(byValue(now.pods, 105, 100, 3, {})->replicas, 3);
  EXPECT_EQ(byValue({}, 250, 100, 0, {})->replicas, 3) << "from none";
  EXPECT_EQ(byValuePerPod(1000, 100, 4, {}).replicas, 10);
  EXPECT_EQ(byValuePerPod(1000, 100, 4, {}).average, 250);
  EXPECT_EQ(byValuePerPod(1000, 100, 0, {}).replicas, 10);
  EXPECT_EQ(byValuePerPod(410, 100, 4, {}).replicas, 4);
}

TEST(ReplicaCount, EachDirectionHasItsTolerance) {
  const Tolerances tolerances{.down = 0.3, .up = 0.0};
  Situation less = situation({{'r', 40}, {'r', 40}}), more = situation({{'r', 51}, {'r', 52}});
  const UtilizationTarget target{"cpu", "", 50};
  EXPECT_EQ(byUtilization(less.pods, less.metrics, target, 2, tolerances, rules())->replicas, 2);
  EXPECT_EQ(byUtilization(more.pods, more.metrics, target, 2, tolerances, rules())->replicas, 3);
}

}  // namespace
}  // namespace cleat::autoscaler
