// Who may make the server read, wait and remember: what comes before a body, and which requests last.
#include "tests/core/api/api_fixture.h"

namespace cleat::api {
namespace {

std::string headOf(const std::string& method, const std::string& target, const std::string& user, size_t size,
                   const std::string& more = {}) {
  std::string token = user.empty() ? "" : "Authorization: Bearer " + user + "\r\n";
  return method + " " + target + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + token + more +
         "Content-Length: " + std::to_string(size) + "\r\n\r\n";
}

class LimitsTest : public ApiFixture {
 protected:
  static constexpr int kMostRequests = 8;
  static ServerOptions few() {
    ServerOptions options;
    options.maxInFlight = kMostRequests;
    options.strangers.connectionsOfOne = 4;
    return options;
  }
  LimitsTest() : ApiFixture(few()) {}

  // Until the server has read the head: then it asks for the body.
  static void sendHead(TestClient& client, const std::string& target, const std::string& fields = {}) {
    client.send(headOf("POST", target, "admin", 2, "Expect: 100-continue\r\n" + fields));
    EXPECT_EQ(client.readResponse().status, 100);
  }
};

TEST_F(LimitsTest, ALargeBodyIsReadOnlyOnceItsSenderMayWrite) {
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    std::string name = method == std::string("POST") ? "" : "/a";
    for (const char* user : {"alice", ""}) {
      TestClient client(port());
      client.send(headOf(method, kMaps + name, user, 200'000));
      TestResponse refused = client.readResponse();
      EXPECT_EQ(refused.status, 403) << method << " " << refused.body;
      EXPECT_EQ(refused.headers["connection"], "close");
    }
    TestClient unknown(port());
    unknown.send(headOf(method, kMaps + name, "wrong", 200'000));
    EXPECT_EQ(unknown.readResponse().status, 401) << method;
  }
}

TEST_F(LimitsTest, WhoAsksWhetherToGoOnIsToldSoAfterAuthorization) {
  const std::string body = R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"large"},"data":{"k":")" +
                           std::string(100'000, 'x') + R"("}})";
  TestClient alice(port()), admin(port());
  alice.send(headOf("POST", kMaps, "alice", body.size(), "Expect: 100-continue\r\n"));
  EXPECT_EQ(alice.readResponse().status, 403);
  admin.send(headOf("POST", kMaps, "admin", body.size(), "Expect: 100-continue\r\n"));
  EXPECT_EQ(admin.readResponse().status, 100);
  admin.send(body);
  EXPECT_EQ(admin.readResponse().status, 201);
  EXPECT_EQ(get(kMaps + "/large").at("data.k").size(), 100'000u);
}

TEST_F(LimitsTest, WhatIsWrongWithARequestIsToldToThoseWhoMayMakeIt) {
  struct Case {
    const char *method, *target, *body, *accept;
    int code;
  };
  for (const Case& each : {
           Case{"POST", "", "no JSON", "", 400},
           Case{"POST", "?dryRun=Some", "{}", "", 422},
           Case{"PUT", "/a", "{}", "", 400},
           Case{"PATCH", "/a", "{}", "", 415},
           Case{"DELETE", "/a", "no JSON", "", 400},
           Case{"POST", "", "{}", "Accept: text/html", 406},
       }) {
    std::string target = kMaps + each.target, type = each.code == 415 ? "text/x" : "application/json";
    std::vector<std::string> headers = {"Content-Type: " + type};
    if (each.accept[0] != 0) headers.emplace_back(each.accept);
    EXPECT_EQ(call(each.method, target, each.body, headers).status, each.code) << each.method << target << each.body;
    EXPECT_EQ(call(each.method, target, each.body, headers, "alice").status, 403) << each.method << target;
  }
  EXPECT_EQ(call("GET", "/api/v1/pods?limit=x", "", {}).status, 400);
  EXPECT_EQ(call("GET", "/api/v1/pods?limit=x", "", {}, "alice").status, 403);
  EXPECT_EQ(call("GET", "/api/v1/pods", "", {"Accept: text/html"}, "alice").status, 403);
}

TEST_F(LimitsTest, OnlyWhatLastsIsOutsideOfTheLimitOnRequests) {
  for (const char* target : {"?watch=1", "?watch=true&follow=1", "?follow=1"}) {
    std::vector<std::unique_ptr<TestClient>> holding;
    for (int i = 0; i < kMostRequests; ++i) {
      holding.push_back(std::make_unique<TestClient>(port()));
      sendHead(*holding.back(), kMaps + target, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    }
    Answer next = get(kMaps);
    EXPECT_EQ(next.status, 429) << target;
    EXPECT_EQ(next.headers["retry-after"], "1");
    for (auto& each : holding) each->send("{}");
    for (auto& each : holding) EXPECT_EQ(each->readResponse().status, 422);
    // An answer may be here before its request has ended.
    int status = 429;
    for (int i = 0; i < 1000 && status == 429; ++i) status = get(kMaps).status;
    EXPECT_EQ(status, 200);
  }
  TestClient watching(port());
  watching.send("GET " + kMaps + "?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n");
  EXPECT_EQ(watching.readHead().status, 200);
  EXPECT_EQ(get(kMaps).status, 200);
}

TEST_F(LimitsTest, StrangersDoNotTakeThePlaceOfThoseWhoHaveShownWhoTheyAre) {
  TestClient byToken(port()), byCertificate(port(), keys_.cert("alice"), keys_.key("alice")), wrong(port()),
      anonymous(port());
  EXPECT_EQ(byToken.get(kMaps, {"Authorization: Bearer admin"}).status, 200);
  EXPECT_EQ(byCertificate.get(kMaps).status, 200);
  EXPECT_EQ(wrong.get(kMaps, {"Authorization: Bearer wrong"}).status, 401);
  EXPECT_EQ(anonymous.get("/healthz").status, 200);
  std::vector<std::unique_ptr<TestClient>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<TestClient>(port(), "", "", false));
  EXPECT_EQ(wrong.receive(), "");
  EXPECT_EQ(anonymous.receive(), "");
  EXPECT_EQ(byToken.get(kMaps, {"Authorization: Bearer admin"}).status, 200);
  EXPECT_EQ(byCertificate.get(kMaps).status, 200);
}

}  // namespace
}  // namespace cleat::api
