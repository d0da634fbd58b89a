#include "plugins/network-cni/network_list.h"
#include "plugins/network-cni/node_rules.h"

#include <cleat/sdk/file.h>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <boost/json/serialize.hpp>

namespace cleat::network {
namespace {

TEST(NetworkListTest, AListKeepsEveryKeyOfItsPlugins) {
  auto list = parseNetworkList(
      R"({"cniVersion":"0.4.0","name":"net","disableCheck":true,"plugins":[{"type":"a","unknown":{"x":[1]}},{"type":"b"}]})",
      "test");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->name, "net");
  EXPECT_TRUE(list->disableCheck);
  ASSERT_EQ(list->plugins.size(), 2u);
  EXPECT_EQ(boost::json::serialize(list->plugins[0].at("unknown")), R"({"x":[1]})");
  auto again = parseNetworkList(boost::json::serialize(list->toJson()), "test");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->plugins, list->plugins);
}

TEST(NetworkListTest, ASinglePluginsConfigurationIsAListOfOne) {
  auto list = parseNetworkList(R"({"cniVersion":"0.3.1","name":"net","type":"ptp"})", "test");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->plugins.size(), 1u);
}

TEST(NetworkListTest, WhatIsWrongIsNamedWithItsPlace) {
  struct Case {
    const char* text;
    const char* message;
  };
  for (const Case& wrong : {
           Case{"[]", "x.conflist: must be a JSON object"},
           Case{R"({"cniVersion":"1.0.0","plugins":[{"type":"a"}]})", "x.conflist: name: Required value"},
           Case{R"({"cniVersion":"9.0.0","name":"n","plugins":[{"type":"a"}]})",
                "x.conflist: cniVersion: \"9.0.0\" is not supported: 0.3.0, 0.3.1, 0.4.0, 1.0.0 and 1.1.0 are"},
           Case{R"({"cniVersion":"1.0.0","name":"n","plugins":[]})", "x.conflist: plugins: Required value"},
           Case{R"({"cniVersion":"1.0.0","name":"n","plugins":[{}]})", "x.conflist: plugins[0].type: Required value"},
           Case{R"({"cniVersion":"1.0.0","name":"n","plugins":[{"type":"../sh"}]})",
                "x.conflist: plugins[0].type: \"../sh\" must be a file's name"},
           Case{R"({"cniVersion":"1.0.0","name":"../../etc","plugins":[{"type":"a"}]})",
                "x.conflist: name: must begin with a letter or digit and consist of those, '.', '_' and '-'"},
           Case{R"({"cniVersion":"1.0.0","name":"n","plugins":{"type":"a"}})", "x.conflist: plugins: must be a list"},
           Case{R"({"cniVersion":"1.0.0","name":"n","plugins":[{"type":"a","mtu":1e999}]})",
                "x.conflist: has a number that is out of range"},
           Case{R"({"cniVersion":"1.0.0","name":"n","plugins":["a"]})", "x.conflist: plugins: must hold objects"},
       }) {
    auto list = parseNetworkList(wrong.text, "x.conflist");
    ASSERT_FALSE(list) << wrong.text;
    EXPECT_EQ(list.error().message, wrong.message);
  }
}

TEST(NetworkListTest, DepthAndNumberAreLimited) {
  auto list = [](const std::string& plugins) {
    return parseNetworkList(R"({"cniVersion":"1.0.0","name":"n","plugins":[)" + plugins + "]}", "x.conflist");
  };
  std::string deep, many;
  for (int i = 0; i < 40; ++i) deep = "[" + deep + "]";
  for (int i = 0; i < 65; ++i) many += std::string(i == 0 ? "" : ",") + R"({"type":"a"})";
  EXPECT_EQ(list(R"({"type":"a","x":)" + deep + "}").error().message, "x.conflist: is nested deeper than 32");
  EXPECT_EQ(list(many).error().message, "x.conflist: plugins: must have at most 64 items");
  EXPECT_FALSE(list(R"({"type":"bridge\u0000x"})")) << "another program than it says";
}

TEST(NetworkListTest, TheFirstFileOfTheFolderIsTaken) {
  char name[] = "/tmp/cleat-netd-XXXXXX";
  std::string folder = mkdtemp(name);
  EXPECT_EQ(loadNetworkList(folder).error().code, 404);
  ASSERT_TRUE(writeFile(folder + "/20-b.conflist", R"({"cniVersion":"1.0.0","name":"b","plugins":[{"type":"a"}]})"));
  ASSERT_TRUE(writeFile(folder + "/10-a.conf", R"({"cniVersion":"1.0.0","name":"a","type":"a"})"));
  ASSERT_TRUE(writeFile(folder + "/00-readme.txt", "not a configuration"));
  EXPECT_EQ(loadNetworkList(folder)->name, "a");
  ASSERT_TRUE(removeTree(folder));
}

TEST(NetworkListTest, ANodesSubnetsAreTheFirst24AndTheFirst64OfTheClustersNetworks) {
  using Subnets = std::vector<std::string>;
  EXPECT_EQ(*firstSubnets("10.244.0.0/16"), Subnets{"10.244.0.0/24"});
  EXPECT_EQ(*firstSubnets("10.244.3.0/26"), Subnets{"10.244.3.0/26"});
  EXPECT_EQ(*firstSubnets("fd00:10:244::/56,10.244.3.0/24"), (Subnets{"fd00:10:244::/64", "10.244.3.0/24"}));
  for (const char* wrong : {"10.244.0.0", "10.244.0.0/33", "10.244.0.0/x", "10.244.0.0/31", "fd00::/127", "fd00::/129",
                            "10.244.0.0/24,10.245.0.0/24", "10.244.0.0/24,fd00::/64,10.245.0.0/24", "10.244.0.0/24,x"})
    EXPECT_FALSE(firstSubnets(wrong)) << wrong;
}

TEST(NetworkListTest, PodsOfBothFamiliesGetAnAddressAndARouteOfEach) {
  const NetworkList list =
      defaultNetworkList({.subnets = {"10.244.3.0/24", "fd00:10:244:3::/64"}, .allocations = "/a"});
  EXPECT_EQ(
      boost::json::serialize(list.plugins.front().at("ipam")),
      R"({"type":"host-local","dataDir":"/a","ranges":[[{"subnet":"10.244.3.0/24"}],[{"subnet":"fd00:10:244:3::/64"}]],)"
      R"("routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]})");
}

TEST(NodeRulesTest, OnlyWhatLeavesTheClusterIsMasqueraded) {
  EXPECT_EQ(restoreInput({.subnet = "10.244.0.0/24", .notMasqueraded = {"10.244.0.0/16", "192.0.2.0/24"}}),
            "*nat\n:CLEAT-POD-MASQ - [0:0]\n"
            "-A CLEAT-POD-MASQ ! -s 10.244.0.0/24 -j RETURN\n"
            "-A CLEAT-POD-MASQ -d 10.244.0.0/16 -j RETURN\n"
            "-A CLEAT-POD-MASQ -d 192.0.2.0/24 -j RETURN\n"
            "-A CLEAT-POD-MASQ -d 224.0.0.0/4 -j RETURN\n"
            "-A CLEAT-POD-MASQ -j MASQUERADE --random-fully\n"
            "COMMIT\n*filter\n:CLEAT-POD-FORWARD - [0:0]\n"
            "-A CLEAT-POD-FORWARD -s 10.244.0.0/24 -j ACCEPT\n"
            "-A CLEAT-POD-FORWARD -d 10.244.0.0/24 -j ACCEPT\nCOMMIT\n");
}

}  // namespace
}  // namespace cleat::network
