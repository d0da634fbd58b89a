// A Controller whose reconcile brings about its own next turn, and events that are too many.
#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::ConfigMap;
using core_v1::Event;
using test::FakeHost;

Draft<ConfigMap> makeMap(const std::string& name) {
  Draft<ConfigMap> map;
  map->initMetadata().setName(name);
  map->getMetadata().setNamespace("default");
  return map;
}

// Writes something new into every object that it sees.
class Restless : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    controller_.watch(maps_);
    controller_.run();
    co_await maps_.waitSynced();
    co_return {};
  }

  Task<Result<Reconciled>> reconcile(std::string key) {
    ++turns;
    Object<ConfigMap> map = maps_.get(key);
    if (!map || turns > lastTurn) co_return Reconciled();
    Draft<ConfigMap> draft(map);
    auto entry = draft->initData(1)[0];
    entry.setKey("turn");
    entry.setValue(std::to_string(turns));
    Result<Object<ConfigMap>> written = co_await client_.update(std::move(draft));
    if (!written) co_return fail(written.error());
    if (fails) co_return fail(Status::internal("never content"));
    co_return Reconciled{.requeueAfter = requeueAfter};
  }

  int turns = 0, lastTurn = 100'000;
  bool fails = false;
  Duration requeueAfter{};

 private:
  Client client_{context()};
  Informer<ConfigMap> maps_{context()};
  Controller controller_{context(), "restless", [this](std::string key) { return reconcile(std::move(key)); }};
};

bool reports(const FakeHost& host) {
  return std::ranges::any_of(host.logLines(), [](const std::string& line) {
    return line.starts_with("WARN restless wakes itself: default/a was reconciled ");
  });
}

TEST(SelfWake, AReconcileThatNeverEndsIsSlowedDownAndReported) {
  FakeHost host;
  auto plugin = host.start<Restless>();
  host.put(makeMap("a"));
  host.settle();
  EXPECT_GE(plugin->turns, 32);
  EXPECT_LE(plugin->turns, 40);
  EXPECT_FALSE(reports(host));
  host.advance(60s);
  EXPECT_LE(plugin->turns, 50);
  EXPECT_TRUE(reports(host));
  EXPECT_EQ(std::ranges::count_if(host.logLines(), [](const auto& line) { return line.contains("wakes itself"); }), 1);
  ASSERT_EQ(host.reports().size(), 1u);
  EXPECT_TRUE(host.reports()[0].starts_with("restless wakes itself: default/a"));
  // It goes on, once every half minute.
  const int before = plugin->turns;
  host.advance(10min);
  EXPECT_GE(plugin->turns, before + 15);
  EXPECT_LE(plugin->turns, before + 25);
}

TEST(SelfWake, WhatSomebodyElseChangesIsSeenAtOnce) {
  FakeHost host;
  auto plugin = host.start<Restless>();
  host.put(makeMap("a"));
  host.advance(60s);
  const int before = plugin->turns;
  host.put(makeMap("a"));
  host.settle();
  EXPECT_GT(plugin->turns, before);
}

TEST(SelfWake, WhatConvergesIsNotHeldUp) {
  FakeHost host;
  auto plugin = host.start<Restless>();
  plugin->lastTurn = 30;
  host.put(makeMap("a"));
  host.settle();
  EXPECT_EQ(plugin->turns, 31);
  EXPECT_FALSE(reports(host));
}

TEST(SelfWake, OneThatFailsWaitsForItsDelayWhateverItHasWritten) {
  FakeHost host;
  auto plugin = host.start<Restless>();
  plugin->fails = true;
  host.put(makeMap("a"));
  host.settle();
  EXPECT_EQ(plugin->turns, 1);
  host.advance(10s);
  EXPECT_GE(plugin->turns, 10);
  EXPECT_LE(plugin->turns, 14);
  host.put(makeMap("a"));
  host.settle();
  EXPECT_LE(plugin->turns, 16);
}

TEST(SelfWake, ComingBackByTheClockIsNoSelfWake) {
  FakeHost host;
  auto plugin = host.start<Restless>();
  plugin->requeueAfter = 10s;
  plugin->lastTurn = 1;
  host.put(makeMap("a"));
  host.advance(1h);
  EXPECT_FALSE(reports(host));
}

class FloodTest : public testing::Test {
 protected:
  void record(const std::string& reason, const std::string& message) {
    plugin.enter([&] { recorder.warning(map, reason, message); });
    host.settle();
  }
  std::vector<Object<Event>> events() { return host.list<Event>(); }

  FakeHost host;
  Object<ConfigMap> map = host.put(makeMap("a"));
  test::Started<test::EmptyPlugin> plugin = host.start<test::EmptyPlugin>();
  EventRecorder recorder{plugin->context(), "tester"};
};

TEST_F(FloodTest, SimilarEventsBecomeOne) {
  for (int i = 0; i < 20; ++i) record("FailedCreate", "cannot make pod-" + std::to_string(i));
  ASSERT_EQ(events().size(), 10u);
  int seen = 0;
  for (const Object<Event>& event : events()) {
    if (event->getCount() == 1) continue;
    ++seen;
    EXPECT_EQ(event->getCount(), 11);
    EXPECT_EQ(view(event->getMessage()), "(combined from similar events): cannot make pod-19");
  }
  EXPECT_EQ(seen, 1);
}

TEST_F(FloodTest, AfterAWhileTheyAreToldApartAgain) {
  for (int i = 0; i < 12; ++i) record("FailedCreate", "cannot make pod-" + std::to_string(i));
  const size_t before = events().size();
  host.advance(11min);
  record("FailedCreate", "cannot make pod-x");
  EXPECT_EQ(events().size(), before + 1);
}

TEST_F(FloodTest, AnObjectHasItsShareOfEvents) {
  for (int i = 0; i < 100; ++i) record("Reason" + std::to_string(i), "what happened");
  EXPECT_EQ(events().size(), 25u);
  host.advance(5min);
  record("Late", "what happened");
  record("TooMany", "what happened");
  EXPECT_EQ(events().size(), 26u);
  // Another object has a share of its own.
  Object<ConfigMap> other = host.put(makeMap("b"));
  plugin.enter([&] { recorder.normal(other, "Fine", "all is well"); });
  host.settle();
  EXPECT_EQ(events().size(), 27u);
}

}  // namespace
}  // namespace cleat
