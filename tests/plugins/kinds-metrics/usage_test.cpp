// What an agent's text says, and what is made of two of them.
#include <gmock/gmock.h>

#include <cleat/sdk/text.h>

#include "kinds-metrics/usage_table.h"

namespace cleat::metrics {
namespace {

using std::chrono::seconds;

constexpr const char* kNode =
    "# HELP node_cpu_usage_seconds_total Cumulative cpu time\n"
    "# TYPE node_cpu_usage_seconds_total counter\n"
    "node_cpu_usage_seconds_total 100.5 1000000\n"
    "node_memory_working_set_bytes 1.5e+06 1000000\n";

WallTime at(int64_t second) { return WallTime(seconds(second)); }

TEST(Reading, TellsOfTheNodeAndItsContainers) {
  const auto reading =
      readMetrics(concat(kNode,
                         "container_cpu_usage_seconds_total{container=\"c\",namespace=\"n\",pod=\"p\"} 4.25 1000500\n"
                         "container_memory_working_set_bytes{container=\"c\",namespace=\"n\",pod=\"p\"} 4096 1000500\n"
                         "container_start_time_seconds{container=\"c\",namespace=\"n\",pod=\"p\"} 900.5\n"
                         "pod_cpu_usage_seconds_total{namespace=\"n\",pod=\"p\"} 4.25 1000500\n"
                         "resource_scrape_error 0\n"),
                  at(5000));
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->node.cpuNs, 100'500'000'000u);
  EXPECT_EQ(reading->node.memoryBytes, 1'500'000u);
  EXPECT_EQ(reading->node.at, at(1000));
  ASSERT_TRUE(reading->pods.contains("n/p"));
  const Point& point = reading->pods.find("n/p")->second.find("c")->second;
  EXPECT_EQ(point.cpuNs, 4'250'000'000u);
  EXPECT_EQ(point.memoryBytes, 4096u);
  EXPECT_EQ(point.startedAt, at(900) + std::chrono::milliseconds(500));
}

TEST(Reading, PassesOverWhatIsNotWhole) {
  const auto reading =
      readMetrics(concat(kNode,
                         "container_cpu_usage_seconds_total{container=\"c\",namespace=\"n\",pod=\"p\"} 4\n"
                         "container_cpu_usage_seconds_total{container=\"d\"} 4\n"
                         "container_cpu_usage_seconds_total{container=\"e\",namespace=\"n\",pod=\"p\"} -1\n"
                         "container_memory_working_set_bytes{container=\"e\",namespace=\"n\",pod=\"p\"} NaN\n"),
                  at(5000));
  ASSERT_TRUE(reading);
  EXPECT_TRUE(reading->pods.empty());
}

TEST(Reading, RefusesWhatIsNoSuchText) {
  for (const std::string& text :
       {std::string(), std::string("hello\n"), std::string("node_cpu_usage_seconds_total x\n"),
        concat(kNode, "container_cpu_usage_seconds_total{container=\"c 1\n"),
        concat(kNode, "container_cpu_usage_seconds_total{container} 1\n"),
        std::string("node_cpu_usage_seconds_total 1e300\nnode_memory_working_set_bytes 1\n")}) {
    EXPECT_FALSE(readMetrics(text, at(1))) << text;
  }
}

TEST(Reading, NamesMayHaveEveryCharacter) {
  const auto reading =
      readMetrics(concat(kNode,
                         "container_cpu_usage_seconds_total{container=\"a\\\"b\\\\\",namespace=\"n\",pod=\"p}\"} 1\n"
                         "container_memory_working_set_bytes{container=\"a\\\"b\\\\\",namespace=\"n\",pod=\"p}\"} 1\n"),
                  at(5000));
  ASSERT_TRUE(reading) << reading.error().message;
  ASSERT_TRUE(reading->pods.contains("n/p}"));
  EXPECT_TRUE(reading->pods.find("n/p}")->second.contains("a\"b\\"));
}

Point point(int64_t second, int64_t cpuSeconds, int64_t startedAt = 1) {
  return {at(second), static_cast<uint64_t>(cpuSeconds) * 1'000'000'000, 4096, at(startedAt), true, true};
}

NodeReading reading(int64_t second, int64_t nodeCpu, std::map<std::string, Point, std::less<>> containers) {
  NodeReading made;
  made.node = point(second, nodeCpu);
  made.pods["n/p"] = std::move(containers);
  return made;
}

TEST(UsageTable, ProcessorTimeIsWhatWasAddedBetweenTwoReadings) {
  UsageTable table;
  table.take("a", reading(1000, 100, {{"c", point(1000, 10)}}));
  EXPECT_FALSE(table.ofNode("a", at(1000)));
  table.take("a", reading(1020, 130, {{"c", point(1020, 15)}}));
  const auto node = table.ofNode("a", at(1020));
  ASSERT_TRUE(node);
  EXPECT_EQ(node->cpuNano, 1'500'000'000u);
  EXPECT_EQ(node->window, seconds(20));
  const auto pod = table.ofPod("a", "n/p", at(1020));
  ASSERT_TRUE(pod);
  ASSERT_EQ(pod->containers.size(), 1u);
  EXPECT_EQ(pod->containers[0].second.cpuNano, 250'000'000u);
  EXPECT_FALSE(table.ofPod("a", "n/other", at(1020)));
  EXPECT_FALSE(table.ofPod("b", "n/p", at(1020)));
}

TEST(UsageTable, TheSameReadingTwiceIsOne) {
  UsageTable table;
  table.take("a", reading(1000, 100, {}));
  table.take("a", reading(1010, 110, {}));
  table.take("a", reading(1010, 110, {}));
  ASSERT_TRUE(table.ofNode("a", at(1011)));
}

TEST(UsageTable, AContainerThatBeganSinceCountsFromItsStart) {
  UsageTable table;
  table.take("a", reading(1000, 100, {{"c", point(1000, 10)}}));
  table.take("a", reading(1020, 130, {{"c", point(1020, 5, 1010)}}));
  auto pod = table.ofPod("a", "n/p", at(1020));
  ASSERT_TRUE(pod);
  EXPECT_EQ(pod->containers[0].second.cpuNano, 500'000'000u);
  EXPECT_EQ(pod->containers[0].second.window, seconds(10));
  table.take("a", reading(1040, 160, {{"c", point(1040, 1, 1035)}}));
  EXPECT_FALSE(table.ofPod("a", "n/p", at(1040))) << "it has run for five seconds only";
}

TEST(UsageTable, APodWithOneContainerThatIsNotMeasuredHasNoMetrics) {
  UsageTable table;
  table.take("a", reading(1000, 100, {{"c", point(1000, 10)}}));
  table.take("a", reading(1020, 130, {{"c", point(1020, 15)}, {"d", point(1020, 1, 1015)}}));
  EXPECT_FALSE(table.ofPod("a", "n/p", at(1020)));
}

TEST(UsageTable, WhatIsAMinuteOldIsNotTold) {
  UsageTable table;
  table.take("a", reading(1000, 100, {{"c", point(1000, 10)}}));
  table.take("a", reading(1020, 130, {{"c", point(1020, 15)}}));
  EXPECT_TRUE(table.ofNode("a", at(1080)));
  EXPECT_FALSE(table.ofNode("a", at(1081)));
  EXPECT_FALSE(table.ofPod("a", "n/p", at(1081)));
}

TEST(UsageTable, NodesThatAreGoneAreForgotten) {
  UsageTable table;
  table.take("a", reading(1000, 100, {}));
  table.take("a", reading(1010, 110, {}));
  table.keepOnly({"b"});
  EXPECT_FALSE(table.ofNode("a", at(1011)));
}

}  // namespace
}  // namespace cleat::metrics
