// Pods that are placed together or not at all.
#include <cleat/sdk/kinds/scheduling_v1beta1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler-default/groups/pod_groups.h"
#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using namespace std::chrono_literals;
using core_v1::Node;
using test::makeNode;

const test::Settings kTogether = {{"gang_scheduling", "true"}};

struct Importance {
  std::optional<int32_t> priority = {};
  bool together = false;  // disrupted so
};

class GangTest : public SchedulerTest {
 protected:
  GangTest() { host.know<PodGroup>(); }
  void node(const std::string& name, const std::string& cpu) {
    host.put(makeNode(name, {{"cpu", cpu}, {"memory", "64Gi"}, {"pods", "100"}}));
  }
  void group(const std::string& name, int32_t least, Importance importance = {}) {
    Draft<PodGroup> draft;
    auto meta = draft->initMetadata();
    meta.setName(name);
    meta.setNamespace("default");
    auto policy = draft->initSpec().initSchedulingPolicy();
    if (least > 0) {
      policy.initGang().setMinCount(least);
    } else {
      policy.initBasic();
    }
    if (importance.priority) draft->getSpec().initPriority().setValue(*importance.priority);
    if (importance.together) draft->getSpec().initDisruptionMode().initAll();
    host.put(std::move(draft));
    host.settle();
  }
  void member(const std::string& name, const std::string& groupName, int32_t priority = 0) {
    auto draft = test::makePod(name, {{"cpu", "1"}});
    auto spec = draft->getSpec();
    spec.setSchedulerName("default-scheduler");
    spec.initSchedulingGroup().setPodGroupName(groupName);
    spec.initPriority().setValue(priority);
    host.put(std::move(draft));
    host.settle();
  }
  void members(const std::string& groupName, int count, int32_t priority = 0) {
    for (int i = 0; i < count; ++i) member(concat(groupName, i), groupName, priority);
  }
  int placed(const std::string& prefix) {
    int count = 0;
    for (const auto& pod : host.list<core_v1::Pod>()) {
      count += pod.name().starts_with(prefix) && pod->getSpec().getNodeName().size() > 0;
    }
    return count;
  }
  std::string told(const std::string& groupName) {
    const auto group = host.get<PodGroup>("default", groupName);
    auto condition = findCondition(group->getStatus().getConditions(), "PodGroupInitiallyScheduled");
    return condition ? concat(condition->getStatus(), " ", condition->getReason(), " ", condition->getMessage()) : "";
  }
};

TEST_F(GangTest, WaitsForItsGroupAndForAllOfItsPods) {
  node("a", "8");
  start(kTogether);
  members("gang", 2);
  host.advance(2s);
  EXPECT_EQ(whyWaiting("gang0"), "waiting for pods's pod group \"gang\" to appear in scheduling queue");
  group("gang", 3);
  host.advance(2s);
  EXPECT_EQ(placed("gang"), 0);
  member("gang2", "gang");
  EXPECT_EQ(placed("gang"), 3);
  EXPECT_EQ(told("gang"), "True Scheduled ");
  member("gang3", "gang");
  EXPECT_EQ(placed("gang"), 4) << "one more has those before beside it";
}

TEST_F(GangTest, NoneIsPlacedWhereNotAllHaveRoomAndAllAreWhenThereIs) {
  node("a", "2");
  start(kTogether);
  group("gang", 3);
  members("gang", 3);
  host.advance(1s);
  EXPECT_EQ(placed("gang"), 0);
  EXPECT_EQ(told("gang"), "False Unschedulable minCount (3) cannot be satisfied: 2 scheduled, 0 remaining");
  EXPECT_EQ(whyWaiting("gang0"), "minCount (3) cannot be satisfied: 2 scheduled, 0 remaining");
  EXPECT_THAT(whyWaiting("gang2"), testing::StartsWith("0/1 nodes are available: 1 Insufficient cpu."));
  pod("alone");
  host.settle();
  EXPECT_EQ(nodeOf("alone"), "a") << "what is free is nobody's";
  node("b", "1");
  host.advance(15s);
  EXPECT_EQ(placed("gang"), 0);
  host.change<Node>("", "b", [](Node::Builder node) { node.getStatus().getAllocatable()[0].setValue("2"); });
  host.advance(15s);
  EXPECT_EQ(placed("gang"), 3);
  EXPECT_EQ(told("gang"), "True Scheduled ");
}

TEST_F(GangTest, TwoDoNotKeepEachOtherFromRoom) {
  node("a", "4");
  start(kTogether);
  group("one", 3);
  group("two", 3);
  for (int i = 0; i < 3; ++i) {
    member(concat("one", i), "one");
    member(concat("two", i), "two");
  }
  host.advance(5s);
  EXPECT_EQ(placed("one") + placed("two"), 3);
  EXPECT_TRUE(placed("one") == 0 || placed("two") == 0);
  const std::string first = placed("one") == 3 ? "one" : "two", second = first == "one" ? "two" : "one";
  for (int i = 0; i < 2; ++i) host.remove<core_v1::Pod>("default", concat(first, i));
  host.advance(15s);
  EXPECT_EQ(placed(second), 3);
}

TEST_F(GangTest, OneThatNeedsFewerIsTriedAgain) {
  node("a", "2");
  start(kTogether);
  group("gang", 3);
  members("gang", 3);
  host.advance(1s);
  EXPECT_EQ(placed("gang"), 0);
  host.change<PodGroup>("default", "gang", [](PodGroup::Builder group) {
    group.getSpec().getSchedulingPolicy().getGang().setMinCount(2);
  });
  host.advance(15s);
  EXPECT_EQ(placed("gang"), 2);
  EXPECT_THAT(whyWaiting("gang2"), testing::StartsWith("0/1 nodes are available: 1 Insufficient cpu."));
}

TEST_F(GangTest, NobodyHasToGoForWhatWouldNotBeEnough) {
  node("a", "2");
  start(kTogether);
  pod("low");
  host.settle();
  group("gang", 3);
  members("gang", 3, 1000);
  host.advance(15s);
  EXPECT_EQ(nodeOf("low"), "a");
  EXPECT_EQ(placed("gang"), 0);
  EXPECT_EQ(host.get<core_v1::Pod>("default", "gang1")->getStatus().getNominatedNodeName().size(), 0u);
  host.change<PodGroup>("default", "gang", [](PodGroup::Builder group) {
    group.getSpec().getSchedulingPolicy().getGang().setMinCount(2);
  });
  host.advance(30s);
  EXPECT_EQ(placed("gang"), 2) << "and they go where it is";
  EXPECT_FALSE(host.get<core_v1::Pod>("default", "low"));
}

TEST_F(GangTest, PodsOfABasicGroupDoNotWaitForEachOther) {
  node("a", "1");
  start(kTogether);
  group("loose", 0);
  members("loose", 2);
  host.settle();
  EXPECT_EQ(placed("loose"), 1);
}

TEST_F(GangTest, WhereItIsNotSwitchedOnPodsArePlacedOneByOne) {
  node("a", "1");
  start();
  members("gang", 2);
  host.settle();
  EXPECT_EQ(placed("gang"), 1);
}

TEST_F(GangTest, PodsThatAreNotAsImportantAsTheirGroupKeepAllWaiting) {
  node("a", "8");
  start(kTogether);
  group("gang", 2, {.priority = 5});
  member("gang0", "gang", 5);
  member("gang1", "gang", 1);
  member("gang2", "gang", 5);
  host.advance(2s);
  EXPECT_EQ(placed("gang"), 0);
  EXPECT_EQ(whyWaiting("gang0"),
            "all pods in a single pod group should match the priority of the pod group, got: 1 and 5");
  host.remove<core_v1::Pod>("default", "gang1");
  host.advance(2s);
  EXPECT_EQ(placed("gang"), 2);
}

TEST_F(GangTest, ThoseThatAreDisruptedTogetherMakeRoomTogether) {
  node("a", "1");
  node("b", "1");
  start(kTogether);
  group("low", 2, {.priority = 0, .together = true});
  members("low", 2);
  ASSERT_EQ(placed("low"), 2);
  auto important = test::makePod("urgent", {{"cpu", "1"}});
  important->getSpec().setSchedulerName("default-scheduler");
  important->getSpec().initPriority().setValue(10);
  host.put(std::move(important));
  host.advance(5s);
  EXPECT_EQ(placed("low"), 0);
  EXPECT_EQ(placed("urgent"), 1);
}

TEST_F(GangTest, AndNobodyPreemptsThemWhereOneAloneWouldDo) {
  node("a", "1");
  node("b", "1");
  node("c", "1");
  start(kTogether);
  group("low", 2, {.priority = 0, .together = true});
  members("low", 2);
  pod("alone");
  host.settle();
  ASSERT_EQ(placed("low"), 2);
  auto important = test::makePod("urgent", {{"cpu", "1"}});
  important->getSpec().setSchedulerName("default-scheduler");
  important->getSpec().initPriority().setValue(10);
  host.put(std::move(important));
  host.advance(5s);
  EXPECT_EQ(placed("low"), 2);
  EXPECT_EQ(placed("alone"), 0);
  EXPECT_EQ(placed("urgent"), 1);
}

}  // namespace
}  // namespace cleat::scheduling
