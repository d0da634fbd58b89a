// Parts of networks, and which node gets which.
#include <cleat/sdk/lists.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/controller-node-ipam/cidr_set.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::ipam {
namespace {

using namespace std::chrono_literals;
using core_v1::Event;
using core_v1::Node;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

TEST(CidrSet, GivesPartsInTurn) {
  auto set = CidrSet::of("10.244.0.0/22", 24);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->take(), "10.244.0.0/24");
  EXPECT_EQ(set->take(), "10.244.1.0/24");
  set->release(*Network::parse("10.244.0.0/24"));
  EXPECT_EQ(set->take(), "10.244.2.0/24");
  EXPECT_EQ(set->take(), "10.244.3.0/24");
  EXPECT_EQ(set->take(), "10.244.0.0/24") << "what was given back comes last";
  EXPECT_EQ(set->take(), std::nullopt);
}

TEST(CidrSet, WhatIsTakenIsNotGiven) {
  auto set = CidrSet::of("10.244.0.0/22", 24);
  set->occupy(*Network::parse("10.244.0.0/24"));
  set->occupy(*Network::parse("10.244.1.128/25"));
  set->occupy(*Network::parse("192.0.2.0/24"));
  EXPECT_EQ(set->free(), 2u);
  EXPECT_EQ(set->take(), "10.244.2.0/24");
  set->occupy(*Network::parse("10.0.0.0/8"));
  EXPECT_EQ(set->free(), 0u);
  set->release(*Network::parse("10.244.0.0/23"));
  EXPECT_EQ(set->free(), 2u);
}

TEST(CidrSet, OfIPv6Too) {
  auto set = CidrSet::of("2001:db8::/48", 64);
  EXPECT_EQ(set->take(), "2001:db8::/64");
  EXPECT_EQ(set->take(), "2001:db8:0:1::/64");
  EXPECT_EQ(set->free(), 65534u);
}

TEST(CidrSet, RefusesWhatCannotBeCut) {
  EXPECT_FALSE(CidrSet::of("10.244.0.0", 24));
  EXPECT_FALSE(CidrSet::of("10.244.0.0/24", 16));
  EXPECT_FALSE(CidrSet::of("10.0.0.0/8", 33));
  EXPECT_FALSE(CidrSet::of("10.0.0.0/8", 30));
  EXPECT_FALSE(CidrSet::of("10.0.0.300/8", 16));
}

class NodeIpamTest : public testing::Test {
 protected:
  NodeIpamTest() {
    host.know<Node>();
    host.know<Event>();
    host.serverConfig().clusterCidr = "10.244.0.0/22";
    host.serverConfig().serviceCidr = "10.96.0.0/16";
  }
  void start(const test::Settings& settings = {}) {
    plugin.emplace(host.start(cleat_plugin_v1(), settings));
    host.settle();
  }
  void node(const std::string& name, const std::vector<std::string>& has = {}) {
    auto node = test::makeNode(name, {});
    if (!has.empty()) {
      node->initSpec().setPodCIDR(has.front());
      node->getSpec().adoptPodCIDRs(textList(orphanageOf(node->getSpec()), has));
    }
    host.put(std::move(node));
    host.settle();
  }
  std::string of(const std::string& name) {
    const auto node = host.get<Node>(name);
    std::string all = str(node->getSpec().getPodCIDR());
    for (auto each : node->getSpec().getPodCIDRs()) all += concat(" ", view(each));
    return all;
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) all.push_back(concat(event->getReason(), ": ", event->getMessage()));
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(NodeIpamTest, EachNodeGetsAPart) {
  start();
  node("a");
  node("b");
  EXPECT_EQ(of("a"), "10.244.0.0/24 10.244.0.0/24");
  EXPECT_EQ(of("b"), "10.244.1.0/24 10.244.1.0/24");
}

TEST_F(NodeIpamTest, WhatNodesHaveStaysTheirs) {
  node("old", {"10.244.0.0/24"});
  node("other", {"10.244.2.0/24"});
  start();
  node("a");
  node("b");
  EXPECT_EQ(of("old"), "10.244.0.0/24 10.244.0.0/24");
  EXPECT_EQ(of("a"), "10.244.1.0/24 10.244.1.0/24");
  EXPECT_EQ(of("b"), "10.244.3.0/24 10.244.3.0/24");
}

TEST_F(NodeIpamTest, WhoFindsNoneWaitsForOneThatGoes) {
  start();
  for (const char* name : {"a", "b", "c", "d", "late"}) node(name);
  EXPECT_EQ(of("late"), "");
  EXPECT_THAT(events(), Contains("CIDRNotAvailable: Node late status is now: CIDRNotAvailable"));
  host.remove<Node>("", "b");
  host.settle();
  EXPECT_EQ(of("late"), "10.244.1.0/24 10.244.1.0/24");
}

TEST_F(NodeIpamTest, ANodeThatComesAgainGetsWhatItHad) {
  start();
  for (const char* name : {"a", "b"}) node(name);
  host.remove<Node>("", "a");
  host.settle();
  node("a");
  EXPECT_EQ(of("a"), "10.244.0.0/24 10.244.0.0/24");
  host.remove<Node>("", "a");
  node("c", {"10.244.0.0/24"});
  node("a");
  EXPECT_EQ(of("a"), "10.244.2.0/24 10.244.2.0/24");
}

TEST_F(NodeIpamTest, SoDoesOneThatComesAgainBeforeAnybodyLooks) {
  start();
  for (const char* name : {"a", "b"}) node(name);
  host.remove<Node>("", "a");
  node("a");
  EXPECT_EQ(of("a"), "10.244.0.0/24 10.244.0.0/24");
  node("c");
  EXPECT_EQ(of("c"), "10.244.2.0/24 10.244.2.0/24");
}

TEST_F(NodeIpamTest, WhatOthersWriteMeanwhileIsNoFailure) {
  start();
  int refusals = 2;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "update" && resource == "nodes" && refusals-- > 0)
      return fail(Status::conflict("nodes", "a", "changed"));
    return {};
  });
  node("a");
  EXPECT_EQ(of("a"), "10.244.0.0/24 10.244.0.0/24");
}

TEST_F(NodeIpamTest, OfBothFamilies) {
  start({{"cluster_cidrs", "10.244.0.0/16,2001:db8::/56"}, {"node_cidr_mask_size", "26"}});
  node("a");
  EXPECT_EQ(of("a"), "10.244.0.0/26 10.244.0.0/26 2001:db8::/64");
  node("b");
  EXPECT_EQ(of("b"), "10.244.0.64/26 10.244.0.64/26 2001:db8:0:1::/64");
}

TEST_F(NodeIpamTest, ServicesKeepTheirAddresses) {
  host.serverConfig().serviceCidr = "10.244.0.0/23";
  start();
  node("a");
  EXPECT_EQ(of("a"), "10.244.2.0/24 10.244.2.0/24");
}

TEST_F(NodeIpamTest, WhatIsRefusedIsGivenBackAndTriedAgain) {
  start();
  host.onRequest([](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "update" && resource == "nodes") return fail(Status::forbidden("not now"));
    return {};
  });
  node("a");
  EXPECT_EQ(of("a"), "");
  EXPECT_THAT(events(), Contains("CIDRAssignmentFailed: Node a status is now: CIDRAssignmentFailed"));
  host.onRequest({});
  host.advance(1min);
  EXPECT_THAT(of("a"), testing::StartsWith("10.244."));
}

TEST_F(NodeIpamTest, SettingsThatCannotBeAreRefused) {
  for (const char* networks : {"10.244.0.0", "10.244.0.0/16,10.245.0.0/16", "10.0.0.0/8,2001:db8::/64,10.1.0.0/16"}) {
    auto wrong = host.start(cleat_plugin_v1(), {{"cluster_cidrs", networks}});
    host.settle();
    EXPECT_FALSE(wrong.ready()) << networks;
  }
}

}  // namespace
}  // namespace cleat::ipam
