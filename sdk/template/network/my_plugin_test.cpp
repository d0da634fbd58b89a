#include <cleat/schema/role/network.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using testing::HasSubstr;

// In place of the real programs: writes down what it was asked for. A link is there once it has been added.
constexpr const char* kProgram = R"(#!/bin/sh
asked=$(dirname "$0")/asked
[ "$2" != show ] || exec grep -q "link add $3 " "$asked"
echo "$@" >>"$asked"
)";

class MyPluginTest : public testing::Test {
 protected:
  MyPluginTest() {
    EXPECT_TRUE(makeFolders(folder).has_value());
    EXPECT_TRUE(writeFile(folder + "/program", kProgram, 0755).has_value());
    host.dataDir() = folder + "/data";
  }
  ~MyPluginTest() override { EXPECT_TRUE(removeTree(folder).has_value()); }

  test::AnyStarted start() {
    const std::string program = folder + "/program";
    return host.start(cleat_plugin_v1(), {{"prefix", "10.9.8"}, {"ip", program}, {"nsenter", program}});
  }
  static std::string addressOf(test::AnyStarted& plugin, const char* sandbox) {
    auto outcome = plugin.call(role::network::setup, [&](role::NetworkParams::Builder params) {
      params.setSandboxId(sandbox);
      params.setNamespacePath("/run/netns/x");
    });
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
    return str(outcome.answer->getAddresses()[0]);
  }
  std::string asked() const { return readFile(folder + "/asked").value_or(""); }

  std::string folder = testing::TempDir() + "my-plugin-test";
  test::FakeHost host;
};

TEST_F(MyPluginTest, GivesEachPodAWireAndAnAddress) {
  auto plugin = start();
  EXPECT_EQ(addressOf(plugin, "one"), "10.9.8.2");
  EXPECT_EQ(addressOf(plugin, "two"), "10.9.8.3");
  EXPECT_EQ(addressOf(plugin, "one"), "10.9.8.2") << "asked again";
  EXPECT_THAT(asked(), HasSubstr("link add wire2 type veth peer name eth0 netns /run/netns/x"));
  EXPECT_THAT(asked(), HasSubstr("route add 10.9.8.3/32 dev wire3"));
}

TEST_F(MyPluginTest, KnowsAfterARestartWhatItHasGiven) {
  {
    auto plugin = start();
    EXPECT_EQ(addressOf(plugin, "one"), "10.9.8.2");
  }
  auto plugin = start();
  EXPECT_EQ(addressOf(plugin, "two"), "10.9.8.3");
  auto swept = plugin.call(role::network::collect,
                           [](role::CollectParams::Builder params) { params.initSandboxIds(1).set(0, "two"); });
  EXPECT_TRUE(swept.ok()) << swept.status.message;
  EXPECT_THAT(asked(), HasSubstr("link del wire2"));
  EXPECT_EQ(addressOf(plugin, "three"), "10.9.8.2");
}

}  // namespace
