#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using namespace std::chrono_literals;
using core_v1::Event;
using core_v1::Node;
using core_v1::Pod;
using test::makeNode;

const test::Pairs kTwoCpus = {{"cpu", "2"}, {"memory", "4Gi"}, {"pods", "10"}};

TEST_F(SchedulerTest, BindsItsOwnPodsAndSaysSo) {
  host.put(makeNode("a", kTwoCpus));
  pod("before");
  start();
  pod("after", "500m");
  pod("other", "500m", "packing");
  host.settle();
  EXPECT_EQ(nodeOf("before"), "a");
  EXPECT_EQ(nodeOf("after"), "a");
  EXPECT_EQ(nodeOf("other"), "");
  EXPECT_THAT(events(), testing::UnorderedElementsAre("Scheduled: Successfully assigned default/before to a",
                                                      "Scheduled: Successfully assigned default/after to a"));
}

TEST_F(SchedulerTest, LeavesGatedAndLeavingPodsAlone) {
  host.put(makeNode("a", kTwoCpus));
  start();
  auto gated = test::makePod("gated");
  gated->getSpec().setSchedulerName("default-scheduler");
  gated->getSpec().initSchedulingGates(1)[0].setName("wait");
  host.put(std::move(gated));
  auto leaving = test::makePod("leaving");
  leaving->getSpec().setSchedulerName("default-scheduler");
  leaving.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  host.put(std::move(leaving));
  host.settle();
  EXPECT_EQ(nodeOf("gated"), "");
  EXPECT_EQ(nodeOf("leaving"), "");
  host.change<Pod>("default", "gated", [](auto pod) { pod.getSpec().initSchedulingGates(0); });
  host.settle();
  EXPECT_EQ(nodeOf("gated"), "a");
}

TEST_F(SchedulerTest, EqualNodesTakeTurns) {
  for (const char* name : {"a", "b", "c"})
    host.put(makeNode(name, {{"cpu", "64"}, {"memory", "256Gi"}, {"pods", "100"}}));
  start();
  std::set<std::string> used;
  for (int i = 0; i < 3; ++i) {
    // One that asked for cpu alone would be better off where another one has made the node less even already.
    pod(concat("p", i), "0");
    host.settle();
    used.insert(nodeOf(concat("p", i)));
  }
  EXPECT_EQ(used.size(), 3u);
}

TEST_F(SchedulerTest, PacksWhenToldTo) {
  for (const char* name : {"a", "b"}) host.put(makeNode(name, {{"cpu", "4"}, {"memory", "8Gi"}, {"pods", "10"}}));
  start({{"scoring", "pack"}});
  for (int i = 0; i < 4; ++i) pod(concat("p", i));
  host.settle();
  for (int i = 1; i < 4; ++i) EXPECT_EQ(nodeOf(concat("p", i)), nodeOf("p0"));
}

TEST_F(SchedulerTest, RefusesAScoringThatItDoesNotKnow) {
  auto refused = host.start(cleat_plugin_v1(), {{"scoring", "random"}});
  EXPECT_EQ(refused.readyError(),
            "scoring: \"random\" is neither LeastAllocated, MostAllocated nor RequestedToCapacityRatio");
}

TEST_F(SchedulerTest, PodsThatComeTogetherDoNotOverfillANode) {
  host.put(makeNode("a", kTwoCpus));
  host.put(makeNode("b", kTwoCpus));
  start();
  for (int i = 0; i < 10; ++i) pod(concat("p", i));
  host.settle();
  std::map<std::string, int> placed;
  for (int i = 0; i < 10; ++i) ++placed[nodeOf(concat("p", i))];
  EXPECT_EQ(placed["a"], 2);
  EXPECT_EQ(placed["b"], 2);
  EXPECT_EQ(placed[""], 6);
}

TEST_F(SchedulerTest, SaysOnceWhyAPodWaitsAndRetriesWhenANodeAppears) {
  start();
  pod("p");
  host.settle();
  EXPECT_EQ(whyWaiting("p"), "no nodes available to schedule pods");
  host.put(makeNode("small", {{"cpu", "500m"}, {"memory", "4Gi"}, {"pods", "10"}}));
  auto closed = makeNode("closed", kTwoCpus);
  closed->initSpec().setUnschedulable(true);
  host.put(std::move(closed));
  host.settle();
  EXPECT_EQ(whyWaiting("p"), "no nodes available to schedule pods") << "something else is said within a second";
  host.advance(1s);
  EXPECT_EQ(whyWaiting("p"),
            "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. preemption: 0/2 nodes are "
            "available: 2 Preemption is not helpful for scheduling.");
  const auto condition = host.get<Pod>("default", "p")->getStatus().getConditions()[0];
  EXPECT_EQ(view(condition.getStatus()), "False");
  EXPECT_EQ(view(condition.getReason()), "Unschedulable");
  const size_t before = host.requests().size();
  host.loseHistory();
  host.advance(1min);
  EXPECT_EQ(host.requests().size(), before) << "it says the same again";
  host.put(makeNode("a", kTwoCpus));
  host.settle();
  EXPECT_EQ(nodeOf("p"), "a");
}

TEST_F(SchedulerTest, AChangeOfANodeBringsAnotherTryAndAHeartbeatDoesNot) {
  auto node = makeNode("a", kTwoCpus);
  auto ready = node->getStatus().initConditions(1)[0];
  ready.setType("Ready");
  ready.setStatus("False");
  host.put(std::move(node));
  start();
  pod("p");
  host.settle();
  EXPECT_EQ(nodeOf("p"), "");
  host.change<Node>("", "a", [](auto changed) { changed.getStatus().getConditions()[0].setStatus("True"); });
  host.settle();
  EXPECT_EQ(nodeOf("p"), "a");

  pod("q", "2");
  host.settle();
  const size_t before = host.requests().size();
  host.change<Node>("", "a", [](auto changed) {
    changed.getStatus().getConditions()[0].setLastHeartbeatTime("2026-01-01T00:00:09Z");
  });
  host.settle();
  EXPECT_EQ(host.requests().size(), before);
  host.change<Node>("", "a", [](auto changed) { changed.getStatus().getAllocatable()[0].setValue("3"); });
  host.settle();
  EXPECT_EQ(nodeOf("q"), "a");
}

TEST_F(SchedulerTest, RoomThatAPodLeavesIsUsed) {
  host.put(makeNode("a", kTwoCpus));
  start();
  pod("first", "2");
  host.settle();
  pod("second", "2");
  pod("third", "2");
  host.settle();
  EXPECT_EQ(nodeOf("second"), "");
  host.change<Pod>("default", "first", [](auto done) { done.initStatus().setPhase("Succeeded"); });
  host.settle();
  EXPECT_EQ(nodeOf("second"), "a");
  host.remove<Pod>("default", "second");
  host.settle();
  EXPECT_EQ(nodeOf("third"), "a");
}

TEST_F(SchedulerTest, AFailedBindingTakesTheReservationBack) {
  host.put(makeNode("a", kTwoCpus));
  int refusals = 1;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (verb == "create/binding" && key == "default/unlucky" && refusals-- > 0)
      return fail(Status::unavailable("not now"));
    return {};
  });
  start();
  pod("unlucky", "2");
  pod("lucky", "2");
  host.settle();
  EXPECT_EQ(nodeOf("unlucky"), "");
  EXPECT_EQ(nodeOf("lucky"), "a");
  host.remove<Pod>("default", "lucky");
  host.advance(10s);
  EXPECT_EQ(nodeOf("unlucky"), "a");
}

TEST_F(SchedulerTest, EventsOfABurstComeBehindItsBindingsAndAllCome) {
  host.put(makeNode("a", {{"cpu", "64"}, {"memory", "256Gi"}, {"pods", "1000"}}));
  for (int i = 0; i < 200; ++i) pod(concat("p", i), "1m");
  start();
  host.settle();
  EXPECT_EQ(test::countRequests(host, "create/binding"), 200u);
  EXPECT_LT(events().size(), 20u);
  host.advance(2s);
  EXPECT_EQ(events().size(), 200u);
}

// As if the answer to the binding were lost: it is made, and the scheduler is told that it failed.
TEST_F(SchedulerTest, ABindingWhoseAnswerIsLostKeepsWhatItTook) {
  host.put(makeNode("a", kTwoCpus));
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (verb != "create/binding" || key != "default/first") return {};
    host.change<Pod>("default", "first", [](auto bound) { bound.getSpec().setNodeName("a"); });
    return fail(Status::unavailable("the connection was lost"));
  });
  start();
  pod("first", "2");
  host.settle();
  pod("second", "2");
  host.advance(1min);
  EXPECT_EQ(nodeOf("first"), "a");
  EXPECT_EQ(nodeOf("second"), "") << "the node is given away twice";
  EXPECT_EQ(test::countRequests(host, "create/binding"), 1u);
  EXPECT_THAT(events(), testing::Contains("Scheduled: Successfully assigned default/first to a"));
}

TEST_F(SchedulerTest, WhileNobodySaysWhetherAPodIsBoundItsNodeStaysTaken) {
  host.put(makeNode("a", kTwoCpus));
  bool silent = true;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (silent && key == "default/first" && (verb == "create/binding" || verb == "get"))
      return fail(Status::unavailable("nobody is there"));
    return {};
  });
  start();
  pod("first", "2");
  host.settle();
  pod("second", "2");
  host.advance(10s);
  EXPECT_EQ(nodeOf("second"), "");
  EXPECT_EQ(test::countRequests(host, "create/binding"), 1u) << "it is bound anew before the pod was looked at";
  silent = false;
  host.advance(2min);
  EXPECT_EQ(nodeOf("first") + nodeOf("second"), "a");
}

TEST_F(SchedulerTest, APodThatSomebodyElseHasBoundIsWhereTheySaid) {
  host.put(makeNode("a", kTwoCpus));
  host.put(makeNode("b", {{"cpu", "1"}, {"memory", "4Gi"}, {"pods", "10"}}));
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (verb != "create/binding" || key != "default/first") return {};
    host.change<Pod>("default", "first", [](auto bound) { bound.getSpec().setNodeName("b"); });
    return fail(Status::conflict("pods", "first", "it is assigned to a node already"));
  });
  start();
  pod("first", "2");
  host.settle();
  pod("second", "2");
  pod("third", "1");
  host.settle();
  EXPECT_EQ(nodeOf("first"), "b");
  EXPECT_EQ(nodeOf("second"), "a");
  EXPECT_EQ(nodeOf("third"), "");
}

TEST_F(SchedulerTest, APodThatIsDeletedWhileItIsBoundLeavesNothingBehind) {
  host.put(makeNode("a", kTwoCpus));
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (verb == "create/binding" && key == "default/gone") host.remove<Pod>("default", "gone");
    return {};
  });
  start();
  pod("gone", "2");
  pod("next", "2");
  host.settle();
  EXPECT_EQ(nodeOf("next"), "a");
  plugin.reset();
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST_F(SchedulerTest, WhoWaitsIsNotToldOfEveryChange) {
  start();
  pod("p", "4");
  host.settle();
  const size_t before = test::countRequests(host, "update/status pods");
  // Each node brings another try, and another message.
  for (int i = 0; i < 40; ++i) {
    host.put(makeNode(concat("n", i), {{"cpu", "1"}, {"memory", "4Gi"}, {"pods", "10"}}));
    host.put(makeNode("a", {{"cpu", "4"}, {"memory", concat(100 + i)}, {"pods", "0"}}));
    host.advance(100ms);
  }
  EXPECT_LE(test::countRequests(host, "update/status pods") - before, 4u);
  host.advance(20s);
  EXPECT_EQ(
      whyWaiting("p"),
      "0/41 nodes are available: 1 Too many pods, 40 Insufficient cpu. preemption: 0/41 nodes are available: 1 No "
      "preemption victims found for incoming pod, 40 Preemption is not helpful for scheduling.");
}

TEST_F(SchedulerTest, ManyBindingsAreUnderWayAtATimeAndNoMoreThanAllowed) {
  for (const char* name : {"a", "b"}) host.put(makeNode(name, {{"cpu", "64"}, {"memory", "64Gi"}, {"pods", "100"}}));
  start({{"bindings_in_flight", "5"}});
  for (int i = 0; i < 40; ++i) pod(concat("p", i), "1m");
  host.settle();
  for (int i = 0; i < 40; ++i) EXPECT_NE(nodeOf(concat("p", i)), "") << i;
  EXPECT_EQ(test::countRequests(host, "create/binding"), 40u);
}

}  // namespace
}  // namespace cleat::scheduling
