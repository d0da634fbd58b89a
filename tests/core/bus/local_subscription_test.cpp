#include "core/bus/local_subscription.h"

#include <cleat/sdk/selector.h>
#include <gtest/gtest.h>

#include "core/base/manual_executor.h"
#include "tests/core/bus/change_text.h"
#include "tests/core/store/fixtures.h"
#include "tests/core/store/memory_engine.h"

namespace cleat::bus {
namespace {

using namespace std::chrono_literals;
using store::Maps;

struct SubscriptionTest : ::testing::Test {
  base::ManualExecutor executor;
  store::TestKinds kinds;
  store::Disk disk;
  std::unique_ptr<store::Store> store =
      store::openStore(kinds.registry, std::make_unique<store::MemoryEngine>(disk), {.historyRevisions = 20});
  std::unique_ptr<Hub> hub = Hub::make(*store);
  Maps maps{*kinds.configMap, *store};

  std::unique_ptr<Subscription> subscribe(const std::string& labels = "") {
    WatchSpec spec;
    spec.kind = kinds.configMap;
    spec.labels = *LabelSelector::parse(labels);
    return subscribeToStore(executor, *store, *hub, std::move(spec));
  }
};

TEST_F(SubscriptionTest, DeliversWhatExistsThenSyncedThenEveryChange) {
  ASSERT_TRUE(maps.create("b"));
  ASSERT_TRUE(maps.create("a"));
  auto one = subscribe();
  ASSERT_TRUE(maps.create("c"));  // after the subscription: a change, not part of the list
  EXPECT_EQ(text(one->next(100)), "+a@2 +b@1 synced@2 +c@3");
  ASSERT_TRUE(maps.update("a", "2"));
  ASSERT_TRUE(maps.remove("b"));
  EXPECT_EQ(text(one->next(100)), "~a@4 -b@5");
  EXPECT_EQ(text(one->next(100)), "");
  EXPECT_FALSE(one->failure());
}

TEST_F(SubscriptionTest, TheListComesPieceByPiece) {
  for (const char* name : {"a", "b", "c", "d"}) ASSERT_TRUE(maps.create(name));
  auto one = subscribe();
  int ready = 0;
  one->onReady([&] { ++ready; });
  EXPECT_EQ(ready, 1) << "there is something at once";
  EXPECT_EQ(text(one->next(2)), "+a@1 +b@2");
  one->onReady([&] { ++ready; });
  EXPECT_EQ(ready, 2);
  EXPECT_EQ(text(one->next(2)), "+c@3 +d@4");
  EXPECT_EQ(text(one->next(2)), "synced@4");
  one->onReady([&] { ++ready; });
  EXPECT_EQ(ready, 2);
  ASSERT_TRUE(maps.create("e"));
  EXPECT_EQ(ready, 3);
}

TEST_F(SubscriptionTest, AnEmptyListIsSyncedAtOnce) { EXPECT_EQ(text(subscribe()->next(10)), "synced@0"); }

TEST_F(SubscriptionTest, SelectorsHoldForTheListAndTheChanges) {
  ASSERT_TRUE(maps.create("a", "1", "web"));
  ASSERT_TRUE(maps.create("b", "1", "db"));
  auto one = subscribe("app=web");
  EXPECT_EQ(text(one->next(10)), "+a@1 synced@2");
  ASSERT_TRUE(maps.update("b", "2", "web"));
  ASSERT_TRUE(maps.update("a", "2", "db"));
  EXPECT_EQ(text(one->next(10)), "+b@3 -a@4");
}

TEST_F(SubscriptionTest, BeginsAgainWhenHistoryHasOvertakenIt) {
  ASSERT_TRUE(maps.create("a"));
  auto one = subscribe();
  EXPECT_EQ(text(one->next(10)), "+a@1 synced@1");
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(maps.update("a", std::to_string(i)));
  EXPECT_EQ(text(one->next(10)), "restarted@61");
  EXPECT_EQ(text(one->next(10)), "+a@61 synced@61");
}

TEST_F(SubscriptionTest, BookmarksComeAtMostOnceAMinute) {
  auto one = subscribe("app=web");
  EXPECT_EQ(text(one->next(10)), "synced@0");
  ASSERT_TRUE(maps.create("a", "1", "db"));
  EXPECT_EQ(text(one->next(10)), "");
  executor.advance(61s);
  EXPECT_EQ(text(one->next(10)), "synced@1");
  ASSERT_TRUE(maps.update("a", "2", "db"));
  EXPECT_EQ(text(one->next(10)), "");
  executor.advance(61s);
  EXPECT_EQ(text(one->next(10)), "synced@2");
  executor.advance(61s);
  EXPECT_EQ(text(one->next(10)), "") << "nothing has happened since";
}

}  // namespace
}  // namespace cleat::bus
