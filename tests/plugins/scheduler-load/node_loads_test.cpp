// How much nodes are used, of what was measured and of what was placed since; and how good that makes them.
#include "plugins/scheduler-load/node_loads.h"

#include <gtest/gtest.h>

#include "plugins/scheduler-load/load_verdict.h"

namespace cleat::load {
namespace {

using namespace std::chrono_literals;

const WallTime kStart = WallTime(std::chrono::hours(500'000));

class Loads : public testing::Test {
 protected:
  Loads() {
    loads.resize(2);
    loads.setNode(0, "a", {4000, 8e9});
    loads.setNode(1, "b", {4000, 8e9});
  }
  // So many percent of both resources, over a window that ends now.
  void measure(const std::string& node, double percent, WallTime at, Duration window = 15s) {
    loads.measured({{node, {at, window, {40 * percent, 8e7 * percent}}}}, at);
  }

  NodeLoads loads{60s, 30s};
};

TEST_F(Loads, ANodeIsFreshUntilItsMeasurementIsStale) {
  EXPECT_FALSE(loads.isFresh(0, kStart));
  measure("a", 25, kStart);
  EXPECT_TRUE(loads.isFresh(0, kStart + 60s));
  EXPECT_FALSE(loads.isFresh(0, kStart + 61s));
  EXPECT_FALSE(loads.isFresh(1, kStart));
  EXPECT_DOUBLE_EQ(loads.percent(0, kCpu), 25);
  EXPECT_DOUBLE_EQ(loads.percent(0, kMemory), 25);
}

TEST_F(Loads, APodCountsUntilAMeasurementBeganWhenItHadWarmedUp) {
  measure("a", 10, kStart);
  loads.placed("p", "a", {400, 8e8}, kStart, kStart);
  EXPECT_DOUBLE_EQ(loads.percent(0, kCpu), 20);
  measure("a", 15, kStart + 44s);
  EXPECT_DOUBLE_EQ(loads.percent(0, kCpu), 25);
  measure("a", 20, kStart + 45s);
  EXPECT_DOUBLE_EQ(loads.percent(0, kCpu), 20);
}

TEST_F(Loads, WhatAMeasurementHasInItDoesNotCountAgain) {
  measure("a", 20, kStart + 60s);
  loads.placed("old", "a", {400, 8e8}, kStart, kStart + 61s);
  EXPECT_DOUBLE_EQ(loads.percent(0, kCpu), 20);
  loads.placed("new", "a", {400, 8e8}, kStart + 20s, kStart + 61s);
  EXPECT_DOUBLE_EQ(loads.percent(0, kCpu), 30);
}

TEST_F(Loads, APodThatIsGivenBackCountsForNothing) {
  loads.placed("p", "a", {400, 8e8}, kStart, kStart);
  loads.placed("p", "a", {400, 8e8}, kStart, kStart);
  EXPECT_DOUBLE_EQ(loads.placedPercent(0, kCpu), 10);
  loads.placed("p", "b", {400, 8e8}, kStart, kStart);
  EXPECT_DOUBLE_EQ(loads.placedPercent(0, kCpu), 0);
  EXPECT_DOUBLE_EQ(loads.placedPercent(1, kCpu), 10);
  loads.gone("p");
  loads.gone("p");
  EXPECT_DOUBLE_EQ(loads.placedPercent(1, kCpu), 0);
}

TEST_F(Loads, OnANodeThatIsNotMeasuredAPodIsForgottenAfterAWhile) {
  loads.placed("p", "b", {400, 8e8}, kStart, kStart);
  measure("a", 10, kStart + 89s);
  EXPECT_DOUBLE_EQ(loads.placedPercent(1, kCpu), 10);
  measure("a", 10, kStart + 90s);
  EXPECT_DOUBLE_EQ(loads.placedPercent(1, kCpu), 0);
}

TEST_F(Loads, AClockThatIsAheadIsTakenForNow) {
  loads.measured({{"a", {kStart + 1h, 15s, {400, 0}}}}, kStart);
  EXPECT_FALSE(loads.isFresh(0, kStart + 61s));
  loads.placed("p", "b", {400, 8e8}, kStart + 1h, kStart);
  measure("b", 10, kStart + 50s);
  EXPECT_DOUBLE_EQ(loads.placedPercent(1, kCpu), 0);
}

TEST_F(Loads, NumbersMayBecomeOtherNodes) {
  measure("a", 25, kStart);
  loads.placed("p", "a", {400, 8e8}, kStart, kStart);
  loads.setNode(0, "c", {4000, 8e9});
  loads.setNode(1, "a", {8000, 8e9});
  EXPECT_FALSE(loads.isFresh(0, kStart));
  EXPECT_EQ(loads.find("a"), 1u);
  EXPECT_EQ(loads.find("b"), std::nullopt);
  EXPECT_DOUBLE_EQ(loads.percent(1, kCpu), 17.5);
  loads.resize(1);
  EXPECT_EQ(loads.find("a"), std::nullopt);
  loads.resize(3);
  EXPECT_FALSE(loads.isFresh(1, kStart));
  loads.setNode(2, "a", {4000, 8e9});
  EXPECT_DOUBLE_EQ(loads.percent(2, kCpu), 35);
}

TEST_F(Loads, TheAverageIsOfWhatWasMeasuredLately) {
  EXPECT_EQ(loads.average(kStart), std::nullopt);
  measure("a", 20, kStart);
  measure("b", 60, kStart + 30s);
  EXPECT_DOUBLE_EQ((*loads.average(kStart + 30s))[kCpu], 40);
  EXPECT_DOUBLE_EQ((*loads.average(kStart + 61s))[kMemory], 60);
  EXPECT_EQ(loads.average(kStart + 91s), std::nullopt);
}

TEST(LoadScores, TheLessANodeIsUsedTheBetter) {
  const LoadSettings settings;
  EXPECT_DOUBLE_EQ(scoreFor(settings, 0, 5).score, 100);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 70, 5).score, 30);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 130, 5).score, 0);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 70, 5).worse, 5);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 70, 5).steady, 0);
}

TEST(LoadScores, OrTheNearerToTheTargetAndWorseBeyondIt) {
  LoadSettings settings;
  settings.hasTarget = true;
  settings.target = 60;
  EXPECT_DOUBLE_EQ(scoreFor(settings, 0, 5).score, 60);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 30, 5).score, 80);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 60, 5).score, 100);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 61, 5).score, 58.5);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 80, 5).score, 30);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 120, 5).score, 0);
  // Three more pods fit below it.
  EXPECT_DOUBLE_EQ(scoreFor(settings, 42, 5).steady, 3);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 42, 5).worse, 47.5);
  EXPECT_DOUBLE_EQ(scoreFor(settings, 80, 4).worse, 6);
}

}  // namespace
}  // namespace cleat::load
