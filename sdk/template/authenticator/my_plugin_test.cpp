#include <cleat/schema/role/authn.methods.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;

TEST(MyPlugin, KnowsWhoKnowsTheWord) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1(), {{"word", "open-sesame-open"}});
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  auto known = plugin.call(role::authenticator::authenticate,
                           [](role::Credentials::Builder asked) { asked.setBearerToken("open-sesame-open.jane"); });
  ASSERT_TRUE(known.ok()) << known.status.message;
  EXPECT_EQ(view(known.answer->getUser().getName()), "jane");
  for (const char* wrong : {"", "open-sesame-open", "open-sesame-shut.jane", "jane"}) {
    auto unknown = plugin.call(role::authenticator::authenticate,
                               [&](role::Credentials::Builder asked) { asked.setBearerToken(wrong); });
    EXPECT_EQ(unknown.outcome, CLEAT_NOT_MINE) << wrong;
  }
}

TEST(MyPlugin, DoesNotStartWithAWordThatIsEasilyGuessed) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1(), {{"word", "short"}});
  EXPECT_FALSE(plugin.ready());
  EXPECT_EQ(plugin.readyError(), "word: at least 16 characters are needed");
}

}  // namespace
