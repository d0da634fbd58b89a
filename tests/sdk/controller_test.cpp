// WorkQueue, Controller, EventRecorder and LeaderElection on a clock that the test moves.
#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/coordination_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/leader_election.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cleat {
namespace {

using namespace std::chrono_literals;
using apps_v1::ReplicaSet;
using core_v1::Event;
using core_v1::Pod;
using test::EmptyPlugin;
using test::FakeHost;
using Names = std::vector<std::string>;

class WorkQueueTest : public testing::Test {
 protected:
  // The keys that are due, taken and ended.
  Names drain() {
    Names keys;
    plugin.enter([&] {
      while (queue.size() > 0) {
        spawn(queue.next(), [&](std::optional<std::string> key) { keys.push_back(*key); });
        queue.done(keys.back());
      }
    });
    return keys;
  }
  FakeHost host;
  test::Started<EmptyPlugin> plugin = host.start<EmptyPlugin>();
  WorkQueue queue{plugin->context()};
};

TEST_F(WorkQueueTest, WorksOnAKeyOnceHoweverOftenItWasAdded) {
  plugin.enter([&] {
    queue.add("a");
    queue.add("b");
    queue.add("a");
  });
  EXPECT_EQ(drain(), (Names{"a", "b"}));
}

TEST_F(WorkQueueTest, AKeyThatIsWorkedOnComesAgainAfterwards) {
  plugin.enter([&] {
    queue.add("a");
    spawn(queue.next(), [](std::optional<std::string>) {});
    queue.add("a");
    EXPECT_EQ(queue.size(), 0u);
    queue.done("a");
    EXPECT_EQ(queue.size(), 1u);
  });
}

TEST_F(WorkQueueTest, TheEarlierOfTwoDelaysCounts) {
  plugin.enter([&] {
    queue.addAfter("a", 10s);
    queue.addAfter("a", 2s);
    queue.addAfter("a", 20s);
    queue.addAfter("b", 1s);
  });
  EXPECT_EQ(drain(), Names{});
  host.advance(1s);
  EXPECT_EQ(drain(), Names{"b"});
  host.advance(1s);
  EXPECT_EQ(drain(), Names{"a"});
  host.advance(1h);
  EXPECT_EQ(drain(), Names{});
}

TEST_F(WorkQueueTest, FailuresDoubleTheDelayUntilItIsForgotten) {
  plugin.enter([&] { queue.addBackedOff("a"); });
  host.advance(5ms);
  EXPECT_EQ(drain(), Names{"a"});
  plugin.enter([&] { queue.addBackedOff("a"); });
  host.advance(7ms);
  EXPECT_EQ(drain(), Names{});
  host.advance(3ms);
  EXPECT_EQ(drain(), Names{"a"});
  plugin.enter([&] {
    for (int i = 0; i < 60; ++i) queue.addBackedOff("z");
  });
  EXPECT_EQ(queue.failures("z"), 60u);
  plugin.enter([&] {
    queue.forget("a");
    queue.addBackedOff("a");
  });
  host.advance(5ms);
  Names due = drain();
  std::ranges::sort(due);
  EXPECT_EQ(due, (Names{"a", "z"}));
}

// Keeps as many pods as each set asks for.
class Sets : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    pods_.addIndex("owner", [](const Object<Pod>& pod) {
      std::vector<std::string> owners;
      if (auto owner = controllerOf(pod.meta())) owners.push_back(str(owner->getUid()));
      return owners;
    });
    controller_.watch(sets_);
    controller_.watch(pods_, [](const Object<Pod>& pod) {
      auto owner = controllerOf(pod.meta());
      return owner ? keyOf(pod.ns(), view(owner->getName())) : std::string();
    });
    controller_.run();
    co_await sets_.waitSynced();
    co_await pods_.waitSynced();
    co_return {};
  }

  Task<Result<Reconciled>> reconcile(std::string key) {
    reconciled.push_back(key);
    if (failures > 0) {
      --failures;
      throw std::runtime_error("bad day");
    }
    Object<ReplicaSet> set = sets_.get(key);
    if (!set) co_return Reconciled{};
    size_t wanted = static_cast<size_t>(valueOr(set->getSpec().getReplicas(), 1));
    for (size_t have = pods_.byIndex("owner", set.uid()).size(); have < wanted; ++have) {
      Draft<Pod> pod;
      auto meta = pod->initMetadata();
      meta.setGenerateName(concat(set.name(), "-"));
      meta.setNamespace(str(set.ns()));
      setController(meta, set);
      auto created = co_await client_.create(std::move(pod));
      if (!created) co_return fail(created.error());
      co_await pods_.waitFor(created->revision());
      events_.normal(set, "SuccessfulCreate", concat("Created pod: ", created->name()));
    }
    co_return Reconciled{.requeueAfter = requeueAfter};
  }

  Names reconciled;
  int failures = 0;
  Duration requeueAfter{};

 private:
  Client client_{context()};
  EventRecorder events_{context(), "set-controller"};
  Informer<ReplicaSet> sets_{context()};
  Informer<Pod> pods_{context()};
  Controller controller_{context(), "sets", [this](std::string key) { return reconcile(std::move(key)); }};
};

Draft<ReplicaSet> makeSet(const std::string& name, int replicas) {
  Draft<ReplicaSet> set;
  set->initMetadata().setName(name);
  set->getMetadata().setNamespace("default");
  set->initSpec().initReplicas().setValue(replicas);
  return set;
}

TEST(Controller, BringsTheWorldToWhatIsAskedFor) {
  FakeHost host;
  host.put(makeSet("web", 2));
  {
    auto plugin = host.start<Sets>();
    ASSERT_TRUE(plugin.ready());
    EXPECT_EQ(host.list<Pod>().size(), 2u);
    EXPECT_TRUE(isControlledBy(host.list<Pod>()[0].meta(), host.get<ReplicaSet>("default", "web").uid()));
    host.put(makeSet("db", 1));
    host.settle();
    EXPECT_EQ(host.list<Pod>().size(), 3u);
    // A pod that goes away makes its set dirty.
    host.remove<Pod>("default", host.list<Pod>()[0].name());
    host.settle();
    EXPECT_EQ(host.list<Pod>().size(), 3u);
    EXPECT_EQ(host.list<Event>().size(), 4u);
  }
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST(Controller, RepeatsAFailedReconcileWithGrowingDelays) {
  FakeHost host;
  auto plugin = host.start<Sets>();
  plugin->failures = 3;
  host.put(makeSet("web", 0));
  host.settle();
  EXPECT_EQ(plugin->reconciled.size(), 1u);
  EXPECT_EQ(host.logLines().back(), "WARN sets: default/web: bad day");
  host.advance(5ms);
  EXPECT_EQ(plugin->reconciled.size(), 2u);
  host.advance(10ms);
  EXPECT_EQ(plugin->reconciled.size(), 3u);
  host.advance(20ms);
  EXPECT_EQ(plugin->reconciled.size(), 4u);
  host.advance(1h);
  EXPECT_EQ(plugin->reconciled.size(), 4u);
}

TEST(Controller, ComesBackWhenAReconcileAsksForIt) {
  FakeHost host;
  auto plugin = host.start<Sets>();
  plugin->requeueAfter = 1min;
  host.put(makeSet("web", 0));
  host.settle();
  host.advance(150s);
  EXPECT_EQ(plugin->reconciled.size(), 3u);
}

// Remembers how many run at a time.
class Slow : public EmptyPlugin {
 public:
  using EmptyPlugin::EmptyPlugin;
  Task<Result<Reconciled>> reconcile(std::string key) {
    ++running;
    most = std::max(most, running);
    co_await context().sleep(1s);
    --running;
    done.push_back(key);
    co_return Reconciled{};
  }
  int running = 0, most = 0;
  Names done;
  Controller controller{
      context(), "slow", [this](std::string key) { return reconcile(std::move(key)); }, {.workers = 3}};
};

TEST(Controller, WorksOnAsManyKeysAtATimeAsItHasWorkersAndNeverOnOneTwice) {
  FakeHost host;
  auto plugin = host.start<Slow>();
  plugin.enter([&] {
    plugin->controller.run();
    for (int i = 0; i < 5; ++i) plugin->controller.enqueue(std::to_string(i));
  });
  host.settle();
  EXPECT_EQ(plugin->running, 3);
  plugin.enter([&] { plugin->controller.enqueue("0"); });
  host.settle();
  EXPECT_EQ(plugin->running, 3);
  host.advance(10s);
  EXPECT_EQ(plugin->most, 3);
  EXPECT_EQ(plugin->done, (Names{"0", "1", "2", "3", "4", "0"}));
}

class EventsTest : public testing::Test {
 protected:
  EventsTest() {
    Draft<Pod> draft;
    draft->initMetadata().setName("web");
    draft->getMetadata().setNamespace("default");
    pod = host.put(std::move(draft));
  }
  void record(std::string_view message) {
    plugin.enter([&] { recorder.warning(pod, "BackOff", message); });
    host.settle();
  }
  FakeHost host;
  Object<Pod> pod;
  test::Started<EmptyPlugin> plugin = host.start<EmptyPlugin>();
  EventRecorder recorder{plugin->context(), "agent", {.host = "n1", .mostWaiting = 3, .mostRemembered = 2}};
};

TEST_F(EventsTest, AreWrittenAsKubernetesWritesThem) {
  record("Back-off restarting");
  ASSERT_EQ(host.list<Event>().size(), 1u);
  Object<Event> event = host.list<Event>()[0];
  EXPECT_EQ(event.key(), "default/web.188672522994ca00");
  EXPECT_EQ(view(event->getInvolvedObject().getKind()), "Pod");
  EXPECT_EQ(view(event->getInvolvedObject().getApiVersion()), "v1");
  EXPECT_EQ(view(event->getInvolvedObject().getUid()), pod.uid());
  EXPECT_EQ(view(event->getInvolvedObject().getResourceVersion()), std::to_string(pod.revision()));
  EXPECT_EQ(view(event->getType()), "Warning");
  EXPECT_EQ(view(event->getReason()), "BackOff");
  EXPECT_EQ(view(event->getSource().getComponent()), "agent");
  EXPECT_EQ(view(event->getSource().getHost()), "n1");
  EXPECT_EQ(view(event->getFirstTimestamp()), "2026-01-01T00:00:01Z");
  EXPECT_EQ(event->getCount(), 1);
}

TEST_F(EventsTest, TheSameOneAgainIsCounted) {
  record("Back-off restarting");
  host.advance(10s);
  record("Back-off restarting");
  host.advance(10s);
  record("Back-off restarting");
  ASSERT_EQ(host.list<Event>().size(), 1u);
  Object<Event> event = host.list<Event>()[0];
  EXPECT_EQ(event->getCount(), 3);
  EXPECT_EQ(view(event->getFirstTimestamp()), "2026-01-01T00:00:01Z");
  EXPECT_EQ(view(event->getLastTimestamp()), "2026-01-01T00:00:21Z");
  // One that expired begins anew.
  host.remove<Event>(event.ns(), event.name());
  record("Back-off restarting");
  ASSERT_EQ(host.list<Event>().size(), 1u);
  EXPECT_EQ(host.list<Event>()[0]->getCount(), 1);
}

TEST_F(EventsTest, TooManyAtATimeAreDropped) {
  plugin.enter([&] {
    for (int i = 0; i < 10; ++i) recorder.normal(pod, "Noise", std::to_string(i));
  });
  host.settle();
  // One is on its way and three wait; events of one nanosecond differ in nothing but the message.
  EXPECT_EQ(host.logLines().back(), "WARN 6 events were dropped: too many at a time");
}

class ElectionTest : public testing::Test {
 protected:
  struct Candidate {
    explicit Candidate(FakeHost& host, const std::string& identity) : plugin(host.start<EmptyPlugin>()) {
      plugin.enter([&] {
        election.emplace(plugin->context(), LeaderElectionOptions{.name = "test", .identity = identity});
        election->onStarted([this] { ++started; });
        election->onStopped([this] { ++stopped; });
        election->run();
      });
      host.settle();
    }
    test::Started<EmptyPlugin> plugin;
    std::optional<LeaderElection> election;
    int started = 0, stopped = 0;
  };
  FakeHost host;
};

TEST_F(ElectionTest, OneLeadsAndRenews) {
  host.know<coordination_v1::Lease>();
  Candidate a(host, "a"), b(host, "b");
  EXPECT_TRUE(a.election->isLeader());
  EXPECT_FALSE(b.election->isLeader());
  host.advance(60s);
  EXPECT_TRUE(a.election->isLeader());
  EXPECT_FALSE(b.election->isLeader());
  auto lease = host.get<coordination_v1::Lease>("kube-system", "test");
  EXPECT_EQ(view(lease->getSpec().getHolderIdentity()), "a");
  EXPECT_EQ(view(lease->getSpec().getAcquireTime()), "2026-01-01T00:00:01.000000Z");
  EXPECT_EQ(view(lease->getSpec().getRenewTime()), "2026-01-01T00:01:01.000000Z");
}

TEST_F(ElectionTest, AnotherTakesOverWhenTheLeaderIsGone) {
  Candidate a(host, "a"), b(host, "b");
  a.plugin.stop();
  host.advance(14s);
  EXPECT_FALSE(b.election->isLeader());
  host.advance(4s);
  EXPECT_TRUE(b.election->isLeader());
  auto lease = host.get<coordination_v1::Lease>("kube-system", "test");
  EXPECT_EQ(lease->getSpec().getLeaseTransitions().getValue(), 1);
}

TEST_F(ElectionTest, OneThatCannotRenewStopsInTime) {
  Candidate a(host, "a");
  host.onRequest([](std::string_view, std::string_view, std::string_view) -> Result<void> {
    return fail(Status::unavailable("down"));
  });
  host.advance(9s);
  EXPECT_TRUE(a.election->isLeader());
  host.advance(1s);
  EXPECT_FALSE(a.election->isLeader());
  EXPECT_EQ(a.stopped, 1);
  host.onRequest(nullptr);
  host.advance(2s);
  EXPECT_TRUE(a.election->isLeader());
  EXPECT_EQ(a.started, 2);
}

Task<Result<int>> giveBack(LeaderElection& election) {
  co_await election.release();
  co_return 0;
}

TEST_F(ElectionTest, OneThatGivesItBackIsSucceededAtOnce) {
  Candidate a(host, "a"), b(host, "b");
  ASSERT_TRUE(a.plugin.await(giveBack(*a.election)));
  host.advance(2s);
  EXPECT_TRUE(b.election->isLeader());
  EXPECT_FALSE(a.election->isLeader());
}

}  // namespace
}  // namespace cleat
