#include <cleat/schema/role/addon.methods.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using testing::HasSubstr;

TEST(MyPlugin, BringsWhatATeamIsToHave) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1(), {{"namespace", "blue"}, {"pods", "3"}, {"owner", "\"the\" team"}});
  auto outcome = plugin.call(role::addon::bring);
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  EXPECT_TRUE(outcome.answer->getIsComplete());
  auto objects = outcome.answer->getObjects();
  ASSERT_EQ(objects.size(), 3u);
  EXPECT_THAT(str(objects[0].getManifest()), HasSubstr(R"("kind":"Namespace","metadata":{"name":"blue"})"));
  EXPECT_THAT(str(objects[1].getManifest()), HasSubstr(R"("hard":{"pods":"3"})"));
  EXPECT_THAT(str(objects[2].getManifest()), HasSubstr(R"("owner":"\"the\" team")"));
}

}  // namespace
