#include <cleat/schema/role/flow_control.methods.h>
#include <cleat/sdk/kinds/flowcontrol_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowcontrol-common/defaults.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using flowcontrol_v1::FlowSchema;
using flowcontrol_v1::PriorityLevelConfiguration;

class FlowSchemasTest : public testing::Test {
 protected:
  FlowSchemasTest() {
    host.know<FlowSchema>();
    host.know<PriorityLevelConfiguration>();
  }
  static auto asking(uint64_t cursor, uint32_t seats = 600) {
    return [=](role::FlowsParams::Builder params) {
      params.setCursor(cursor);
      params.setSeats(seats);
    };
  }
  void makeDefaults() {
    for (const auto& each : flowcontrol::defaultLevels()) host.put(Draft<PriorityLevelConfiguration>(each.object));
    for (const auto& each : flowcontrol::defaultSchemas()) host.put(Draft<FlowSchema>(each.object));
  }
  static role::FlowLevel::Reader levelOf(role::FlowsResults::Reader said, std::string_view name) {
    for (auto level : said.getLevels()) {
      if (view(level.getName()) == name) return level;
    }
    ADD_FAILURE() << "there is no level " << name;
    return {};
  }
  static std::vector<std::string> namesOf(role::FlowsResults::Reader said) {
    std::vector<std::string> names;
    for (auto flow : said.getFlows()) names.push_back(str(flow.getName()));
    return names;
  }

  test::FakeHost host;
};

TEST_F(FlowSchemasTest, TheMandatoryOnesAreThereFromTheBeginning) {
  auto plugin = host.start(cleat_plugin_v1());
  auto said = plugin.call(role::flowControl::flows, asking(0));
  ASSERT_TRUE(said.ok());
  EXPECT_THAT(namesOf(*said.answer), testing::ElementsAre("exempt", "catch-all"));
  EXPECT_TRUE(levelOf(*said.answer, "exempt").getUnlimited());
  auto all = levelOf(*said.answer, "catch-all");
  EXPECT_FALSE(all.getUnlimited());
  EXPECT_EQ(all.getSeats(), 600u);
  EXPECT_EQ(all.getQueues(), 0u) << "it turns away";
  EXPECT_EQ(view(all.getUid()), "");
}

TEST_F(FlowSchemasTest, WritesThatManyAreToldOfTakeMore) {
  auto plugin = host.start(cleat_plugin_v1());
  auto said = plugin.call(role::flowControl::flows, asking(0));
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said.answer->getWatchesPerSeat(), 10u);
  EXPECT_EQ(said.answer->getTellingMicros(), 5000u);
  ASSERT_EQ(said.answer->getNarrowWatches().size(), 1u);
  EXPECT_EQ(view(said.answer->getNarrowWatches()[0].getResource()), "pods");
  EXPECT_EQ(view(said.answer->getNarrowWatches()[0].getField()), "spec.nodeName");
  ASSERT_EQ(said.answer->getSilentChanges().size(), 1u);
  EXPECT_EQ(view(said.answer->getSilentChanges()[0]), "serviceaccounts/token");
}

TEST_F(FlowSchemasTest, SeatsFollowFromShares) {
  makeDefaults();
  auto plugin = host.start(cleat_plugin_v1());
  auto said = plugin.call(role::flowControl::flows, asking(0));
  ASSERT_TRUE(said.ok());
  // 245 shares in all.
  auto system = levelOf(*said.answer, "system"), low = levelOf(*said.answer, "workload-low");
  EXPECT_EQ(system.getSeats(), 74u);
  EXPECT_EQ(system.getLeastSeats(), 50u);
  EXPECT_EQ(system.getMostSeats(), 600u);
  EXPECT_EQ(system.getQueues(), 64u);
  EXPECT_EQ(system.getHandSize(), 6u);
  EXPECT_EQ(system.getQueueLength(), 50u);
  EXPECT_EQ(low.getSeats(), 245u);
  EXPECT_EQ(low.getLeastSeats(), 24u);
  EXPECT_EQ(low.getMostSeatsOfRequest(), 10u);
  EXPECT_EQ(levelOf(*said.answer, "catch-all").getMostSeatsOfRequest(), 2u);
  EXPECT_THAT(namesOf(*said.answer),
              testing::ElementsAre("exempt", "probes", "system-leader-election", "system-node-high", "system-nodes",
                                   "kube-controller-manager", "kube-scheduler", "kube-system-service-accounts",
                                   "service-accounts", "global-default", "catch-all"));
}

TEST_F(FlowSchemasTest, SubjectsAndRulesAreTheSchemas) {
  makeDefaults();
  auto plugin = host.start(cleat_plugin_v1());
  auto said = plugin.call(role::flowControl::flows, asking(0));
  ASSERT_TRUE(said.ok());
  auto leaders = (*said.answer).getFlows()[2];
  EXPECT_EQ(leaders.getSplit(), role::FlowSplit::BY_USER);
  auto rule = leaders.getRules()[0];
  EXPECT_THAT(strings(rule.getUsers()),
              testing::ElementsAre("system:kube-controller-manager", "system:kube-scheduler"));
  EXPECT_THAT(strings(rule.getUserPrefixes()), testing::ElementsAre("system:serviceaccount:kube-system:"));
  EXPECT_THAT(strings(rule.getResources()[0].getResources()), testing::ElementsAre("leases"));
  EXPECT_FALSE(rule.getResources()[0].getClusterScope());
  EXPECT_THAT(strings((*said.answer).getFlows()[1].getRules()[0].getPaths()[0].getPaths()),
              testing::ElementsAre("/healthz", "/readyz", "/livez"));
}

TEST_F(FlowSchemasTest, WhatChangesIsToldAndWhatIsOfNoLevelLeftOut) {
  makeDefaults();
  auto plugin = host.start(cleat_plugin_v1());
  auto first = plugin.call(role::flowControl::flows, asking(0));
  ASSERT_TRUE(first.ok());
  const uint64_t waiting = plugin.begin(role::flowControl::flows, asking(first.answer->getCursor()));
  host.settle();
  EXPECT_FALSE(plugin.answered(waiting));
  host.remove<PriorityLevelConfiguration>("", "exempt");
  host.remove<PriorityLevelConfiguration>("", "global-default");
  host.settle();
  ASSERT_TRUE(plugin.answered(waiting));
  auto second = plugin.outcome<role::FlowsResults>(waiting);
  EXPECT_THAT(namesOf(*second.answer), testing::Not(testing::Contains("global-default")));
  EXPECT_TRUE(levelOf(*second.answer, "exempt").getUnlimited()) << "the mandatory one stands in for it";
}

}  // namespace
}  // namespace cleat
