#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;

role::Decision decide(test::AnyStarted& plugin, const char* user, const char* verb, const char* ns) {
  auto outcome = plugin.call(role::authorizer::authorize, [&](role::Attributes::Builder asked) {
    asked.initUser().setName(user);
    asked.setVerb(verb);
    asked.setResource("configmaps");
    asked.setNamespace(ns);
  });
  EXPECT_TRUE(outcome.ok()) << outcome.status.message;
  return outcome.answer->getDecision();
}

TEST(MyPlugin, ClosesNamespacesToAllButAFew) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1(), {{"closed", "frozen,attic"}, {"let_through", "jane"}});
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  EXPECT_EQ(decide(plugin, "joe", "create", "frozen"), role::Decision::DENY);
  EXPECT_EQ(decide(plugin, "joe", "delete", "frozen"), role::Decision::DENY);
  EXPECT_EQ(decide(plugin, "joe", "get", "frozen"), role::Decision::NO_OPINION);
  EXPECT_EQ(decide(plugin, "jane", "create", "frozen"), role::Decision::NO_OPINION);
  EXPECT_EQ(decide(plugin, "joe", "create", "default"), role::Decision::NO_OPINION);
}

}  // namespace
