#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using core_v1::ConfigMap;

Draft<ConfigMap> makeMap(const std::string& name, bool greet) {
  Draft<ConfigMap> map;
  auto meta = map->initMetadata();
  meta.setName(name);
  meta.setNamespace("default");
  if (greet) setLabel(meta, "my-plugin/greet", "yes");
  return map;
}

TEST(MyPlugin, GreetsWhoAsksForIt) {
  test::FakeHost host;
  host.put(makeMap("before", true));
  auto plugin = host.start(cleat_plugin_v1(), {{"greeting", "hi"}});
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  host.put(makeMap("after", true));
  host.put(makeMap("other", false));
  host.settle();
  EXPECT_EQ(annotation(host.get<ConfigMap>("default", "before").meta(), "my-plugin/greeting"), "hi");
  EXPECT_EQ(annotation(host.get<ConfigMap>("default", "after").meta(), "my-plugin/greeting"), "hi");
  EXPECT_EQ(annotation(host.get<ConfigMap>("default", "other").meta(), "my-plugin/greeting"), std::nullopt);
}

}  // namespace
