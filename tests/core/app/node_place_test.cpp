// What operations may make of a node's plugins.
#include "core/app/node_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat::app {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class NodePlaceTest : public ::testing::Test {
 protected:
  std::string refusalOf(const base::Config& now) const {
    const Result<void> may = place_.mayBecome(config_, now);
    return may ? "granted" : may.error().message;
  }

  Result<size_t> pods_ = size_t{0};
  NodePlace place_{[this] { return pods_; }};
  base::Config config_ = base::defaultConfig();
};

TEST_F(NodePlaceTest, APluginComesIntoTheListsOfItsRoles) {
  config_.network.plugin.clear();
  ASSERT_TRUE(place_.enlist(config_, "acme", {"network", "volume", "controller", "kinds"}));
  EXPECT_EQ(config_.network.plugin, "acme");
  EXPECT_EQ(config_.agent.plugin, "agent");
  EXPECT_THAT(config_.nodeRoles["volume"], ElementsAre("acme"));
  EXPECT_THAT(config_.nodeRoles["controller"], ElementsAre("acme"));
  EXPECT_THAT(config_.kinds.enabled, Contains("acme"));
  EXPECT_THAT(place_.listsOf(config_),
              AllOf(Contains(Pair("network.plugin", "\"acme\"")), Contains(Pair("node_roles.volume", "[\"acme\"]"))));
}

TEST_F(NodePlaceTest, OneThatIsInTheListsAlreadyStaysWhereItIs) {
  const auto before = place_.listsOf(config_);
  ASSERT_TRUE(place_.enlist(config_, "runtime-oci", {"runtime"}));
  ASSERT_TRUE(place_.enlist(config_, "agent", {"controller"}));
  EXPECT_EQ(place_.listsOf(config_), before);
}

TEST_F(NodePlaceTest, ARoleOfOnePluginIsNotTakenFromIt) {
  auto second = place_.enlist(config_, "runtime-acme", {"runtime"});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("runtime-oci has it: [runtime] plugin = \"runtime-acme\""));
  second = place_.enlist(config_, "proxy-acme", {"proxy"});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("proxy-iptables has it: [proxy] mode = \"acme\""));
  config_.proxy.mode.clear();
  second = place_.enlist(config_, "acme", {"proxy"});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("a node's proxy is called proxy-MODE"));
  ASSERT_TRUE(place_.enlist(config_, "proxy-acme", {"proxy"}));
  EXPECT_EQ(config_.proxy.mode, "acme");
}

TEST_F(NodePlaceTest, OneThatIsPutInPlaceOfOthersHasTheirRoles) {
  ASSERT_TRUE(place_.putInPlace(config_, "proxy-acme", {"runtime", "proxy", "volume"}));
  EXPECT_EQ(config_.runtime.plugin, "proxy-acme");
  EXPECT_EQ(config_.network.plugin, "network-cni");
  EXPECT_EQ(tomlOver(place_, base::defaultConfig(), config_),
            "\n[node_roles]\nvolume = [\"proxy-acme\"]\n\n[proxy]\nmode = \"acme\"\n"
            "\n[runtime]\nplugin = \"proxy-acme\"\n");
}

TEST_F(NodePlaceTest, OneThatIsTakenOutIsInNoList) {
  ASSERT_TRUE(place_.enlist(config_, "acme", {"volume", "device-driver", "kinds"}));
  const auto before = place_.listsOf(base::defaultConfig());
  ASSERT_TRUE(place_.takeOut(config_, "acme"));
  EXPECT_EQ(place_.listsOf(config_), before);
  ASSERT_TRUE(place_.takeOut(config_, "proxy-iptables"));
  EXPECT_EQ(config_.proxy.mode, "");
}

TEST_F(NodePlaceTest, ANodeKeepsARuntimeANetworkAndAnAgent) {
  for (const std::string name : {"runtime-oci", "network-cni", "agent"}) {
    base::Config now = config_;
    ASSERT_TRUE(place_.takeOut(now, name));
    EXPECT_THAT(refusalOf(now), HasSubstr("plugin " + name));
  }
  base::Config now = config_;
  ASSERT_TRUE(place_.takeOut(now, "proxy-iptables"));
  EXPECT_EQ(refusalOf(now), "granted");
  // One that it has not got, as in safe mode, is no reason to refuse something else.
  config_.runtime.plugin.clear();
  now = config_;
  EXPECT_EQ(refusalOf(now), "granted");
}

TEST_F(NodePlaceTest, ARuntimeOrANetworkGoesToAnotherWhileThereAreNoPods) {
  for (const bool runtime : {true, false}) {
    base::Config now = config_;
    (runtime ? now.runtime.plugin : now.network.plugin) = "acme";
    pods_ = size_t{0};
    EXPECT_EQ(refusalOf(now), "granted");
    pods_ = size_t{2};
    EXPECT_THAT(refusalOf(now), AllOf(HasSubstr("cannot go to acme now"), HasSubstr("the node has 2 sandboxes of")));
    pods_ = fail(Status::unavailable("it is stuck"));
    EXPECT_THAT(refusalOf(now), HasSubstr("is not known (it is stuck)"));
  }
}

TEST_F(NodePlaceTest, WhatCountsAtAStartOnlyIsNamed) {
  base::Config now = config_;
  now.server.maxRequests = 7;
  EXPECT_EQ(place_.needsStart(config_, now), "");
  now.server.clusterDomain = "acme.local";
  EXPECT_EQ(place_.needsStart(config_, now), "server.cluster_domain");
  now = config_;
  now.agent.nodeName = "other";
  EXPECT_EQ(place_.needsStart(config_, now), "agent.node_name");
}

TEST_F(NodePlaceTest, SafeModeLeavesOthersOutButForThoseThatWereLetIn) {
  config_.nodeRoles["volume"] = {"volume-acme", "volume-other"};
  config_.nodeRoles["price-list"] = {"prices"};
  config_.runtime.plugin = "runtime-acme";
  for (const std::string name : {"volume-acme", "volume-other", "prices", "runtime-acme"}) {
    config_.plugins.tables[name].path = "/opt/acme/" + name + ".so";
  }
  EXPECT_THAT(place_.leaveOthersOut(config_, {"volume-other"}), ElementsAre("prices", "volume-acme", "runtime-acme"));
  EXPECT_THAT(config_.nodeRoles["volume"], ElementsAre("volume-other"));
  EXPECT_FALSE(config_.nodeRoles.contains("price-list"));
  EXPECT_EQ(config_.runtime.plugin, "");
  EXPECT_EQ(config_.agent.plugin, "agent");
}

}  // namespace
}  // namespace cleat::app
