#include "core/bus/mirror.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "core/base/log.h"
#include "core/base/manual_executor.h"
#include "core/bus/shared_watch.h"
#include "tests/core/bus/change_text.h"
#include "tests/core/bus/fake_server.h"
#include "tests/core/store/fixtures.h"

namespace cleat::bus {
namespace {

using namespace std::chrono_literals;
using ExchangeRef = std::shared_ptr<FakeServer::Exchange>;

std::string item(const std::string& name, uint64_t revision) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
         R"(","namespace":"default","resourceVersion":")" + std::to_string(revision) + R"("}})";
}

std::string page(uint64_t revision, const std::vector<std::string>& items, const std::string& continueToken = "") {
  std::string text = R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":")" +
                     std::to_string(revision) + R"(","continue":")" + continueToken + R"("},"items":[)";
  for (size_t i = 0; i < items.size(); ++i) text += (i > 0 ? "," : "") + items[i];
  return text + "]}";
}

std::string event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

std::string statusText(int code, const std::string& reason, const std::string& message) {
  return R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" + message + R"(","reason":")" + reason +
         R"(","code":)" + std::to_string(code) + "}";
}

// The value of a parameter in a request's query.
std::string parameter(const http::ClientRequest& request, const std::string& name) {
  size_t at = request.target.find_first_of("?");
  while (at != std::string::npos) {
    size_t end = request.target.find('&', at + 1);
    std::string one = request.target.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
    at = end;
  }
  return "";
}

struct MirrorTest : ::testing::Test {
  base::LogCapture quiet{[this](base::LogLevel, std::string_view, std::string_view line) { log += std::string(line) + "\n"; }};
  std::string log;
  base::ManualExecutor executor;
  store::TestKinds kinds;
  std::shared_ptr<FakeServer> server = std::make_shared<FakeServer>();
  MirrorCluster mirror{executor, kinds.registry, server};

  ~MirrorTest() override { server->endAll(); }

  Target maps(const std::string& name = "", const std::string& subresource = "") {
    return {.kind = kinds.configMap, .subresource = subresource, .ns = "default", .name = name};
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    spawn(std::move(task), [&](T value) { result.emplace(std::move(value)); });
    return std::move(*result);
  }
  // Starts a call, lets the test answer it, and gives its result.
  template <class T, class Answer>
  T call(Task<T> task, Answer answer) {
    std::optional<T> result;
    spawn(std::move(task), [&](T value) { result.emplace(std::move(value)); });
    answer(server->next());
    EXPECT_TRUE(result.has_value());
    return std::move(*result);
  }

  std::unique_ptr<Subscription> subscribe(const std::string& labels = "", const std::string& fields = "") {
    return std::move(*run(mirror.subscribe(User{}, maps(), labels, fields)));
  }
};

TEST_F(MirrorTest, ASubscriptionListsAndThenWatchesFromThere) {
  auto one = subscribe("app=web", "metadata.name!=x");
  EXPECT_EQ(text(one->next(10)), "") << "nothing is known yet";
  auto list = server->next();
  EXPECT_EQ(list->request.target,
            "/api/v1/namespaces/default/configmaps?labelSelector=app%3Dweb&fieldSelector=metadata.name%21%3Dx&limit=500");
  int ready = 0;
  one->onReady([&] { ++ready; });
  list->answer(200, page(7, {item("a", 3), item("b", 7)}));
  EXPECT_EQ(ready, 1);
  EXPECT_EQ(text(one->next(10)), "+a@3 +b@7 synced@7");

  auto watch = server->next();
  EXPECT_EQ(parameter(watch->request, "watch"), "true");
  EXPECT_EQ(parameter(watch->request, "resourceVersion"), "7");
  EXPECT_EQ(parameter(watch->request, "allowWatchBookmarks"), "true");
  EXPECT_EQ(parameter(watch->request, "labelSelector"), "app%3Dweb");
  EXPECT_GE(std::stoi(parameter(watch->request, "timeoutSeconds")), 300);
  EXPECT_TRUE(watch->request.endless);
  watch->head(200);
  one->onReady([&] { ++ready; });
  watch->body(event("ADDED", item("c", 8)) + event("MODIFIED", item("a", 9)));
  EXPECT_EQ(ready, 2);
  watch->body(event("DELETED", item("b", 10)));
  EXPECT_EQ(text(one->next(10)), "+c@8 ~a@9 -b@10");
  EXPECT_EQ(text(one->next(10)), "");
}

TEST_F(MirrorTest, ALongListComesInPages) {
  auto one = subscribe();
  server->next()->answer(200, page(7, {item("a", 3)}, "more"));
  auto second = server->next();
  EXPECT_EQ(parameter(second->request, "continue"), "more");
  EXPECT_EQ(text(one->next(10)), "");
  second->answer(200, page(7, {item("b", 4)}));
  EXPECT_EQ(text(one->next(1)), "+a@3");
  EXPECT_EQ(text(one->next(1)), "+b@4");
  EXPECT_EQ(text(one->next(1)), "synced@7");
}

TEST_F(MirrorTest, AnEventMayArriveInPieces) {
  auto one = subscribe();
  server->next()->answer(200, page(1, {}));
  auto watch = server->next();
  watch->head(200);
  one->next(10);
  std::string line = event("ADDED", item("a", 2));
  for (char c : line) watch->body(std::string_view(&c, 1));
  EXPECT_EQ(text(one->next(10)), "+a@2");
}

TEST_F(MirrorTest, EveryoneOnThisNodeSharesOneWatchAndOneCopy) {
  auto one = subscribe();
  auto two = subscribe();
  server->next()->answer(200, page(7, {item("a", 3)}));
  auto watch = server->next();
  watch->head(200);
  auto three = subscribe();
  EXPECT_TRUE(server->isIdle());
  EXPECT_EQ(server->requests, 2);
  auto first = one->next(10), second = two->next(10);
  EXPECT_EQ(text(first), "+a@3 synced@7");
  EXPECT_EQ(first[0].object.get(), second[0].object.get());
  watch->body(event("MODIFIED", item("a", 8)));
  EXPECT_EQ(text(one->next(10)), "~a@8");
  EXPECT_EQ(text(two->next(10)), "~a@8");
  EXPECT_EQ(text(three->next(10)), "+a@8 synced@8");
}

TEST_F(MirrorTest, TheWatchEndsWithItsLastSubscription) {
  auto one = subscribe();
  auto two = subscribe();
  server->next()->answer(200, page(7, {}));
  auto watch = server->next();
  watch->head(200);
  one.reset();
  EXPECT_FALSE(watch->cancelled);
  two.reset();
  EXPECT_TRUE(watch->cancelled);
  executor.advance(10min);
  EXPECT_TRUE(server->isIdle());
  auto again = subscribe();
  EXPECT_EQ(parameter(server->next()->request, "watch"), "") << "a new one lists";
}

TEST_F(MirrorTest, ABrokenWatchResumesWhereItWasAfterAPause) {
  auto one = subscribe();
  server->next()->answer(200, page(7, {item("a", 3)}));
  one->next(10);
  auto watch = server->next();
  watch->head(200);
  watch->body(event("MODIFIED", item("a", 9)));
  watch->body(event("BOOKMARK", R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"12","creationTimestamp":null}})"));
  watch->end(Status::unavailable("reading from https://192.0.2.1: Connection reset by peer"));
  EXPECT_TRUE(server->isIdle()) << "not at once";
  executor.advance(500ms);
  auto resumed = server->next();
  EXPECT_EQ(parameter(resumed->request, "resourceVersion"), "12");
  resumed->head(200);
  resumed->body(event("DELETED", item("a", 13)));
  EXPECT_EQ(text(one->next(10)), "~a@9 -a@13");
  EXPECT_NE(log.find("configmaps in default: reading from https://192.0.2.1: Connection reset by peer; trying again"),
            std::string::npos)
      << log;
}

TEST_F(MirrorTest, AWatchThatTheServerEndedInTimeResumesAtOnce) {
  auto one = subscribe();
  server->next()->answer(200, page(7, {}));
  auto watch = server->next();
  watch->head(200);
  executor.advance(300s);
  watch->end();
  EXPECT_EQ(parameter(server->next()->request, "resourceVersion"), "7");
}

TEST_F(MirrorTest, PausesGrowUpToHalfAMinuteAndTheServerIsNeverGivenUp) {
  auto one = subscribe();
  std::vector<int64_t> pauses;
  for (int i = 0; i < 12; ++i) {
    int64_t before = executor.now();
    server->next()->end(Status::unavailable("connecting to https://192.0.2.1: Connection refused"));
    executor.advance(std::chrono::nanoseconds(executor.nextTimer() - executor.now()));
    pauses.push_back(executor.now() - before);
  }
  EXPECT_LE(pauses[0], std::chrono::nanoseconds(500ms).count());
  EXPECT_GT(pauses[3], pauses[0]);
  EXPECT_LE(pauses.back(), std::chrono::nanoseconds(30s).count());
  EXPECT_GE(pauses.back(), std::chrono::nanoseconds(15s).count());
  EXPECT_FALSE(one->failure());
  server->next()->answer(200, page(7, {item("a", 3)}));
  EXPECT_EQ(text(one->next(10)), "+a@3 synced@7");
}

TEST_F(MirrorTest, AfterLostHistoryOnlyWhatHasChangedIsDelivered) {
  auto one = subscribe();
  server->next()->answer(200, page(7, {item("a", 3), item("b", 4), item("c", 5)}));
  one->next(10);
  auto watch = server->next();
  watch->head(200);
  watch->body(event("ERROR", statusText(410, "Expired", "too old resource version: 7 (900)")));
  EXPECT_TRUE(watch->cancelled);
  auto list = server->next();
  EXPECT_EQ(parameter(list->request, "watch"), "");
  list->answer(200, page(900, {item("a", 3), item("b", 800), item("d", 850)}));
  EXPECT_EQ(text(one->next(10)), "~b@800 +d@850 -c@5");
  EXPECT_EQ(parameter(server->next()->request, "resourceVersion"), "900");
}

TEST_F(MirrorTest, AWatchRefusedWithGoneListsAgain) {
  auto one = subscribe();
  server->next()->answer(200, page(7, {}));
  server->next()->answer(410, statusText(410, "Expired", "too old"));
  EXPECT_EQ(parameter(server->next()->request, "limit"), "500");
}

TEST_F(MirrorTest, ASubscriberThatIsFarBehindBeginsAgain) {
  auto one = subscribe();
  auto two = subscribe();
  server->next()->answer(200, page(1, {item("a", 1)}));
  auto watch = server->next();
  watch->head(200);
  one->next(10);
  for (uint64_t i = 2; i < Upstream::kKeptChanges + 100; ++i) {
    watch->body(event("MODIFIED", item("a", i)));
    if (i % 100 == 0) two->next(1000);
  }
  EXPECT_EQ(text(one->next(3)).substr(0, 9), "restarted");
  EXPECT_EQ(text(one->next(3)), "+a@2099 synced@2099");
  EXPECT_EQ(two->next(1000).size(), 99u);
}

TEST_F(MirrorTest, AServerThatKeepsRefusingIsBelieved) {
  auto one = subscribe();
  int ready = 0;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(one->failure());
    one->onReady([&] { ++ready; });
    server->next()->answer(403, statusText(403, "Forbidden", "configmaps is forbidden"));
    executor.advance(30s);
  }
  EXPECT_EQ(ready, 1);
  ASSERT_TRUE(one->failure());
  EXPECT_EQ(one->failure()->message, "configmaps is forbidden");
  EXPECT_TRUE(server->isIdle());
  auto again = subscribe();
  server->next()->answer(200, page(7, {}));
  EXPECT_EQ(text(again->next(10)), "synced@7") << "a later subscription tries anew";
}

TEST_F(MirrorTest, AnUnreadableObjectDoesNotStopTheOthers) {
  auto one = subscribe();
  server->next()->answer(200, page(1, {}));
  auto watch = server->next();
  watch->head(200);
  watch->body(event("ADDED", R"({"metadata":{"name":7}})") + event("ADDED", item("b", 3)));
  EXPECT_EQ(text(one->next(10)), "+b@3 synced@3");
  EXPECT_NE(log.find("an object is unreadable"), std::string::npos);
}

TEST_F(MirrorTest, BookmarksAreGivenOnAtMostOnceAMinute) {
  auto one = subscribe();
  server->next()->answer(200, page(1, {}));
  auto watch = server->next();
  watch->head(200);
  EXPECT_EQ(text(one->next(10)), "synced@1");
  watch->body(event("BOOKMARK", R"({"metadata":{"resourceVersion":"40"}})"));
  EXPECT_EQ(text(one->next(10)), "");
  executor.advance(61s);
  EXPECT_EQ(text(one->next(10)), "synced@40");
}

TEST_F(MirrorTest, CallsAreOrdinaryRequests) {
  auto got = call(mirror.get(User{}, maps("a")), [](ExchangeRef exchange) {
    EXPECT_EQ(exchange->request.method + " " + exchange->request.target, "GET /api/v1/namespaces/default/configmaps/a");
    exchange->answer(200, item("a", 5));
  });
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)->name(), "a");
  EXPECT_EQ((*got)->revision(), 5u);
  EXPECT_EQ(&(*got)->kind(), kinds.configMap);

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
                        exchange->answer(201, item("a", 5), {{"Warning", R"(299 - "old \"field\"")"}, {"warning", R"(299 - "two")"}});
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
  expected.details = {.name = "a", .group = "", .kind = "configmaps", .uid = "", .causes = {{"R", "M", "f"}}, .retryAfterSeconds = 2};
  EXPECT_EQ(conflict.error(), expected);

  auto plain = call(mirror.get(User{}, maps("a")), [](ExchangeRef exchange) { exchange->answer(502, "<html>"); });
  EXPECT_EQ(plain.error().code, 502);
  auto broken = call(mirror.get(User{}, maps("a")),
                     [](ExchangeRef exchange) { exchange->end(Status::timeout("no answer in time")); });
  EXPECT_EQ(broken.error().code, 504);
}

}  // namespace
}  // namespace cleat::bus
