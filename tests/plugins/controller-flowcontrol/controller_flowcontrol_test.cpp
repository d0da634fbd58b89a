#include <cleat/sdk/kinds/flowcontrol_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using flowcontrol_v1::FlowSchema;
using flowcontrol_v1::PriorityLevelConfiguration;

constexpr const char* kAutoUpdate = "apf.kubernetes.io/autoupdate-spec";

class FlowControlTest : public testing::Test {
 protected:
  FlowControlTest() {
    host.know<FlowSchema>();
    host.know<PriorityLevelConfiguration>();
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  std::string dangling(const char* name) {
    auto condition = findCondition(host.get<FlowSchema>("", name)->getStatus().getConditions(), "Dangling");
    return condition ? concat(view(condition->getStatus()), " ", view(condition->getReason())) : "";
  }
  std::string said(const char* name) {
    return std::string(annotation(host.get<FlowSchema>("", name).meta(), kAutoUpdate).value_or("nothing"));
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(FlowControlTest, WhatEveryClusterHasIsMade) {
  start();
  EXPECT_EQ(host.list<FlowSchema>().size(), 11u);
  EXPECT_EQ(host.list<PriorityLevelConfiguration>().size(), 8u);
  auto leaders = host.get<FlowSchema>("", "system-leader-election")->getSpec();
  EXPECT_EQ(leaders.getMatchingPrecedence(), 100);
  auto policy = leaders.getRules()[0];
  ASSERT_EQ(policy.getSubjects().size(), 3u);
  EXPECT_EQ(view(policy.getSubjects()[2].getServiceAccount().getNamespace()), "kube-system");
  EXPECT_EQ(strings(policy.getResourceRules()[0].getVerbs()), (std::vector<std::string>{"get", "create", "update"}));
  EXPECT_FALSE(policy.getResourceRules()[0].getClusterScope());
  auto core = host.get<FlowSchema>("", "system-node-high")->getSpec().getRules()[0].getResourceRules()[0];
  EXPECT_EQ(strings(core.getApiGroups()), (std::vector<std::string>{""}));
  EXPECT_EQ(dangling("probes"), "False Found");
}

TEST_F(FlowControlTest, WhatIsDeletedIsMadeAgain) {
  start();
  host.remove<FlowSchema>("", "probes");
  host.remove<PriorityLevelConfiguration>("", "exempt");
  host.settle();
  EXPECT_TRUE(host.get<FlowSchema>("", "probes"));
  EXPECT_TRUE(host.get<PriorityLevelConfiguration>("", "exempt"));
  EXPECT_EQ(dangling("probes"), "False Found");
}

TEST_F(FlowControlTest, WhatIsChangedIsBroughtBackUnlessItSaysOtherwise) {
  start();
  auto change = [&](const char* name) {
    host.change<FlowSchema>("", name, [](FlowSchema::Builder schema) { schema.getSpec().setMatchingPrecedence(42); });
    host.settle();
    return host.get<FlowSchema>("", name)->getSpec().getMatchingPrecedence();
  };
  EXPECT_EQ(change("probes"), 2);
  host.change<FlowSchema>(
      "", "probes", [](FlowSchema::Builder schema) { setAnnotation(schema.getMetadata(), kAutoUpdate, "false"); });
  host.settle();
  EXPECT_EQ(change("probes"), 42);
  host.change<FlowSchema>(
      "", "exempt", [](FlowSchema::Builder schema) { setAnnotation(schema.getMetadata(), kAutoUpdate, "false"); });
  host.settle();
  EXPECT_EQ(said("exempt"), "true");
  EXPECT_EQ(change("exempt"), 1);
}

TEST_F(FlowControlTest, ASchemaSaysWhetherItsLevelExists) {
  start();
  auto mine = test::named<FlowSchema>("", "mine");
  mine->initSpec().initPriorityLevelConfiguration().setName("later");
  host.put(std::move(mine));
  host.settle();
  EXPECT_EQ(dangling("mine"), "True NotFound");
  EXPECT_EQ(said("mine"), "nothing");
  host.put(test::named<PriorityLevelConfiguration>("", "later"));
  host.settle();
  EXPECT_EQ(dangling("mine"), "False Found");
}

}  // namespace
}  // namespace cleat
