#include <cleat/schema/role/http_handler.methods.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using core_v1::Pod;

class MyPluginTest : public testing::Test {
 protected:
  void put(const char* ns, const char* name) {
    Draft<Pod> pod;
    pod->initMetadata().setNamespace(ns);
    pod->getMetadata().setName(name);
    host.put(std::move(pod));
  }
  test::FakeHost host;
};

auto asking(const char* method, const char* path) {
  return [=](role::HandleParams::Builder params) {
    params.setMethod(method);
    params.setPath(path);
  };
}

TEST_F(MyPluginTest, CountsThePodsOfEachNamespace) {
  put("default", "one");
  put("default", "two");
  put("other", "one");
  auto plugin = host.start(cleat_plugin_v1(), {{"at", "/pods"}});
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  auto outcome = plugin.call(role::httpHandler::handle, asking("GET", "/pods"));
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto body = outcome.answer->getAnswer().getBody();
  EXPECT_EQ(std::string_view(body.asChars().begin(), body.size()), "{\"default\":2,\"other\":1}\n");
}

TEST_F(MyPluginTest, AnswersNothingElse) {
  auto plugin = host.start(cleat_plugin_v1());
  EXPECT_EQ(plugin.call(role::httpHandler::handle, asking("POST", "/my-plugin")).status.code, 405);
  EXPECT_EQ(plugin.call(role::httpHandler::handle, asking("GET", "/my-plugin/more")).outcome, CLEAT_NOT_MINE);
}

}  // namespace
