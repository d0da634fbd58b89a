#include "core/bus/watch.h"

#include <cleat/sdk/selector.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/core/store/fixtures.h"
#include "tests/core/store/memory_engine.h"

namespace cleat::bus {
namespace {

using store::Disk;
using store::Maps;
using store::MemoryEngine;
using store::TestKinds;

struct WatchTest : ::testing::Test {
  TestKinds kinds;
  Disk disk;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Hub> hub;
  std::unique_ptr<Maps> maps;

  WatchTest() { reopen(); }

  void reopen(store::Options options = {}) {
    hub.reset();
    store.reset();
    store = store::openStore(kinds.registry, std::make_unique<MemoryEngine>(disk), options);
    hub = Hub::make(*store);
    maps = std::make_unique<Maps>(*kinds.configMap, *store);
  }

  WatchSpec spec(uint64_t after = 0, const std::string& labels = "", const std::string& fields = "") {
    WatchSpec made;
    made.kind = kinds.configMap;
    made.labels = *LabelSelector::parse(labels);
    made.fields = *object::FieldSelector::parse(*kinds.configMap, fields);
    made.afterRevision = after;
    return made;
  }
  std::unique_ptr<Watch> watch(WatchSpec made) {
    auto opened = hub->watch(std::move(made));
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
};

std::string text(const Result<std::vector<Change>>& changes) {
  if (!changes) return std::to_string(changes.error().code) + " " + changes.error().message;
  std::string all;
  for (const Change& change : *changes) {
    all += (all.empty() ? "" : " ") +
           std::string(change.type == ChangeType::added      ? "+"
                       : change.type == ChangeType::modified ? "~"
                                                             : "-") +
           change.object->name() + "=" + store::valueOf(*change.object) + "@" + std::to_string(change.revision);
    EXPECT_EQ(change.object->revision(), change.revision);
  }
  return all;
}

TEST_F(WatchTest, DeliversEveryChangeAfterItsRevisionOnceAndInOrder) {
  ASSERT_TRUE(maps->create("a", "1"));
  ASSERT_TRUE(maps->create("b", "1"));
  auto all = watch(spec(0));
  auto later = watch(spec(1));
  ASSERT_TRUE(maps->update("a", "2"));
  ASSERT_TRUE(maps->remove("b"));
  EXPECT_EQ(text(all->next(100)), "+a=1@1 +b=1@2 ~a=2@3 -b=1@4");
  EXPECT_EQ(text(later->next(100)), "+b=1@2 ~a=2@3 -b=1@4");
  EXPECT_EQ(text(all->next(100)), "");
  EXPECT_EQ(all->cursor(), 4u);
}

TEST_F(WatchTest, GivesAtMostWhatWasAskedForAndGoesOnThere) {
  for (const char* name : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(maps->create(name));
  auto one = watch(spec());
  EXPECT_EQ(text(one->next(2)), "+a=1@1 +b=1@2");
  EXPECT_EQ(one->cursor(), 2u);
  EXPECT_EQ(text(one->next(2)), "+c=1@3 +d=1@4");
  EXPECT_EQ(text(one->next(2)), "+e=1@5");
}

TEST_F(WatchTest, TheCursorPassesWhatDoesNotConcernIt) {
  auto one = watch(spec(0, "app=web"));
  ASSERT_TRUE(maps->create("a"));
  store::Write write{store::prepare(*kinds.node, "", "n1", store::configMapMessage("", "n1", "")), false, 0};
  ASSERT_TRUE(store::commit(*store, std::move(write)));
  EXPECT_EQ(text(one->next(10)), "");
  EXPECT_EQ(one->cursor(), 2u) << "good for a bookmark";
}

TEST_F(WatchTest, AnObjectThatBeginsToMatchIsAddedAndOneThatStopsIsDeleted) {
  auto web = watch(spec(0, "app=web"));
  auto named = watch(spec(0, "", "metadata.name=b"));
  ASSERT_TRUE(maps->create("a", "1", "db"));
  ASSERT_TRUE(maps->update("a", "2", "web"));
  ASSERT_TRUE(maps->update("a", "3", "web"));
  ASSERT_TRUE(maps->update("a", "4", "db"));
  ASSERT_TRUE(maps->update("a", "5", "db"));
  ASSERT_TRUE(maps->update("a", "6", "web"));
  ASSERT_TRUE(maps->remove("a"));
  ASSERT_TRUE(maps->create("b", "1", "db"));
  ASSERT_TRUE(maps->remove("b"));
  // Deleted from sight: the last state that was seen, with the revision of the change.
  EXPECT_EQ(text(web->next(100)), "+a=2@2 ~a=3@3 -a=3@4 +a=6@6 -a=6@7");
  EXPECT_EQ(text(named->next(100)), "+b=1@8 -b=1@9");
}

TEST_F(WatchTest, KeepsToItsNamespace) {
  WatchSpec other = spec();
  other.ns = "other";
  auto one = watch(std::move(other));
  ASSERT_TRUE(maps->create("a"));
  EXPECT_EQ(text(one->next(10)), "");
  store::Write write{store::prepare(*kinds.configMap, "other", "x", store::configMapMessage("other", "x", "9")), false,
                     0};
  ASSERT_TRUE(store::commit(*store, std::move(write)));
  EXPECT_EQ(text(one->next(10)), "+x=9@2");
}

TEST_F(WatchTest, ASlowWatcherIsToldThatItIsTooLate) {
  reopen({.historyRevisions = 10});
  auto slow = watch(spec());
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(maps->create(std::to_string(i)));
  EXPECT_EQ(text(slow->next(100)), "410 too old resource version: 0 (60)");
  auto refused = hub->watch(spec(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "Expired");
  EXPECT_EQ(text(watch(spec(58))->next(10)), "+58=1@59 +59=1@60");
}

TEST_F(WatchTest, AWatcherOfAQuietKindIsNotTooLateForTheChangesOfOthers) {
  reopen({.historyRevisions = 10});
  WatchSpec nodes;
  nodes.kind = kinds.node;
  auto quiet = watch(std::move(nodes));
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(maps->create(std::to_string(i)));
  EXPECT_EQ(text(quiet->next(10)), "");
  EXPECT_EQ(quiet->cursor(), 60u);
}

TEST_F(WatchTest, ResumesAfterARestartWithoutGaps) {
  ASSERT_TRUE(maps->create("a", "1"));
  auto before = watch(spec());
  EXPECT_EQ(text(before->next(10)), "+a=1@1");
  uint64_t cursor = before->cursor();
  before.reset();
  ASSERT_TRUE(maps->update("a", "2"));
  ASSERT_TRUE(maps->create("b", "1"));
  ASSERT_TRUE(maps->remove("a"));
  reopen();
  EXPECT_EQ(text(watch(spec(cursor))->next(10)), "~a=2@2 +b=1@3 -a=2@4");
}

TEST_F(WatchTest, ReadyIsCalledAtOnceWhenThereIsSomethingAlready) {
  ASSERT_TRUE(maps->create("a"));
  auto one = watch(spec());
  int calls = 0;
  one->onReady([&] { ++calls; });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(text(one->next(10)), "+a=1@1");
}

TEST_F(WatchTest, ReadyIsCalledOnceForTheNextChange) {
  auto one = watch(spec());
  std::atomic<int> calls{0};
  one->onReady([&] { ++calls; });
  EXPECT_EQ(calls, 0);
  ASSERT_TRUE(maps->create("a"));  // the listener has been called before this returns
  ASSERT_TRUE(maps->create("b"));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(text(one->next(10)), "+a=1@1 +b=1@2");
  one->onReady([&] { calls = 100; });
  one->onReady([&] { calls = 10; });
  ASSERT_TRUE(maps->create("c"));
  EXPECT_EQ(calls, 10) << "the later one replaces the earlier";
}

TEST_F(WatchTest, ReadyMayAskForTheNextOneOrEndTheWatch) {
  auto one = watch(spec());
  std::string seen;
  std::function<void()> ready = [&] {
    seen += text(one->next(10)) + ";";
    if (seen.size() < 20) {
      one->onReady(ready);
    } else {
      one.reset();
    }
  };
  one->onReady(ready);
  for (const char* name : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(maps->create(name));
  EXPECT_EQ(seen, "+a=1@1;+b=1@2;+c=1@3;");
}

TEST_F(WatchTest, NothingIsCalledAfterTheWatchIsGone) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) ASSERT_TRUE(maps->create(std::to_string(i)));
  });
  for (int i = 0; i < 300; ++i) {
    auto gone = std::make_unique<std::atomic<bool>>(false);
    std::vector<std::unique_ptr<Watch>> watches;
    for (int n = 0; n < 5; ++n) {
      watches.push_back(watch(spec(store->revision())));
      watches.back()->onReady([flag = gone.get()] { EXPECT_FALSE(*flag); });
    }
    watches.clear();
    *gone = true;
    gone.reset();  // a late call would now touch freed memory
  }
  stop = true;
  writer.join();
}

// Many watchers, each on its own thread, while writers are at work: each sees exactly the sequence of its own objects'
// revisions.
TEST_F(WatchTest, ManyWatchersEachSeeEverythingWhileWritersWrite) {
  constexpr int kWatchers = 8, kWrites = 300;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWatchers; ++w) {
    threads.emplace_back([&] {
      auto mine = watch(spec());
      uint64_t last = 0;
      while (last < kWrites) {
        std::promise<void> ready;
        mine->onReady([&] { ready.set_value(); });
        ready.get_future().wait();
        auto changes = mine->next(7);
        ASSERT_TRUE(changes);
        for (const Change& change : *changes) {
          ASSERT_EQ(change.revision, last + 1);
          last = change.revision;
          ASSERT_GE(store->snapshot()->revision(), last);
        }
      }
    });
  }
  for (int i = 0; i < kWrites; ++i) ASSERT_TRUE(maps->create(std::to_string(i)));
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace cleat::bus
