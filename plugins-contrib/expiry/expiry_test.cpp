// The controller in memory, and in a process of its own before a whole server, in both of which hours pass at once.
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/test_server.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using namespace std::chrono_literals;
using core_v1::ConfigMap;

Draft<ConfigMap> mapThatLasts(const std::string& name, const std::string& after) {
  Draft<ConfigMap> map;
  auto meta = map->initMetadata();
  meta.setName(name);
  meta.setNamespace("default");
  setAnnotation(meta, "expiry/after", after);
  return map;
}

TEST(Expiry, TakesAwayWhatHasLastedLongEnough) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1());
  Draft<ConfigMap> made = mapThatLasts("short", "1h");
  made.meta().setCreationTimestamp(formatTime(host.wallNow()));
  host.put(std::move(made));
  host.put(mapThatLasts("strange", "soon"));
  host.settle();
  host.advance(59min);
  EXPECT_TRUE(host.get<ConfigMap>("default", "short"));
  host.advance(2min);
  EXPECT_FALSE(host.get<ConfigMap>("default", "short"));
  EXPECT_TRUE(host.get<ConfigMap>("default", "strange"));
}

TEST(ExpiryInACluster, ActsAnHourLater) {
  const char* program = std::getenv("CLEAT");
  if (program == nullptr) GTEST_SKIP() << "CLEAT does not say where the program is";
  test::TestServer server({.program = program,
                           .config = "[controllers]\nenabled = [\"...\", \"controller-expiry\"]\n"
                                     "[plugins.controller-expiry]\npath = \"" PLUGIN_FILE "\"\n",
                           .manualClock = true});
  ASSERT_EQ(server.problem(), "");
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  ASSERT_EQ(server.clock().advance({}), "") << "the namespace is there now";
  for (auto [name, after] : {std::pair("short", "1h"), {"long", "3h"}}) {
    const std::string body =
        std::string(R"({"metadata":{"name":")") + name + R"(","annotations":{"expiry/after":")" + after + R"("}}})";
    ASSERT_EQ(server.post(maps, body).status, 201);
  }
  EXPECT_EQ(server.clock().advance(59min), "");
  EXPECT_EQ(server.get(maps + "/short").status, 200);
  EXPECT_EQ(server.clock().advance(1min + 1s), "");
  EXPECT_EQ(server.get(maps + "/short").status, 404) << server.log();
  EXPECT_EQ(server.get(maps + "/long").status, 200);
  // Everything that a server does by the minute and the hour is done as well.
  EXPECT_EQ(server.clock().advance(2h), "");
  EXPECT_EQ(server.get(maps + "/long").status, 404) << server.log();
}

}  // namespace
