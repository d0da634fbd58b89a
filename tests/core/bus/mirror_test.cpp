#include "tests/core/bus/mirror_fixture.h"

namespace cleat::bus {
namespace {

TEST_F(MirrorTest, ASubscriptionListsAndThenWatchesFromThere) {
  auto one = subscribe("app=web", "metadata.name!=x");
  EXPECT_EQ(text(one->next(10)), "") << "nothing is known yet";
  auto list = server->next();
  EXPECT_EQ(
      list->request.target,
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
  watch->body(
      event("BOOKMARK",
            R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"12","creationTimestamp":null}})"));
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
  for (uint64_t i = 2; i < SharedWatch::kKeptChanges + 100; ++i) {
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

}  // namespace
}  // namespace cleat::bus
