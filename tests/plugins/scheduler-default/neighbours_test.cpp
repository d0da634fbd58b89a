// Pod affinity and spreading seen from outside: where pods end up, what those that wait are told, and what makes them
// try again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/plugins/scheduler-default/affinity_objects.h"
#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using namespace test_objects;
using core_v1::Namespace;
using core_v1::Node;
using test::makeNode;

class NeighboursTest : public SchedulerTest {
 protected:
  NeighboursTest() {
    host.put(test::named<Namespace>("", "default"));
    for (const char* name : {"a1", "a2", "b1"}) {
      host.put(makeNode(name, kRoomy, {{"host", name}, {"planet", "earth"}, {"zone", std::string(1, name[0])}}));
    }
  }
  void running(const std::string& name, const char* node, const test::Pairs& labels, const char* ns = "default") {
    pod(name, labels, [&](auto pod) {
      pod.getMetadata().setNamespace(ns);
      pod.getSpec().setNodeName(node);
    });
  }
  void allow(const char* node, const test::Pairs& amounts) {
    host.change<Node>(
        "", node, [&](auto changed) { test::fillMap(changed.getStatus().initAllocatable(amounts.size()), amounts); });
  }
  void relabel(const std::string& name, const test::Pairs& labels) {
    host.change<Pod>("default", name, [&](auto pod) {
      pod.getMetadata().disownLabels();
      test::setLabels(pod.getMetadata(), labels);
    });
  }
};

TEST_F(NeighboursTest, ReplicasThatShunEachOtherTakeANodeEachAndTheNextIsToldWhy) {
  start();
  for (int i = 0; i < 4; ++i) pod(concat("web-", i), kWeb, [](auto pod) { away(pod, "host", kWeb); });
  host.settle();
  std::map<std::string, int> used;
  for (int i = 0; i < 4; ++i) ++used[nodeOf(concat("web-", i))];
  EXPECT_THAT(used, testing::ElementsAre(testing::Pair("", 1), testing::Pair("a1", 1), testing::Pair("a2", 1),
                                         testing::Pair("b1", 1)));
  const char* const why = "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.";
  EXPECT_THAT(events(), testing::Contains(testing::StartsWith(concat("FailedScheduling: ", why))));
}

TEST_F(NeighboursTest, AGroupThatBelongsTogetherFollowsItsFirst) {
  start();
  for (int i = 0; i < 5; ++i) pod(concat("web-", i), kWeb, [](auto pod) { near(pod, "host", kWeb); });
  host.settle();
  EXPECT_NE(nodeOf("web-0"), "");
  for (int i = 1; i < 5; ++i) EXPECT_EQ(nodeOf(concat("web-", i)), nodeOf("web-0"));
}

TEST_F(NeighboursTest, ReplicasSpreadOverZonesAndThenWaitForTheOtherZone) {
  allow("b1", {{"cpu", "4"}, {"pods", "1"}});
  start();
  for (int i = 0; i < 3; ++i)
    pod(concat("web-", i), kWeb, [](auto pod) { spread(pod, "DoNotSchedule", 1, "zone", kWeb); });
  host.settle();
  std::map<char, int> zones;
  for (int i = 0; i < 3; ++i) ++zones[nodeOf(concat("web-", i))[0]];
  EXPECT_THAT(zones, testing::ElementsAre(testing::Pair('a', 2), testing::Pair('b', 1)));
  pod("last", kWeb, [](auto pod) { spread(pod, "DoNotSchedule", 1, "zone", kWeb); });
  host.settle();
  EXPECT_EQ(reasonOf("last"),
            "0/3 nodes are available: 1 Too many pods, 2 node(s) didn't match pod topology spread constraints.");
  allow("b1", {{"cpu", "4"}, {"pods", "2"}});
  host.settle();
  EXPECT_EQ(nodeOf("last"), "b1");
}

TEST_F(NeighboursTest, EachReasonIsCountedOnce) {
  allow("a2", {{"cpu", "1"}, {"pods", "9"}});
  host.put(makeNode("c1", kRoomy, {{"zone", "c"}}));
  running("db", "a1", {{"app", "db"}});
  start();
  pod("loner", {}, [](auto pod) {
    away(pod, "zone", kWeb);
    test::fillMap(pod.getSpec().initNodeSelector(1), {{"zone", "b"}});
  });
  host.settle();
  pod("web", kWeb, [](auto pod) {
    auto affinity = pod.getSpec().initAffinity();
    auto terms = affinity.initPodAntiAffinity().initRequiredDuringSchedulingIgnoredDuringExecution(1);
    fill(terms[0], "host", {{"app", "db"}});
    fill(affinity.initPodAffinity().initRequiredDuringSchedulingIgnoredDuringExecution(1)[0], "host", kWeb);
    test::fillMap(pod.getSpec().getContainers()[0].getResources().initRequests(1), {{"cpu", "60"}});
  });
  host.settle();
  EXPECT_EQ(
      reasonOf("web"),
      "0/4 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod affinity rules, "
      "1 node(s) didn't match pod anti-affinity rules, 1 node(s) didn't satisfy existing pods anti-affinity rules.");
}

TEST_F(NeighboursTest, APodThatWaitsForCompanyGoesWhereItAppears) {
  start();
  pod("shy", {}, [](auto pod) { near(pod, "zone", {{"app", "db"}}); });
  host.settle();
  EXPECT_EQ(reasonOf("shy"), "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.");
  const size_t before = host.requests().size();
  running("other", "a1", kWeb);
  host.settle();
  EXPECT_EQ(host.requests().size(), before);
  running("db", "b1", {{"app", "db"}});
  host.settle();
  EXPECT_EQ(nodeOf("shy"), "b1");
}

TEST_F(NeighboursTest, APodThatIsRelabelledMayBeTheOneOrNoLongerBe) {
  running("there", "b1", kWeb);
  start();
  pod("near", {}, [](auto pod) { near(pod, "zone", {{"app", "db"}}); });
  pod("away", {}, [](auto pod) { away(pod, "planet", kWeb); });
  host.settle();
  EXPECT_EQ(reasonOf("near"), "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.");
  EXPECT_EQ(reasonOf("away"), "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.");
  relabel("there", {{"app", "db"}});
  host.settle();
  EXPECT_EQ(nodeOf("near"), "b1");
  EXPECT_NE(nodeOf("away"), "");
}

TEST_F(NeighboursTest, APodThatKeptOthersAwayLetsThemInWhenItIsGone) {
  host.remove<Node>("", "a1");
  host.remove<Node>("", "a2");
  start();
  pod("loner", {}, [](auto pod) { away(pod, "host", kWeb); });
  host.settle();
  EXPECT_EQ(nodeOf("loner"), "b1");
  pod("web", kWeb, kNothing);
  host.settle();
  EXPECT_EQ(reasonOf("web"), "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.");
  host.change<Pod>("default", "loner", [](auto pod) { pod.initStatus().setPhase("Succeeded"); });
  host.settle();
  EXPECT_EQ(nodeOf("web"), "b1");
}

TEST_F(NeighboursTest, APodThatBeginsToLeaveMakesRoomInItsDomain) {
  host.remove<Node>("", "a2");
  host.change<Node>("", "b1", [](auto node) { node.initSpec().setUnschedulable(true); });
  running("web-0", "a1", kWeb);
  start();
  pod("web-1", kWeb, [](auto pod) { spread(pod, "DoNotSchedule", 1, "zone", kWeb); });
  host.settle();
  EXPECT_EQ(reasonOf("web-1"),
            "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, "
            "1 node(s) were unschedulable.");
  host.change<Pod>("default", "web-0",
                   [](auto pod) { pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z"); });
  host.settle();
  EXPECT_EQ(nodeOf("web-1"), "a1");
}

TEST_F(NeighboursTest, ANamespaceThatIsRelabelledChangesWhoIsMeant) {
  host.put(test::named<Namespace>("", "team"));
  running("db", "b1", {{"app", "db"}}, "team");
  start();
  pod("shy", {},
      [](auto pod) { select(near(pod, "zone", {{"app", "db"}}).initNamespaceSelector(), {{"tier", "back"}}); });
  host.settle();
  EXPECT_EQ(nodeOf("shy"), "");
  host.change<Namespace>("", "team", [](auto ns) { setLabel(ns.getMetadata(), "tier", "back"); });
  host.settle();
  EXPECT_EQ(nodeOf("shy"), "b1");
}

TEST_F(NeighboursTest, APodThatAsksNothingIsLetInWhenItsNamespaceIsNoLongerShunned) {
  host.change<Namespace>("", "default", [](auto ns) { setLabel(ns.getMetadata(), "tier", "back"); });
  pod("loner", {}, [](auto pod) {
    pod.getMetadata().setNamespace("team");
    pod.getSpec().setNodeName("a1");
    select(away(pod, "planet", kWeb).initNamespaceSelector(), {{"tier", "back"}});
  });
  start();
  pod("web", kWeb, kNothing);
  host.settle();
  EXPECT_EQ(reasonOf("web"), "0/3 nodes are available: 3 node(s) didn't satisfy existing pods anti-affinity rules.");
  host.change<Namespace>("", "default", [](auto ns) { setLabel(ns.getMetadata(), "tier", {}); });
  host.settle();
  EXPECT_NE(nodeOf("web"), "");
}

TEST_F(NeighboursTest, PreferencesWinOverRoom) {
  running("db", "b1", {{"app", "db"}});
  start();
  pod("big", {}, [](auto pod) {
    test::fillMap(pod.getSpec().getContainers()[0].getResources().initRequests(1), {{"cpu", "32"}});
    pod.getSpec().setNodeName("b1");
  });
  pod("near", {}, [](auto pod) { ratherNear(pod, 1, "zone", {{"app", "db"}}); });
  pod("away", {}, [](auto pod) { ratherAway(pod, 1, "zone", {{"app", "db"}}); });
  host.settle();
  EXPECT_EQ(nodeOf("near"), "b1");
  EXPECT_NE(nodeOf("away"), "b1");
  EXPECT_NE(nodeOf("away"), "");
}

TEST_F(NeighboursTest, ABindingThatFailsLeavesNoNeighbourBehind) {
  int refusals = 1;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (verb == "create/binding" && key == "default/unlucky" && refusals-- > 0)
      return fail(Status::unavailable("not now"));
    return {};
  });
  host.remove<Node>("", "a1");
  host.remove<Node>("", "a2");
  start();
  pod("unlucky", kWeb, [](auto pod) { away(pod, "host", kWeb); });
  pod("lucky", kWeb, [](auto pod) { away(pod, "host", kWeb); });
  host.settle();
  EXPECT_EQ(nodeOf("unlucky"), "");
  EXPECT_EQ(nodeOf("lucky"), "b1");
  plugin.reset();
  EXPECT_EQ(host.heldObjects(), 0u);
}

}  // namespace
}  // namespace cleat::scheduling
