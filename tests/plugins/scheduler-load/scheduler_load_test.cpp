// The plugin as a scheduler meets it: what it says of nodes whose use is measured, on a clock that moves when it is
// told to.
#include <cleat/schema/role/scheduler_extension.methods.h>
#include <cleat/sdk/kinds/metrics_v1beta1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Node;
using core_v1::Pod;
using metrics_v1beta1::NodeMetrics;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SchedulerLoadTest : public testing::Test {
 protected:
  SchedulerLoadTest() {
    host.know<Pod>();
    host.know<Node>();
    host.advance(1h);
  }
  void start(const test::Settings& settings = {}) {
    plugin.emplace(host.start(cleat_plugin_v1(), settings));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void node(const std::string& name) {
    nodes.push_back(host.put(test::makeNode(name, {{"cpu", "4"}, {"memory", "8Gi"}})));
  }
  // What was used over the last 15 seconds: thousandths of a processor, and Mi.
  void measure(const std::string& name, int64_t milliCpu, int64_t memory = 0) {
    auto metrics = test::named<NodeMetrics>("", name);
    metrics->setTimestamp(formatTime(host.wallNow()));
    metrics->setWindow("15s");
    test::fillMap(metrics->initUsage(2), {{"cpu", concat(milliCpu, "m")}, {"memory", concat(memory, "Mi")}});
    host.put(std::move(metrics));
  }
  static Object<Pod> pod(const std::string& name, const std::string& cpu = "400m", const std::string& memory = "1Mi") {
    auto draft = test::makePod(name, {{"cpu", cpu}, {"memory", memory}});
    draft.meta().setUid(concat("uid-", name));
    return Object<Pod>(std::move(draft).freezeAny());
  }
  static Object<Pod> podWithoutRequests() {
    auto draft = test::makePod("plain");
    draft.meta().setUid("uid-plain");
    return Object<Pod>(std::move(draft).freezeAny());
  }

  // Asks about pods like this one, with all nodes told anew.
  role::JudgedVerdict::Reader judge(const Object<Pod>& asking) {
    const auto count = static_cast<unsigned>(nodes.size());
    auto ask = [&](role::JudgeParams::Builder params) {
      params.setTable(++table);
      params.setSize(count);
      auto changed = params.initChanged(count);
      for (unsigned i = 0; i < count; ++i) changed.set(i, i);
      auto group = params.initGroups(1)[0];
      group.setPods(1);
      group.initCandidates((count + 7) / 8)[0] = static_cast<kj::byte>((1u << count) - 1);
    };
    std::vector<AnyRef> objects{asking};
    for (const auto& each : nodes) objects.push_back(each);
    answer.emplace(plugin->call(role::schedulerExtension::judge, ask, std::move(objects)));
    if (!answer->ok()) throw std::runtime_error(answer->status.message);
    return answer->answer->getGroups()[0];
  }
  template <class List>
  static std::vector<int> column(List list) {
    std::vector<int> all;
    for (auto cell : list) all.push_back(cell);
    return all;
  }
  std::vector<int> scores(const Object<Pod>& asking = pod("asking")) { return column(judge(asking).getScores()); }

  // The refusal, if there is one.
  std::string reserve(const Object<Pod>& placed, const std::string& where) {
    auto fill = [&](role::PlacementsParams::Builder params) { params.initNodes(1).set(0, where); };
    auto said = plugin->call(role::schedulerExtension::reserve, fill, {placed});
    if (!said.ok()) throw std::runtime_error(said.status.message);
    return said.answer->getRefusals().size() == 0 ? std::string() : str(said.answer->getRefusals()[0]);
  }
  void unreserve(const Object<Pod>& placed, const std::string& where) {
    auto fill = [&](role::PlacementsParams::Builder params) { params.initNodes(1).set(0, where); };
    ASSERT_TRUE(plugin->call(role::schedulerExtension::unreserve, fill, {placed}).ok());
  }

  test::FakeHost host;
  std::vector<Object<Node>> nodes;
  std::optional<test::AnyStarted> plugin;
  std::optional<test::Outcome<role::JudgeResults>> answer;
  uint64_t table = 0;
};

TEST_F(SchedulerLoadTest, TheLessANodeIsUsedTheBetterItIsWithThePodOnIt) {
  node("a");
  node("b");
  measure("a", 2000);
  measure("b", 1000);
  start();
  EXPECT_THAT(scores(), ElementsAre(40, 65));
  EXPECT_THAT(column(judge(pod("asking")).getWorse()), ElementsAre(1000, 1000));
  EXPECT_EQ(judge(pod("asking")).getAllowed().size(), 0u);
  EXPECT_EQ(judge(pod("asking")).getAgainAfterMs(), 0u);
}

TEST_F(SchedulerLoadTest, WhatIsScarcerCounts) {
  node("a");
  node("b");
  measure("a", 0, 6 * 1024);
  measure("b", 2000);
  start();
  EXPECT_THAT(scores(pod("asking", "40m", "819Mi")), ElementsAre(15, 49));
  plugin.reset();
  start({{"resources", "cpu"}});
  EXPECT_THAT(scores(pod("asking", "40m", "819Mi")), ElementsAre(99, 49));
}

TEST_F(SchedulerLoadTest, APodWithoutRequestsCountsAsTheSettingsSay) {
  node("a");
  measure("a", 0);
  start({{"default_cpu", "2"}, {"default_memory", "2Gi"}});
  EXPECT_THAT(scores(podWithoutRequests()), ElementsAre(50));
}

TEST_F(SchedulerLoadTest, WhatWasPlacedSinceTheMeasurementCounts) {
  node("a");
  measure("a", 0);
  start();
  EXPECT_EQ(reserve(pod("one"), "a"), "");
  EXPECT_THAT(scores(), ElementsAre(80));
  EXPECT_EQ(reserve(pod("two"), "a"), "");
  unreserve(pod("one"), "a");
  EXPECT_THAT(scores(), ElementsAre(80));
  // Half a minute to warm up, and the window.
  host.advance(50s);
  measure("a", 400);
  host.advance(15s);
  EXPECT_THAT(scores(), ElementsAre(80));
}

TEST_F(SchedulerLoadTest, WhoeverPlacedIt) {
  node("a");
  node("b");
  measure("a", 0);
  measure("b", 0);
  auto there = test::makePod("there", {{"cpu", "400m"}});
  there->getSpec().setNodeName("a");
  host.put(std::move(there));
  start();
  EXPECT_THAT(scores(), ElementsAre(80, 90));
  host.change<Pod>("default", "there", [](Pod::Builder pod) { pod.initStatus().setPhase("Succeeded"); });
  host.settle();
  EXPECT_THAT(scores(), ElementsAre(90, 90));
}

TEST_F(SchedulerLoadTest, WhoHasBeenThereForLongIsInTheMeasurement) {
  node("a");
  auto there = test::makePod("there", {{"cpu", "400m"}});
  there->getSpec().setNodeName("a");
  host.put(std::move(there));
  host.advance(2min);
  measure("a", 400);
  start();
  EXPECT_THAT(scores(), ElementsAre(80));
}

TEST_F(SchedulerLoadTest, ANodeWithoutMetricsCountsAsTheOthersDo) {
  for (const char* name : {"a", "b", "c"}) node(name);
  measure("a", 1000);
  measure("b", 2000);
  start({{"limit_utilization", "30"}});
  auto verdict = judge(pod("asking"));
  EXPECT_EQ(verdict.getAllowed()[0], 0b101);
  EXPECT_EQ(verdict.getScores()[2], 53);
  EXPECT_EQ(reserve(pod("one"), "c"), "");
  EXPECT_EQ(judge(pod("asking")).getScores()[2], 43);
}

TEST_F(SchedulerLoadTest, NearTheTargetIsBest) {
  for (const char* name : {"a", "b", "c"}) node(name);
  measure("a", 0);
  measure("b", 1600);
  measure("c", 2800);
  start({{"strategy", "target"}, {"target_utilization", "50"}});
  EXPECT_THAT(scores(), ElementsAre(60, 100, 20));
  EXPECT_THAT(column(judge(pod("asking")).getWorseAfter()), ElementsAre(4, 0, 0));
}

TEST_F(SchedulerLoadTest, NodesAboveTheLimitAreNotForThem) {
  node("a");
  node("b");
  measure("a", 3000);
  measure("b", 2200, 1024);
  start({{"limit_utilization", "60"}});
  auto verdict = judge(pod("asking"));
  EXPECT_EQ(verdict.getAllowed()[0], 0b10);
  EXPECT_EQ(view(verdict.getReason()), "were used above 60 percent of their cpu");
  EXPECT_EQ(verdict.getRoom()[1], 1) << "until it is above";
  EXPECT_EQ(verdict.getAgainAfterMs(), 16'000u) << "with the next measurement";
  EXPECT_EQ(reserve(pod("one"), "b"), "");
  EXPECT_EQ(reserve(pod("two"), "b"), "node b was used above 60 percent of its cpu");
  measure("a", 100, 7 * 1024);
  host.advance(15s);
  verdict = judge(pod("asking"));
  EXPECT_EQ(verdict.getAllowed()[0], 0);
  EXPECT_EQ(view(verdict.getReason()), "were used above 60 percent of their cpu or memory");
  measure("a", 100);
  host.advance(15s);
  EXPECT_EQ(judge(pod("asking")).getAllowed()[0], 0b01);
}

TEST_F(SchedulerLoadTest, MetricsThatAreStaleCountForNothing) {
  node("a");
  node("b");
  measure("a", 4000);
  measure("b", 0);
  start({{"limit_utilization", "60"}});
  EXPECT_EQ(judge(pod("asking")).getAllowed()[0], 0b10);
  host.advance(61s);
  EXPECT_EQ(judge(pod("asking")).getAllowed().size(), 0u);
  EXPECT_THAT(scores(), IsEmpty());
  host.advance(15s);
  EXPECT_THAT(host.reports().back(), HasSubstr("no node has metrics that are fresh"));
}

TEST_F(SchedulerLoadTest, WithoutTheMetricsApiAllNodesAreAsGoodAndThatIsSaidOnce) {
  node("a");
  measure("a", 1000);
  bool isServed = false;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb != "list" || resource != "nodes" || isServed) return {};
    return fail(Status::notFound("nodes", ""));
  });
  start({{"limit_utilization", "1"}});
  EXPECT_THAT(scores(), IsEmpty());
  EXPECT_EQ(judge(pod("asking")).getAllowed().size(), 0u);
  EXPECT_EQ(reserve(pod("one"), "a"), "");
  host.advance(5min);
  EXPECT_THAT(host.reports(), ElementsAre(HasSubstr("metrics.k8s.io is not served")));
  EXPECT_EQ(std::ranges::count_if(host.logLines(), [](const auto& line) { return line.starts_with("WARN"); }), 1);
  isServed = true;
  measure("a", 1000);
  host.advance(15s);
  EXPECT_EQ(judge(pod("asking")).getAllowed()[0], 0);
  EXPECT_EQ(host.reports().back(), "");
}

TEST_F(SchedulerLoadTest, WrongSettingsAreNamed) {
  const std::pair<test::Settings, const char*> cases[] = {
      {{{"strategy", "random"}}, "strategy: \"random\" is neither least-used nor target"},
      {{{"target_utilization", "100"}}, "target_utilization: must be from 1 to 99 percent, and is 100"},
      {{{"limit_utilization", "101"}}, "limit_utilization: must be from 1 to 100 percent or 0, for none, and is 101"},
      {{{"resources", "disk"}}, "resources: \"disk\" is neither cpu nor memory"},
      {{{"resources", ""}}, "resources: name cpu, memory, or both"},
      {{{"default_cpu", "much"}}, "default_cpu: \"much\" is no amount, such as 100m"},
      {{{"default_memory", "-1"}}, "default_memory: \"-1\" is no amount, such as 200Mi"},
      {{{"resolution", "1ms"}}, "resolution: a second is the least"},
      {{{"stale_after", "15s"}}, "stale_after: must be longer than resolution"},
      {{{"warm_up", "-1s"}}, "warm_up: must not be negative"},
  };
  for (const auto& [settings, error] : cases) {
    auto started = host.start(cleat_plugin_v1(), settings);
    EXPECT_FALSE(started.ready());
    EXPECT_THAT(started.readyError(), HasSubstr(error));
  }
}

}  // namespace
}  // namespace cleat
