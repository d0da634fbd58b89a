// What becomes of a proposal, situation by situation.
#include "plugins/controller-horizontal-pod-autoscaler/behavior.h"

#include <cleat/sdk/object.h>
#include <gtest/gtest.h>

namespace cleat::autoscaler {
namespace {

using namespace std::chrono_literals;
using autoscaling_v2::HorizontalPodAutoscaler;
using autoscaling_v2::HPAScalingRules;
using Behavior = autoscaling_v2::HorizontalPodAutoscalerBehavior;

struct Policy {
  const char* type;
  int32_t value, periodSeconds;
};
struct Rules {
  std::optional<int32_t> window;
  const char* select = "Max";
  std::vector<Policy> policies = {};
};

class BehaviorTest : public testing::Test {
 protected:
  void rules(const Rules& up, const Rules& down) {
    fill(draft_->getSpec().initBehavior().initScaleUp(), up);
    fill(draft_->getSpec().getBehavior().initScaleDown(), down);
    has_ = true;
  }
  static void fill(HPAScalingRules::Builder rules, const Rules& said) {
    if (said.window) rules.initStabilizationWindowSeconds().setValue(*said.window);
    rules.setSelectPolicy(said.select);
    auto policies = rules.initPolicies(said.policies.size());
    for (uint32_t i = 0; i < policies.size(); ++i) {
      policies[i].setType(said.policies[i].type);
      policies[i].setValue(said.policies[i].value);
      policies[i].setPeriodSeconds(said.policies[i].periodSeconds);
    }
  }
  std::optional<Behavior::Reader> behavior() {
    if (!has_) return std::nullopt;
    return draft_->getSpec().asReader().getBehavior();
  }
  // What is decided, which is done at once.
  Decision propose(int32_t replicas) {
    const ScalingArguments arguments{current_, replicas, min_, max_, now_, 5min};
    Decision decision = decide(history_, arguments, behavior());
    noteScaled(history_, current_, decision.replicas, now_, behavior());
    current_ = decision.replicas;
    return decision;
  }
  int32_t replicasFor(int32_t proposed) { return propose(proposed).replicas; }

  Draft<HorizontalPodAutoscaler> draft_ = [] {
    Draft<HorizontalPodAutoscaler> draft;
    draft->initSpec();
    return draft;
  }();
  bool has_ = false;
  ScalingHistory history_;
  int32_t current_ = 2, min_ = 1, max_ = 100;
  Instant now_{std::chrono::hours(1)};
};

TEST_F(BehaviorTest, WithoutRulesItGrowsToTwiceAsManyAtMostOrToFour) {
  current_ = 1;
  Decision decision = propose(50);
  EXPECT_EQ(decision.replicas, 4);
  EXPECT_TRUE(decision.isLimited);
  EXPECT_EQ(decision.limited.reason, "ScaleUpLimit");
  EXPECT_EQ(replicasFor(50), 8);
  EXPECT_EQ(replicasFor(50), 16);
}

TEST_F(BehaviorTest, WithoutRulesPastProposalsKeepItUpForFiveMinutes) {
  EXPECT_EQ(replicasFor(4), 4);
  now_ += 1min;
  Decision decision = propose(1);
  EXPECT_EQ(decision.replicas, 4);
  EXPECT_EQ(decision.able.reason, "ScaleDownStabilized");
  now_ += 4min;
  decision = propose(2);
  EXPECT_EQ(decision.replicas, 2);
  EXPECT_EQ(decision.able.reason, "ReadyForNewScale");
}

TEST_F(BehaviorTest, BoundsAreKeptAndTold) {
  max_ = 3;
  min_ = 2;
  Decision decision = propose(10);
  EXPECT_EQ(decision.replicas, 3);
  EXPECT_EQ(decision.limited.reason, "TooManyReplicas");
  history_ = {};
  decision = propose(1);
  EXPECT_EQ(decision.replicas, 2);
  EXPECT_TRUE(decision.isLimited);
  EXPECT_EQ(decision.limited.reason, "TooFewReplicas");
  history_ = {};
  decision = propose(2);
  EXPECT_FALSE(decision.isLimited);
  EXPECT_EQ(decision.limited.reason, "DesiredWithinRange");
}

TEST_F(BehaviorTest, APolicyOfPodsLimitsHowManyComeInItsPeriod) {
  rules({0, "Max", {{"Pods", 2, 60}}}, {300, "Max", {{"Percent", 100, 15}}});
  EXPECT_EQ(replicasFor(10), 4);
  now_ += 15s;
  Decision decision = propose(10);
  EXPECT_EQ(decision.replicas, 4) << "two have come in this minute";
  EXPECT_EQ(decision.limited.reason, "ScaleUpLimit");
  now_ += 46s;
  EXPECT_EQ(replicasFor(10), 6);
}

TEST_F(BehaviorTest, ThePolicyThatLetsMostComeCountsOrTheOneThatLetsLeast) {
  current_ = 10;
  rules({0, "Max", {{"Pods", 4, 15}, {"Percent", 100, 15}}}, {0, "Max", {{"Percent", 100, 15}}});
  EXPECT_EQ(replicasFor(100), 20);
  history_ = {};
  current_ = 10;
  rules({0, "Min", {{"Pods", 4, 15}, {"Percent", 100, 15}}}, {0, "Max", {{"Percent", 100, 15}}});
  EXPECT_EQ(replicasFor(100), 14);
}

TEST_F(BehaviorTest, WhatIsDisabledDoesNotHappen) {
  current_ = 10;
  rules({0, "Disabled", {{"Pods", 4, 15}}}, {0, "Disabled", {{"Percent", 100, 15}}});
  EXPECT_EQ(replicasFor(100), 10);
  EXPECT_EQ(replicasFor(1), 10);
}

TEST_F(BehaviorTest, GoingDownHasPoliciesOfItsOwn) {
  current_ = 10;
  rules({0, "Max", {{"Percent", 100, 15}}}, {0, "Max", {{"Percent", 10, 60}, {"Pods", 3, 60}}});
  Decision decision = propose(1);
  EXPECT_EQ(decision.replicas, 7);
  EXPECT_EQ(decision.limited.reason, "ScaleDownLimit");
  now_ += 30s;
  EXPECT_EQ(replicasFor(1), 7);
  now_ += 31s;
  EXPECT_EQ(replicasFor(1), 4);
}

TEST_F(BehaviorTest, AWindowUpwardsTakesTheLowestProposalInIt) {
  rules({60, "Max", {{"Percent", 100, 15}}}, {300, "Max", {{"Percent", 100, 15}}});
  Decision decision = propose(2);
  now_ += 30s;
  decision = propose(4);
  EXPECT_EQ(decision.replicas, 2);
  EXPECT_EQ(decision.able.reason, "ScaleUpStabilized");
  now_ += 31s;
  EXPECT_EQ(replicasFor(4), 4);
}

TEST_F(BehaviorTest, AWindowDownwardsOfNothingGoesDownAtOnce) {
  rules({0, "Max", {{"Percent", 100, 15}}}, {0, "Max", {{"Percent", 100, 15}}});
  EXPECT_EQ(replicasFor(4), 4);
  EXPECT_EQ(replicasFor(1), 1);
}

TEST_F(BehaviorTest, FromNoneItGrowsByTheRules) {
  current_ = 0;
  min_ = 0;
  rules({0, "Max", {{"Pods", 4, 15}, {"Percent", 100, 15}}}, {0, "Max", {{"Percent", 100, 15}}});
  EXPECT_EQ(replicasFor(3), 3);
  EXPECT_EQ(replicasFor(0), 0);
}

}  // namespace
}  // namespace cleat::autoscaler
