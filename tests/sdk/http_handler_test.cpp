// Plugins that answer paths: how they tell what they take, and how a request comes to them.
#include <cleat/schema/role/http_handler.methods.h>
#include <cleat/sdk/http_handler.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

using namespace std::chrono_literals;

class Pages : public HttpHandlerPlugin {
 public:
  using HttpHandlerPlugin::HttpHandlerPlugin;

  Task<Result<void>> start() override {
    setRoutes({.routes = {{.prefix = "/pages"}}});
    co_return Result<void>();
  }

  Task<Result<HttpReply>> handle(HttpRequest& request) override {
    if (request.path() == "/pages/more") {
      setRoutes({.routes = {{.prefix = "/pages"}, {.prefix = "/more", .wantsBody = true}}});
    }
    if (request.path() == "/pages/none") co_return request.nothingHere();
    if (request.path() == "/pages/wrong") co_return fail(Status::conflict("pages", "wrong", "it is wrong"));
    if (request.path() == "/pages/away") {
      HttpForward to{.url = concat("https://a", request.target())};
      co_return HttpReply(std::move(to));
    }
    HttpAnswer answer{
        .body = concat(request.method(), " ", request.header("x-MINE"), " ", request.body(), " ", request.userName())};
    co_return HttpReply(std::move(answer));
  }
};

class HttpHandlerTest : public testing::Test {
 protected:
  static auto cursor(uint64_t value) {
    return [value](role::RoutesParams::Builder params) { params.setCursor(value); };
  }
  static auto at(const char* path) {
    return [path](role::HandleParams::Builder params) {
      params.setMethod("GET");
      params.setPath(path);
      params.setQuery("q");
      auto header = params.initHeaders(1)[0];
      header.setName("X-Mine");
      header.setValue("yes");
      params.setBody(dataOf("body"));
      params.initUser().setName("mary");
    };
  }

  test::FakeHost host;
  test::Started<Pages> plugin = host.start<Pages>();
};

TEST_F(HttpHandlerTest, TellsItsPathsAtOnceAndAgainWhenTheyAreOthers) {
  auto first = plugin.call(role::httpHandler::routes, cursor(0));
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first.answer->getRoutes().size(), 1u);
  EXPECT_EQ(view(first.answer->getRoutes()[0].getPrefix()), "/pages");
  const uint64_t known = first.answer->getCursor();
  const uint64_t waiting = plugin.begin(role::httpHandler::routes, cursor(known));
  host.settle();
  EXPECT_FALSE(plugin.answered(waiting));
  ASSERT_TRUE(plugin.call(role::httpHandler::handle, at("/pages/more")).ok());
  ASSERT_TRUE(plugin.answered(waiting));
  auto second = plugin.outcome<role::RoutesResults>(waiting);
  EXPECT_NE(second.answer->getCursor(), known);
  ASSERT_EQ(second.answer->getRoutes().size(), 2u);
  EXPECT_TRUE(second.answer->getRoutes()[1].getWantsBody());
}

TEST_F(HttpHandlerTest, SaysInTimeThatNothingHasChanged) {
  const uint64_t known = plugin.call(role::httpHandler::routes, cursor(0)).answer->getCursor();
  const uint64_t waiting = plugin.begin(role::httpHandler::routes, cursor(known));
  for (int i = 0; i < 100 && !plugin.answered(waiting); ++i) host.advance(1s);
  ASSERT_TRUE(plugin.answered(waiting));
  auto same = plugin.outcome<role::RoutesResults>(waiting);
  EXPECT_TRUE(same.ok()) << same.status.message;
  EXPECT_EQ(same.answer->getCursor(), known);
  EXPECT_EQ(same.answer->getRoutes().size(), 0u);
}

TEST_F(HttpHandlerTest, AnswersForwardsAndRefuses) {
  auto answer = plugin.call(role::httpHandler::handle, at("/pages/a"));
  ASSERT_TRUE(answer.ok());
  ASSERT_TRUE(answer.answer->isAnswer());
  EXPECT_EQ(view(answer.answer->getAnswer().getBody()), "GET yes body mary");
  EXPECT_EQ(answer.answer->getAnswer().getStatus(), 200);
  auto forward = plugin.call(role::httpHandler::handle, at("/pages/away"));
  ASSERT_TRUE(forward.ok());
  ASSERT_TRUE(forward.answer->isForward());
  EXPECT_EQ(view(forward.answer->getForward().getUrl()), "https://a/pages/away?q");
  EXPECT_EQ(plugin.call(role::httpHandler::handle, at("/pages/none")).outcome, CLEAT_NOT_MINE);
  auto wrong = plugin.call(role::httpHandler::handle, at("/pages/wrong"));
  EXPECT_EQ(wrong.outcome, CLEAT_FAILED);
  EXPECT_EQ(wrong.status.code, 409);
}

}  // namespace
}  // namespace cleat
