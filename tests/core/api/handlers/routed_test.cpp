// Paths that plugins take: who may ask, what the plugin is told, its answers, and forwarding to other servers.
#include <cleat/schema/role/http_handler.methods.h>
#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "core/base/on_strand.h"
#include "tests/core/api/api_fixture.h"

namespace cleat::api {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kThings = "/apis/things.example.com/v1/namespaces/default/things";

gate::RoleAnswer failed(cleat_status status, Status why) {
  gate::RoleAnswer answer;
  answer.status = status;
  answer.error = std::move(why);
  return answer;
}

void addHeader(capnp::List<role::Header>::Builder headers, const char* name, const char* value) {
  headers[0].setName(name);
  headers[0].setValue(value);
}

// The other server's address; a test begins it before it asks.
std::string& upstreamUrl() {
  static std::string url;
  return url;
}

gate::RoleAnswer routes(uint64_t cursor) {
  gate::RoleAnswer answer;
  answer.message = gate::makeMessage<role::RoutesResults>([&](role::RoutesResults::Builder results) {
    results.setCursor(7);
    if (cursor == 7) return;
    auto list = results.initRoutes(4);
    list[0].setPrefix("/contrib");
    list[1].setPrefix("/contrib/body");
    list[1].setWantsBody(true);
    list[2].setPrefix("/apis/things.example.com/v1");
    list[3].setPrefix("none");
    auto versions = results.initVersions(2);
    versions[0].setGroup("late.example.com");
    versions[0].setVersion("v1");
    versions[0].setGroupPriority(10);
    versions[0].setStale(true);
    versions[1].setGroup("things.example.com");
    versions[1].setVersion("v1");
    versions[1].setGroupPriority(2000);
    versions[1].setResources(R"([{"resource":"things","verbs":["get"]}])");
    versions[1].setOpenApi(R"({"openapi":"3.0.0","paths":{}})");
  });
  return answer;
}

gate::RoleAnswer handle(role::HandleParams::Reader params) {
  const std::string path = params.getPath().cStr();
  if (path == "/contrib/nothing") return failed(CLEAT_NOT_MINE, Status::internal("not mine"));
  if (path == "/contrib/teapot") return failed(CLEAT_FAILED, Status::unavailable("no tea"));
  gate::RoleAnswer answer;
  answer.message = gate::makeMessage<role::HandleResults>([&](role::HandleResults::Builder results) {
    if (path.starts_with("/apis/") || path == "/contrib/away") {
      auto forward = results.initForward();
      forward.setUrl(upstreamUrl() + path + "?" + params.getQuery().cStr());
      forward.setSkipVerify(path != "/contrib/away");
      addHeader(forward.initHeaders(1), "X-Remote-User", params.getUser().getName().cStr());
      return;
    }
    auto said = results.initAnswer();
    said.setStatus(201);
    said.setContentType("text/plain");
    addHeader(said.initHeaders(1), "X-Mine", "yes");
    std::string text = std::string(params.getMethod().cStr()) + " " + path + "?" + params.getQuery().cStr() + " by " +
                       params.getUser().getName().cStr() + " body=" +
                       std::string(reinterpret_cast<const char*>(params.getBody().begin()), params.getBody().size());
    for (auto header : params.getHeaders()) text += " " + std::string(header.getName().cStr());
    said.setBody({reinterpret_cast<const kj::byte*>(text.data()), text.size()});
  });
  return answer;
}

class RoutedTest : public ApiFixture {
 protected:
  RoutedTest()
      : ApiFixture({}, [](const gate::RoleCall& call) {
          if (call.method == role::httpHandler::routes) {
            return routes(call.params->root<role::RoutesParams>().getCursor());
          }
          return handle(call.params->root<role::HandleParams>());
        }) {}
  ~RoutedTest() override { upstream_.reset(); }

  void serveUpstream(http::Handler handler) {
    http::HttpServerOptions options;
    options.tls = *http::TlsContext::server(keys_.cert("server"), keys_.key("server"));
    options.errorResponse = [](int) { return http::Response(); };
    upstream_ = std::move(*http::HttpServer::listen(executor_, std::move(options), std::move(handler)));
    upstreamUrl() = "https://127.0.0.1:" + std::to_string(upstream_->port());
  }

  std::unique_ptr<http::HttpServer> upstream_;
};

TEST_F(RoutedTest, AnswersWhatThePluginSays) {
  Answer answer = call("GET", "/contrib/page?a=b", "", {"X-Kept: 1", "X-Remote-User: root", "Cookie: c"});
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers["x-mine"], "yes");
  EXPECT_EQ(answer.headers["content-type"], "text/plain");
  EXPECT_THAT(answer.body, HasSubstr("GET /contrib/page?a=b by admin body= "));
  EXPECT_THAT(answer.body, HasSubstr("X-Kept"));
  for (const char* secret : {"uthorization", "emote", "ookie"}) EXPECT_THAT(answer.body, Not(HasSubstr(secret)));
}

TEST_F(RoutedTest, GivesBodiesToWhoWantsThem) {
  EXPECT_THAT(call("POST", "/contrib/body/x", "hello").body, HasSubstr("POST /contrib/body/x? by admin body=hello "));
  EXPECT_THAT(call("POST", "/contrib/page", "hello").body, HasSubstr("body= "));
}

TEST_F(RoutedTest, TakesNoOtherPaths) {
  for (const char* path : {"/contribution", "/none", "/apis/things.example.com/v2/things"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  EXPECT_EQ(get("/contrib/nothing").body, "404 page not found\n");
  EXPECT_EQ(get("/contrib/teapot").status, 503);
  EXPECT_EQ(get("/contrib/teapot").at("message"), "no tea");
}

TEST_F(RoutedTest, AsksWhetherTheCallerMay) {
  Answer page = call("GET", "/contrib/page", "", {}, "alice");
  EXPECT_EQ(page.status, 403);
  EXPECT_EQ(page.at("message"), "forbidden: User \"alice\" cannot get path \"/contrib/page\"");
  Answer thing = call("GET", kThings + "/one/status", "", {}, "alice");
  EXPECT_EQ(thing.status, 403);
  EXPECT_EQ(
      thing.at("message"),
      "things.things.example.com \"one\" is forbidden: User \"alice\" cannot get resource \"things/status\" in API "
      "group \"things.example.com\" in the namespace \"default\"");
  EXPECT_THAT(call("DELETE", kThings, "", {}, "alice").body, HasSubstr("cannot deletecollection resource"));
  EXPECT_THAT(call("GET", kThings + "?watch=true", "", {}, "alice").body, HasSubstr("cannot watch resource"));
  EXPECT_EQ(call("GET", "/apis/things.example.com/v1/namespaces/default/%2e%2e/things").status, 404);
}

TEST_F(RoutedTest, ForwardsAsTheCaller) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    co_await exchange.readBody();
    const http::Request& request = exchange.request();
    http::Response response;
    response.head.status = 409;
    response.head.contentType = "application/vnd.odd";
    response.head.headers.emplace_back("Location", "/elsewhere");
    response.body.text(request.method + " " + request.target + " " + request.body + " for ");
    for (std::string_view user : request.headers.all("X-Remote-User")) response.body.text(std::string(user) + ";");
    response.body.text(request.headers.has("Authorization") ? " authorization!" : "");
    co_await exchange.send(std::move(response));
  });
  Answer answer = call("POST", kThings + "?q=1", "body", {"X-Remote-User: root", "X-Remote-Group: system:masters"});
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body, "POST " + kThings + "?q=1 body for admin;");
  EXPECT_EQ(answer.headers["content-type"], "application/vnd.odd");
  EXPECT_EQ(answer.headers["location"], "/elsewhere");
}

TEST_F(RoutedTest, ChecksWhoAnswersThere) {
  serveUpstream([](http::Exchange& exchange) -> Task<void> {
    http::Response response;
    co_await exchange.send(std::move(response));
  });
  Answer answer = get("/contrib/away");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.at("message"), HasSubstr("error trying to reach service"));
}

TEST_F(RoutedTest, AWatchEndsWithTheOtherServer) {
  Completion<bool> mayEnd;
  serveUpstream([mayEnd](http::Exchange& exchange) -> Task<void> {
    co_await exchange.begin(http::ResponseHead());
    http::Body first("event\n");
    co_await exchange.write(std::move(first));
    co_await mayEnd;
    co_await base::goTo(*exchange.strand());
    exchange.abort();
  });
  TestClient client(port());
  client.send("GET " + kThings + "?watch=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n");
  EXPECT_EQ(client.readHead().status, 200);
  EXPECT_EQ(client.readChunk(), "event\n");
  mayEnd.complete(true);
  EXPECT_EQ(client.receive(), "");  // and no last chunk: it was broken off
}

TEST_F(RoutedTest, IsFoundByClients) {
  const std::string groups = get("/apis").body;
  EXPECT_THAT(groups, HasSubstr(R"({"name":"things.example.com","versions":[{"groupVersion":"things.example.com/v1")"));
  EXPECT_LT(groups.find("\"apps\""), groups.find("things.example.com"));
  EXPECT_LT(groups.find("things.example.com"), groups.find("late.example.com"));
  EXPECT_EQ(get("/apis/things.example.com").at("preferredVersion.version"), "v1");
  const std::string all =
      get("/apis", {"Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}).body;
  EXPECT_THAT(all, HasSubstr(R"("resources":[{"resource":"things","verbs":["get"]}],"freshness":"Current")"));
  EXPECT_THAT(all, HasSubstr(R"("version":"v1","resources":[],"freshness":"Stale")"));
  EXPECT_THAT(get("/openapi/v3").body, HasSubstr("/openapi/v3/apis/things.example.com/v1?hash="));
  EXPECT_EQ(get("/openapi/v3/apis/things.example.com/v1").body, R"({"openapi":"3.0.0","paths":{}})");
}

}  // namespace
}  // namespace cleat::api
