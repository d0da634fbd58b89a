// What is asked of a mirror and not subscribed to: requests to the server.
#include "tests/core/bus/mirror_fixture.h"

namespace cleat::bus {
namespace {

TEST_F(MirrorTest, CallsAreOrdinaryRequests) {
  auto got = call(mirror.get(User{}, maps("a")), [](ExchangeRef exchange) {
    EXPECT_EQ(exchange->request.method + " " + exchange->request.target, "GET /api/v1/namespaces/default/configmaps/a");
    exchange->answer(200, item("a", 5));
  });
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)->name(), "a");
  EXPECT_EQ((*got)->revision(), 5u);
  EXPECT_EQ(&(*got)->kind(), kinds.configMap.get());

  ListOptions options{.labelSelector = "a in (b,c)", .continueToken = "t/1", .limit = 3, .revision = 9};
  options.match = ListOptions::Match::exact;
  auto listed = call(mirror.list(User{}, maps(), options), [](ExchangeRef exchange) {
    EXPECT_EQ(exchange->request.target,
              "/api/v1/namespaces/default/configmaps?labelSelector=a%20in%20%28b%2Cc%29&limit=3&continue=t%2F1&"
              "resourceVersion=9&resourceVersionMatch=Exact");
    exchange->answer(200, page(9, {item("a", 5)}, "t2"));
  });
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->revision, 9u);
  EXPECT_EQ(listed->continueToken, "t2");

  Target node{.kind = kinds.node, .subresource = "", .ns = "", .name = "n1"};
  (void)call(mirror.get(User{}, node), [](ExchangeRef exchange) {
    EXPECT_EQ(exchange->request.target, "/api/v1/nodes/n1");
    exchange->answer(200, R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n1","resourceVersion":"1"}})");
  });
}

TEST_F(MirrorTest, WritesCarryTheObjectAndTheirOptions) {
  WriteOptions options{.dryRun = true, .fieldManager = "agent", .fieldValidation = object::FieldValidation::strict};
  auto created = call(mirror.create(User{}, maps("a"), store::configMapMessage("default", "a", "v"), options),
                      [](ExchangeRef exchange) {
                        EXPECT_EQ(exchange->request.method + " " + exchange->request.target,
                                  "POST /api/v1/namespaces/default/configmaps?dryRun=All&fieldManager=agent&"
                                  "fieldValidation=Strict");
                        auto body = boost::json::parse(exchange->request.body);
                        EXPECT_EQ(body.at("kind").as_string(), "ConfigMap");
                        EXPECT_EQ(body.at("data").at("value").as_string(), "v");
                        exchange->answer(201, item("a", 5),
                                         {{"Warning", R"(299 - "old \"field\"")"}, {"warning", R"(299 - "two")"}});
                      });
  ASSERT_TRUE(created);
  EXPECT_TRUE(created->created);
  EXPECT_EQ(created->warnings, (std::vector<std::string>{"old \"field\"", "two"}));

  auto updated = call(mirror.update(User{}, maps("a", "status"), store::configMapMessage("default", "a", "v"), {}),
                      [](ExchangeRef exchange) {
                        EXPECT_EQ(exchange->request.method + " " + exchange->request.target,
                                  "PUT /api/v1/namespaces/default/configmaps/a/status?fieldValidation=Ignore");
                        exchange->answer(200, item("a", 6));
                      });
  ASSERT_TRUE(updated);
  EXPECT_FALSE(updated->created);

  auto patched = call(mirror.patch(User{}, maps("a"), PatchType::apply, "{}", {.fieldManager = "m"}, true),
                      [](ExchangeRef exchange) {
                        EXPECT_EQ(exchange->request.method, "PATCH");
                        EXPECT_EQ(exchange->request.contentType, "application/apply-patch+yaml");
                        EXPECT_EQ(parameter(exchange->request, "force"), "true");
                        EXPECT_EQ(parameter(exchange->request, "fieldManager"), "m");
                        exchange->answer(200, item("a", 7));
                      });
  ASSERT_TRUE(patched);
}

TEST_F(MirrorTest, WhatAServerHasNoTimeForIsAskedAgainWhenItSays) {
  std::optional<Result<ObjectRef>> got;
  spawn(mirror.get(User{}, maps("a")), [&](Result<ObjectRef> value) { got.emplace(std::move(value)); });
  server->next()->answer(429, "Too many requests, please try again later.", {{"Retry-After", "2"}});
  EXPECT_TRUE(server->isIdle());
  executor.advance(1s);
  EXPECT_TRUE(server->isIdle());
  executor.advance(1s);
  server->next()->answer(200, item("a", 5));
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((**got)->name(), "a");

  // An eviction that a budget does not allow is answered so too, and is no matter of time.
  auto refused = call(mirror.get(User{}, maps("a")), [](ExchangeRef exchange) {
    exchange->answer(429, statusText(429, "TooManyRequests", "the budget allows none"));
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the budget allows none");

  got.reset();
  spawn(mirror.get(User{}, maps("a")), [&](Result<ObjectRef> value) { got.emplace(std::move(value)); });
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(got);
    server->next()->answer(429, statusText(429, "TooManyRequests", "later"), {{"Retry-After", "1"}});
    executor.advance(1s);
  }
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().message, "later");
}

TEST_F(MirrorTest, ADeleteSaysWhetherTheObjectIsGone) {
  auto remove = [&](const std::string& answer) {
    DeleteOptions options{.gracePeriodSeconds = 0, .propagationPolicy = "Background", .preconditionUid = "u"};
    auto removed = call(mirror.remove(User{}, maps("a"), options), [&](ExchangeRef exchange) {
      EXPECT_EQ(exchange->request.method, "DELETE");
      EXPECT_EQ(exchange->request.body,
                R"({"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"propagationPolicy":"Background",)"
                R"("preconditions":{"uid":"u"}})");
      exchange->answer(200, answer);
    });
    EXPECT_TRUE(removed);
    return removed->removed;
  };
  EXPECT_TRUE(remove(R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"})"));
  EXPECT_TRUE(remove(item("a", 5)));
  EXPECT_FALSE(remove(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default",)"
                      R"("deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":30}})"));
}

TEST_F(MirrorTest, AFailureIsTheServersOwnStatus) {
  auto conflict = call(mirror.update(User{}, maps("a"), store::configMapMessage("default", "a", "v"), {}),
                       [](ExchangeRef exchange) {
                         exchange->answer(409, R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
                           "message":"modified","reason":"Conflict","code":409,"details":{"name":"a","kind":"configmaps",
                           "causes":[{"reason":"R","message":"M","field":"f"}],"retryAfterSeconds":2}})");
                       });
  ASSERT_FALSE(conflict);
  Status expected{.code = 409, .reason = "Conflict", .message = "modified"};
  expected.details = {
      .name = "a", .group = "", .kind = "configmaps", .uid = "", .causes = {{"R", "M", "f"}}, .retryAfterSeconds = 2};
  EXPECT_EQ(conflict.error(), expected);

  auto plain = call(mirror.get(User{}, maps("a")), [](ExchangeRef exchange) { exchange->answer(502, "<html>"); });
  EXPECT_EQ(plain.error().code, 502);
  auto broken = call(mirror.get(User{}, maps("a")),
                     [](ExchangeRef exchange) { exchange->end(Status::timeout("no answer in time")); });
  EXPECT_EQ(broken.error().code, 504);
}

}  // namespace
}  // namespace cleat::bus
