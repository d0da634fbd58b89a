// What the machine and its containers use, and in which words it is told.
#include "node/usage.h"

#include <capnp/message.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat::agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const WallTime kNow = *parseTime(std::string_view("2026-01-01T12:00:00Z"));

RuntimePods twoPods() {
  RuntimePods pods;
  for (const char* name : {"b", "a"}) {
    auto pod = std::make_shared<RuntimePod>();
    RuntimeSandbox sandbox{.id = std::string("sandbox-") + name, .podNamespace = "shop", .podName = name};
    sandbox.createdAt = kNow - 1h;
    pod->sandboxes.push_back(sandbox);
    for (const char* container : {"main", "gone"}) {
      RuntimeContainer one{.id = std::string(name) + "-" + container, .name = container};
      const bool runs = std::string_view(container) == "main";
      one.state = runs ? RuntimeContainer::State::running : RuntimeContainer::State::exited;
      one.startedAt = kNow - 30min;
      pod->containers.push_back(one);
    }
    pods[std::string("uid-") + name] = pod;
  }
  return pods;
}

NodeUse useOf(uint64_t cpuSeconds) {
  capnp::MallocMessageBuilder message;
  auto stats = message.initRoot<role::StatsResults>();
  auto list = stats.initContainers(3);
  const char* const ids[] = {"a-main", "b-main", "a-gone"};
  for (uint32_t i = 0; i < 3; ++i) {
    list[i].setContainerId(ids[i]);
    list[i].setTimestampNs((kNow + std::chrono::seconds(cpuSeconds)).time_since_epoch().count());
    list[i].setCpuUsageNs(cpuSeconds * 1'500'000'000);
    list[i].setMemoryWorkingSetBytes(4096);
    list[i].setMemoryUsageBytes(8192);
  }
  NodeUse use;
  use.node = "n1";
  use.use = {kNow + std::chrono::seconds(cpuSeconds), cpuSeconds * 4'000'000'000, 900, 800, 700};
  use.memoryCapacityBytes = 1000;
  use.containers = containersIn(twoPods(), stats.asReader());
  return use;
}

TEST(Usage, OnlyWhatRunsIsTold) {
  const NodeUse use = useOf(1);
  ASSERT_EQ(use.containers.size(), 2u);
  EXPECT_EQ(use.containers[0].pod, "a");
  EXPECT_EQ(use.containers[1].pod, "b");
  EXPECT_EQ(use.containers[0].name, "main");
}

TEST(Usage, AsPrometheusReadsIt) {
  const std::string text = resourceMetrics(useOf(2));
  EXPECT_THAT(text, HasSubstr("# TYPE container_cpu_usage_seconds_total counter\n"
                              "container_cpu_usage_seconds_total{container=\"main\",namespace=\"shop\",pod=\"a\"} 3 "
                              "1767268802000\n"));
  EXPECT_THAT(text,
              HasSubstr("container_memory_working_set_bytes{container=\"main\",namespace=\"shop\",pod=\"b\"} 4096 "
                        "1767268802000\n"));
  EXPECT_THAT(text, HasSubstr("\nnode_cpu_usage_seconds_total 8 1767268802000\n"));
  EXPECT_THAT(text, HasSubstr("\nnode_memory_working_set_bytes 800 "));
  EXPECT_THAT(text, HasSubstr("pod_cpu_usage_seconds_total{namespace=\"shop\",pod=\"a\"} 3 "));
  EXPECT_THAT(text, HasSubstr("resource_scrape_error 0\n"));
  EXPECT_THAT(resourceMetrics(useOf(1)), HasSubstr("pod=\"a\"} 1.5 "));
}

TEST(Usage, ASummaryHasRatesFromTheSecondLookOn) {
  CpuRates rates;
  const std::string first = statsSummary(useOf(1), rates);
  EXPECT_THAT(first, HasSubstr("\"nodeName\":\"n1\""));
  EXPECT_THAT(first, HasSubstr("\"availableBytes\":200"));
  EXPECT_THAT(first, HasSubstr("{\"podRef\":{\"name\":\"a\",\"namespace\":\"shop\",\"uid\":\"uid-a\"}"));
  EXPECT_THAT(first, Not(HasSubstr("usageNanoCores")));
  const std::string second = statsSummary(useOf(3), rates);
  EXPECT_THAT(second, HasSubstr("\"usageNanoCores\":4000000000,\"usageCoreNanoSeconds\":12000000000"));
  EXPECT_THAT(second, HasSubstr("\"usageNanoCores\":1500000000"));
}

TEST(Usage, ACounterThatBeganAnewHasNoRateYet) {
  CpuRates rates;
  EXPECT_EQ(rates.rate("c", {.at = kNow, .cpuNs = 100}), std::nullopt);
  EXPECT_EQ(rates.rate("c", {.at = kNow + 1s, .cpuNs = 50}), std::nullopt);
  EXPECT_EQ(rates.rate("c", {.at = kNow + 2s, .cpuNs = 60}), 10u);
  EXPECT_EQ(rates.rate("c", {.at = kNow + 2s + 1ms, .cpuNs = 61}), 10u) << "too soon for another";
  rates.forgetUnseen();
  rates.forgetUnseen();
  EXPECT_EQ(rates.rate("c", {.at = kNow + 9s, .cpuNs = 90}), std::nullopt);
}

TEST(Usage, OfThisMachine) {
  const auto use = readMachineUse(kNow);
  ASSERT_TRUE(use) << use.error().message;
  EXPECT_GT(use->use.cpuNs, 0u);
  EXPECT_GT(use->memoryCapacityBytes, use->use.workingSetBytes);
  EXPECT_GE(use->use.memoryBytes, use->use.workingSetBytes);
}

}  // namespace
}  // namespace cleat::agent
