// Profiles: which names it stands for, and what an operator may say of each.
#include <gtest/gtest.h>

#include "tests/plugins/scheduler-default/engine.h"
#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using test::makeNode;
using test::makePod;

class ProfileTest : public SchedulerTest {
 protected:
  std::string refused(const test::Settings& settings) { return host.start(cleat_plugin_v1(), settings).readyError(); }
};

TEST_F(ProfileTest, EachNameHasItsOwn) {
  host.put(makeNode("open", {{"cpu", "4"}, {"pods", "10"}}));
  auto tainted = makeNode("tainted", {{"cpu", "8"}, {"pods", "10"}});
  auto taint = tainted->initSpec().initTaints(1)[0];
  taint.setKey("gpu");
  taint.setEffect("NoSchedule");
  host.put(std::move(tainted));
  start({{"profiles", "blind"}, {"disabled", "blind/TaintToleration"}});
  pod("plain", "6");
  pod("blind", "6", "blind");
  pod("other", "1", "nobody");
  host.settle();
  EXPECT_EQ(nodeOf("plain"), "");
  EXPECT_EQ(nodeOf("blind"), "tainted");
  EXPECT_EQ(nodeOf("other"), "");
}

TEST_F(ProfileTest, WithoutPreemptionNobodyHasToGo) {
  host.put(makeNode("a", {{"cpu", "1"}, {"pods", "10"}}));
  start({{"disabled", "DefaultPreemption"}});
  pod("low", "1");
  host.settle();
  auto high = makePod("high", {{"cpu", "1"}});
  high->getSpec().setSchedulerName("default-scheduler");
  high->getSpec().initPriority().setValue(10);
  host.put(std::move(high));
  host.settle();
  EXPECT_EQ(nodeOf("low"), "a");
  EXPECT_EQ(whyWaiting("high"), "0/1 nodes are available: 1 Insufficient cpu.");
}

TEST_F(ProfileTest, GatesCountForWhoHeedsThem) {
  host.put(makeNode("a", {{"cpu", "4"}, {"pods", "10"}}));
  start({{"profiles", "open"}, {"disabled", "open/SchedulingGates"}});
  for (const char* name : {"default-scheduler", "open"}) {
    auto gated = makePod(name, {{"cpu", "1"}});
    gated->getSpec().setSchedulerName(name);
    gated->getSpec().initSchedulingGates(1)[0].setName("example.com/wait");
    host.put(std::move(gated));
  }
  host.settle();
  EXPECT_EQ(nodeOf("default-scheduler"), "");
  EXPECT_EQ(nodeOf("open"), "a");
}

TEST_F(ProfileTest, WhateverScoresHasAWeight) {
  start({{"weights", "DynamicResources=3,ImageLocality=0"}});
  host.put(makeNode("a", {{"cpu", "1"}, {"pods", "10"}}));
  pod("p", "1");
  host.settle();
  EXPECT_EQ(nodeOf("p"), "a");
}

TEST_F(ProfileTest, WhatIsWrongIsNamed) {
  const std::pair<test::Settings, const char*> cases[] = {
      {{{"disabled", "NodeFit"}}, "disabled: \"NodeFit\" is no scheduling plugin"},
      {{{"disabled", "x/NodePorts"}}, "disabled: there is no profile \"x\""},
      {{{"weights", "NodeAffinity"}}, "weights: \"NodeAffinity\" is not NAME=NUMBER with a number from 0 to 1000"},
      {{{"weights", "NodePorts=1"}}, "weights: \"NodePorts=1\" scores nothing"},
      {{{"profiles", "default-scheduler"}}, "profiles: \"default-scheduler\" is empty or named twice"},
      {{{"shape", "50=1,20=2"}}, "shape: \"20=2\" does not rise from 0 to 100"},
      {{{"profile_scoring", "Best"}},
       "profile_scoring: \"Best\" is neither LeastAllocated, MostAllocated nor RequestedToCapacityRatio"},
  };
  for (const auto& [settings, message] : cases) EXPECT_EQ(refused(settings), message);
}

TEST(Scoring, ARatioFollowsItsShape) {
  Profile profile = Engine::defaultProfile();
  profile.scoring = Scoring::requestedToCapacityRatio;
  profile.shape = {{0, 0}, {50, 10}, {100, 5}};
  profile.enabled = bit(Judge::nodeResourcesFit);
  Engine engine({profile});
  engine.state().setNode(engine.host.put(makeNode("a", {{"cpu", "4"}, {"memory", "4Gi"}, {"pods", "9"}})));
  const std::pair<const char*, int64_t> cases[] = {{"1", 50}, {"2", 100}, {"3", 75}, {"4", 50}};
  for (const auto& [cpu, score] : cases) {
    auto pod = makePod(concat("p", cpu), {{"cpu", cpu}, {"memory", concat(cpu, "Gi")}});
    EXPECT_EQ(engine.scores(engine.host.put(std::move(pod))).at("a"), score) << cpu;
  }
}

}  // namespace
}  // namespace cleat::scheduling
