// Preemption seen from outside: who has to go, what they and the pod that comes are told, and who waits meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/scheduler-default/affinity_objects.h"
#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using namespace std::chrono_literals;
using core_v1::Node;
using core_v1::Pod;
using policy_v1::PodDisruptionBudget;
using test::makeNode;

class PreemptionTest : public SchedulerTest {
 protected:
  PreemptionTest() { host.deletesGracefully<Pod>(); }
  void node(const std::string& name, const char* cpu = "2") {
    host.put(makeNode(name, {{"cpu", cpu}, {"memory", "4Gi"}, {"pods", "10"}, {"x.io/foo", "5"}}, {{"host", name}}));
  }
  // A pod of a priority, on a node unless that is empty.
  void pod(const std::string& name, int priority, const std::string& node = "",
           const test::Pairs& requests = {{"cpu", "1"}}, const std::function<void(Pod::Builder)>& edit = {}) {
    auto draft = test::makePod(name, requests, {{"app", name.substr(0, name.find('-'))}});
    draft->getSpec().setSchedulerName("default-scheduler");
    draft->getSpec().initPriority().setValue(priority);
    draft->getSpec().setNodeName(node);
    draft->initStatus().setPhase(node.empty() ? "Pending" : "Running");
    if (edit) edit(*draft);
    host.put(std::move(draft));
  }
  void budget(const std::string& app, int allowed) {
    auto draft = test::named<PodDisruptionBudget>("default", app);
    test_objects::select(draft->initSpec().initSelector(), {{"app", app}});
    draft->initStatus().setDisruptionsAllowed(allowed);
    host.put(std::move(draft));
  }
  bool leaves(const std::string& name) {
    auto found = host.get<Pod>("default", name);
    return !found || deletionPending(found.meta());
  }
  std::vector<std::string> leaving() {
    std::vector<std::string> names;
    for (const auto& each : host.list<Pod>("default")) {
      if (deletionPending(each.meta())) names.push_back(str(each.name()));
    }
    return names;
  }
  std::string nominatedNode(const std::string& name) {
    return str(host.get<Pod>("default", name)->getStatus().getNominatedNodeName());
  }
  void finish(const std::string& name) { host.remove<Pod>("default", name); }
};

TEST_F(PreemptionTest, TheLeastImportantMakeRoomAndAllAreToldOfIt) {
  node("a");
  pod("low", 1, "a");
  pod("mid", 5, "a");
  start();
  pod("high", 10);
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("low"));
  auto victim = host.get<Pod>("default", "low");
  auto condition = findCondition(victim->getStatus().getConditions(), "DisruptionTarget");
  ASSERT_TRUE(condition);
  EXPECT_EQ(view(condition->getStatus()), "True");
  EXPECT_EQ(view(condition->getReason()), "PreemptionByScheduler");
  EXPECT_EQ(view(condition->getMessage()), "default-scheduler: preempting to accommodate a higher priority pod");
  const auto high = host.get<Pod>("default", "high");
  EXPECT_THAT(events(), testing::Contains(concat("Preempted: Preempted by pod ", high.uid(), " on node a")));
  EXPECT_EQ(nominatedNode("high"), "a");
  EXPECT_EQ(whyWaiting("high"),
            "0/1 nodes are available: 1 Insufficient cpu. preemption: found a potential placement for pod on node a, "
            "preempting 1 victims");
  EXPECT_EQ(nodeOf("high"), "");
  finish("low");
  host.settle();
  EXPECT_EQ(nodeOf("high"), "a");
  EXPECT_FALSE(leaves("mid"));
}

TEST_F(PreemptionTest, ExtendedResourcesArePreemptedForAsWell) {
  node("a");
  node("b");
  pod("low-a", 1, "a", {{"x.io/foo", "4"}});
  pod("mid-b", 5, "b", {{"x.io/foo", "4"}});
  start();
  pod("high", 10, "", {{"x.io/foo", "4"}});
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("low-a"));
  EXPECT_EQ(nominatedNode("high"), "a");
  finish("low-a");
  host.settle();
  EXPECT_EQ(nodeOf("high"), "a");
}

TEST_F(PreemptionTest, TheNodeWithTheLeastHarmIsChosen) {
  for (const char* name : {"a", "b", "c", "d"}) node(name);
  pod("a-1", 5, "a", {{"cpu", "2"}});  // more important than others
  pod("b-1", 1, "b");
  pod("b-2", 1, "b");  // two of them
  pod("c-1", 1, "c", {{"cpu", "2"}}, [](auto pod) { pod.getStatus().setStartTime("2026-01-01T00:00:00Z"); });
  pod("d-1", 1, "d", {{"cpu", "2"}}, [](auto pod) { pod.getStatus().setStartTime("2026-01-02T00:00:00Z"); });
  start();
  pod("high", 10, "", {{"cpu", "2"}});
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("d-1")) << "it has been running for the shortest time";
}

TEST_F(PreemptionTest, AsManyAsCanAreReprieved) {
  node("a", "4");
  pod("low-1", 1, "a");
  pod("low-2", 2, "a");
  pod("low-3", 3, "a");
  pod("low-4", 4, "a");
  start();
  pod("high", 10, "", {{"cpu", "2"}});
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("low-1", "low-2"));
}

TEST_F(PreemptionTest, BudgetsAreViolatedLast) {
  node("a");
  node("b");
  pod("kept-1", 1, "a", {{"cpu", "2"}});
  pod("free-1", 5, "b", {{"cpu", "2"}});
  budget("kept", 0);
  start();
  pod("high", 10, "", {{"cpu", "2"}});
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("free-1")) << "though it is more important";
  pod("higher", 20, "", {{"cpu", "2"}});
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("free-1", "kept-1")) << "where nothing else helps";
}

TEST_F(PreemptionTest, OnOneNodeThoseWithoutABudgetGoFirst) {
  node("a");
  pod("kept-1", 1, "a");
  pod("free-1", 5, "a");
  budget("kept", 0);
  start();
  pod("high", 10);
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("free-1"));
}

TEST_F(PreemptionTest, WhoDoesNotPreemptWaits) {
  node("a");
  pod("low", 1, "a", {{"cpu", "2"}});
  start();
  pod("polite", 10, "", {{"cpu", "1"}}, [](auto pod) { pod.getSpec().setPreemptionPolicy("Never"); });
  host.settle();
  EXPECT_THAT(leaving(), testing::IsEmpty());
  EXPECT_EQ(whyWaiting("polite"),
            "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.");
  finish("low");
  host.settle();
  EXPECT_EQ(nodeOf("polite"), "a");
}

TEST_F(PreemptionTest, NobodyGoesForWhatWouldNotFitAnyway) {
  node("a");
  host.put(makeNode("b", {{"cpu", "1"}, {"memory", "4Gi"}, {"pods", "10"}}));
  pod("equal", 10, "a", {{"cpu", "1500m"}});
  pod("low", 1, "a", {{"cpu", "100m"}});
  start();
  pod("high", 10, "", {{"cpu", "2"}});
  host.settle();
  EXPECT_THAT(leaving(), testing::IsEmpty());
  EXPECT_EQ(nominatedNode("high"), "");
  EXPECT_EQ(whyWaiting("high"),
            "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 1 Insufficient cpu, "
            "1 Preemption is not helpful for scheduling.");
}

TEST_F(PreemptionTest, WhatIsNominatedIsKeptFromOthersThatAreNotMoreImportant) {
  node("a");
  pod("low", 1, "a", {{"cpu", "2"}});
  start();
  pod("high", 10, "", {{"cpu", "2"}});
  host.settle();
  ASSERT_EQ(nominatedNode("high"), "a");
  host.put(test::named<core_v1::Namespace>("", "other"));
  pod("equal", 10, "", {{"cpu", "1"}});
  pod("less", 5, "", {{"cpu", "1"}});
  host.settle();
  finish("low");
  host.settle();
  EXPECT_EQ(nodeOf("high"), "a");
  EXPECT_EQ(nodeOf("equal"), "");
  EXPECT_EQ(nodeOf("less"), "");
}

TEST_F(PreemptionTest, AMoreImportantPodTakesTheNominationOver) {
  node("a");
  pod("low", 1, "a", {{"cpu", "2"}});
  start();
  pod("high", 10, "", {{"cpu", "2"}});
  host.settle();
  ASSERT_EQ(nominatedNode("high"), "a");
  pod("higher", 20, "", {{"cpu", "2"}});
  host.settle();
  EXPECT_EQ(nominatedNode("higher"), "a");
  EXPECT_EQ(nominatedNode("high"), "");
  finish("low");
  host.settle();
  EXPECT_EQ(nodeOf("higher"), "a");
  EXPECT_EQ(nodeOf("high"), "");
}

TEST_F(PreemptionTest, APodThatKeepsOthersAwayIsPreempted) {
  node("a");
  pod("shy", 1, "a", {{"cpu", "100m"}}, [](auto pod) { test_objects::away(pod, "host", {{"app", "high"}}); });
  pod("quiet", 1, "a", {{"cpu", "100m"}});
  start();
  pod("high", 10, "", {{"cpu", "100m"}});
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("shy"));
  finish("shy");
  host.settle();
  EXPECT_EQ(nodeOf("high"), "a");
}

TEST_F(PreemptionTest, AfterARestartTheNominationStillHolds) {
  node("a");
  pod("low", 1, "a", {{"cpu", "2"}}, [](auto pod) {
    pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
    auto condition = pod.getStatus().initConditions(1)[0];
    condition.setType("DisruptionTarget");
    condition.setStatus("True");
    condition.setReason("PreemptionByScheduler");
  });
  node("b");
  pod("other", 1, "b", {{"cpu", "2"}});
  pod("high", 10, "", {{"cpu", "2"}}, [](auto pod) { pod.getStatus().setNominatedNodeName("a"); });
  start();
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("low")) << "another one has to go though one is on its way out already";
  EXPECT_EQ(whyWaiting("high"),
            "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to a terminating pod on the "
            "nominated node.");
  finish("low");
  host.settle();
  EXPECT_EQ(nodeOf("high"), "a");
}

TEST_F(PreemptionTest, WhenAVictimCannotBeTakenAwayItIsTriedAgain) {
  node("a");
  pod("low", 1, "a", {{"cpu", "2"}});
  int refusals = 1;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (verb == "delete" && key == "default/low" && refusals-- > 0) return fail(Status::unavailable("not now"));
    return {};
  });
  start();
  pod("high", 10, "", {{"cpu", "2"}});
  host.settle();
  EXPECT_FALSE(leaves("low"));
  host.advance(2s);
  EXPECT_TRUE(leaves("low"));
}

TEST_F(PreemptionTest, WhoseNodeGoesLooksElsewhere) {
  node("a");
  pod("low-a", 1, "a", {{"cpu", "2"}});
  start();
  pod("high", 10, "", {{"cpu", "2"}});
  host.settle();
  ASSERT_EQ(nominatedNode("high"), "a");
  pod("low-b", 9, "b", {{"cpu", "2"}});
  host.settle();
  node("b");
  host.settle();
  ASSERT_EQ(nominatedNode("high"), "a");
  host.remove<Node>("", "a");
  host.settle();
  EXPECT_EQ(nominatedNode("high"), "b");
  EXPECT_TRUE(leaves("low-b"));
  finish("low-b");
  host.settle();
  EXPECT_EQ(nodeOf("high"), "b");
}

TEST_F(PreemptionTest, NobodyIsWokenByAVictimOfAnother) {
  node("a");
  node("b");
  for (const char* name : {"a", "b"}) pod(concat("low-", name), 1, name, {{"cpu", "2"}});
  start();
  pod("one", 10, "", {{"cpu", "2"}});
  pod("two", 10, "", {{"cpu", "2"}});
  host.settle();
  EXPECT_THAT(leaving(), testing::ElementsAre("low-a", "low-b"));
  EXPECT_NE(nominatedNode("one"), nominatedNode("two"));
  const size_t before = test::countRequests(host, "update/status");
  finish(concat("low-", nominatedNode("one")));
  host.settle();
  EXPECT_NE(nodeOf("one"), "");
  EXPECT_EQ(nodeOf("two"), "");
  EXPECT_EQ(test::countRequests(host, "update/status"), before);
}

}  // namespace
}  // namespace cleat::scheduling
