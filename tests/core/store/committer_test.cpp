// Who commits, when, and together with whom: the store seen from its writers.
#include "tests/core/store/store_fixture.h"

namespace cleat::store {
namespace {

TEST_F(StoreTest, WritersThatArriveDuringASyncShareTheNext) {
  disk.hold();
  auto first = begin(*store, maps.putting("first", "1", 0));
  disk.waitForWriter();
  std::vector<std::future<Result<ObjectRef>>> others;
  for (int i = 0; i < 500; ++i) others.push_back(begin(*store, maps.putting("m" + std::to_string(i), "1", 0)));
  disk.letGo();
  ASSERT_TRUE(first.get());
  for (auto& other : others) ASSERT_TRUE(other.get());
  EXPECT_EQ(disk.batches, 2);
  EXPECT_EQ(store->snapshot()->count(*kinds.configMap), 501u);
}

TEST_F(StoreTest, AWriterThatComesAloneToAQuickDiskCommitsOnItsOwnThread) {
  reopen({.commitHereBelow = std::chrono::hours(1)});
  std::thread::id committer;
  store->setListener([&](std::span<const Change>) { committer = std::this_thread::get_id(); });
  ASSERT_TRUE(maps.create("a", "0"));  // nobody knows yet how quick the disk is
  EXPECT_FALSE(committer == std::this_thread::get_id());
  // The store's thread may still be about to leave.
  int updates = 0;
  while (updates < 10'000 && committer != std::this_thread::get_id()) {
    ASSERT_TRUE(maps.update("a", std::to_string(++updates)));
  }
  EXPECT_TRUE(committer == std::this_thread::get_id());
  EXPECT_EQ(maps.create("a").error().reason, "AlreadyExists");
  ASSERT_TRUE(maps.update("a", "last"));
  EXPECT_TRUE(committer == std::this_thread::get_id());
  EXPECT_EQ(list(*store->snapshot()), "a=last@" + std::to_string(updates + 2));
}

// Where writers commit themselves: one whom the disk holds up, and two that come meanwhile.
class CrowdTest : public StoreTest {
 protected:
  std::array<Result<ObjectRef>, 3> writeThreeAtOnce() {
    reopen({.commitHereBelow = std::chrono::hours(1)});
    EXPECT_TRUE(maps.create("warm", "1"));
    disk.hold();
    std::future<Result<ObjectRef>> first;
    std::thread own([&] { first = begin(*store, maps.putting("first", "1", 0)); });
    disk.waitForWriter();
    auto second = begin(*store, maps.putting("second", "1", 0));
    auto third = begin(*store, maps.putting("third", "1", 0));
    disk.letGo();
    own.join();
    return {first.get(), second.get(), third.get()};
  }
};

TEST_F(CrowdTest, WhoFindsAnotherCommittingQueues) {
  const auto [first, second, third] = writeThreeAtOnce();
  EXPECT_TRUE(first && second && third);
  EXPECT_EQ(disk.batches, 3) << "those that queued shared one";
}

TEST_F(CrowdTest, WhereSeveralWriteAtATimeNobodyCommitsOnItsOwnThread) {
  const auto [first, second, third] = writeThreeAtOnce();
  ASSERT_TRUE(first && second && third);

  std::thread::id committer;
  store->setListener([&](std::span<const Change>) { committer = std::this_thread::get_id(); });
  ASSERT_TRUE(maps.update("warm", "2"));
  EXPECT_NE(committer, std::this_thread::get_id());
  // Who goes on alone does so on its own thread again, as soon as the store's has left.
  int updates = 2;
  while (updates < 10'000 && committer != std::this_thread::get_id()) {
    ASSERT_TRUE(maps.update("warm", std::to_string(++updates)));
  }
  EXPECT_EQ(committer, std::this_thread::get_id());
}

TEST_F(StoreTest, WritersOnManyThreadsLoseNothingWhoeverCommits) {
  reopen({.historyRevisions = 100, .commitHereBelow = std::chrono::hours(1)});
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, name = "w" + std::to_string(writer)] {
      ASSERT_TRUE(maps.create(name, "0"));
      for (int i = 1; i <= 500; ++i) ASSERT_TRUE(maps.update(name, std::to_string(i)));
    });
  }
  for (std::thread& writer : writers) writer.join();
  store->close();
  EXPECT_EQ(store->revision(), 4 * 501u);
  for (int writer = 0; writer < 4; ++writer) {
    ObjectRef last = store->snapshot()->get(*kinds.configMap, "default", "w" + std::to_string(writer));
    ASSERT_TRUE(last);
    EXPECT_NE(last->json().find("\"value\":\"500\""), std::string::npos) << last->json();
  }
  EXPECT_GT(disk.compactions, 0) << "nobody compacts but the store's thread, which has to be woken";
}

TEST_F(StoreTest, WritesOfOneBatchAreCheckedAgainstEachOther) {
  disk.hold();
  auto first = begin(*store, maps.putting("other", "1", 0));
  disk.waitForWriter();
  auto created = begin(*store, maps.putting("a", "1", 0));
  auto twice = begin(*store, maps.putting("a", "2", 0));
  auto updated = begin(*store, maps.putting("a", "3", 2));
  disk.letGo();
  ASSERT_TRUE(first.get());
  EXPECT_EQ((*created.get())->revision(), 2u);
  EXPECT_EQ(twice.get().error().reason, "AlreadyExists");
  EXPECT_EQ((*updated.get())->revision(), 3u);
  EXPECT_EQ(changes(1), "+a@2 ~a@3(2)");
  EXPECT_EQ(list(**store->at(2)), "a=1@2 other=1@1");
}

TEST_F(StoreTest, NothingIsVisibleBeforeItIsDurable) {
  disk.hold();
  auto pending = begin(*store, maps.putting("a", "1", 0));
  disk.waitForWriter();
  EXPECT_EQ(store->revision(), 0u);
  EXPECT_EQ(list(*store->snapshot()), "");
  EXPECT_EQ(changes(0), "");
  disk.letGo();
  ASSERT_TRUE(pending.get());
  EXPECT_EQ(list(*store->snapshot()), "a=1@1");
}

TEST_F(StoreTest, AFailingDiskFailsTheWholeBatchAndLeavesTheStateAsItWas) {
  ASSERT_TRUE(maps.create("a", "1"));
  disk.hold();
  auto first = begin(*store, maps.putting("other", "1", 0));
  disk.waitForWriter();
  auto update = begin(*store, maps.putting("a", "2", 1));
  auto refused = begin(*store, maps.putting("a", "3", 1));  // by the update before it, which will never be
  disk.failingWrites = 2;
  disk.letGo();
  EXPECT_EQ(first.get().error().code, 503);
  auto failed = update.get();
  EXPECT_EQ(failed.error().code, 503);
  EXPECT_NE(failed.error().message.find("the disk is full"), std::string::npos);
  EXPECT_EQ(refused.get().error().code, 503);
  EXPECT_EQ(list(*store->snapshot()), "a=1@1");
  EXPECT_EQ(changes(0), "+a@1");

  ASSERT_TRUE(maps.update("a", "4"));
  EXPECT_EQ(list(*store->snapshot()), "a=4@2") << "the failed writes took no revision";
}

TEST_F(StoreTest, TooManyWaitingWritersAreAskedToComeBack) {
  reopen({.maxQueuedWrites = 2});
  disk.hold();
  auto first = begin(*store, maps.putting("a", "1", 0));
  disk.waitForWriter();
  auto second = begin(*store, maps.putting("b", "1", 0));
  auto third = begin(*store, maps.putting("c", "1", 0));
  auto fourth = begin(*store, maps.putting("d", "1", 0)).get();
  EXPECT_EQ(fourth.error().code, 429);
  EXPECT_EQ(fourth.error().details.retryAfterSeconds, 1u);
  disk.letGo();
  EXPECT_TRUE(first.get() && second.get() && third.get());
}

TEST_F(StoreTest, ClosingFinishesWhatWasQueuedAndRefusesTheRest) {
  disk.hold();
  auto first = begin(*store, maps.putting("a", "1", 0));
  disk.waitForWriter();
  auto second = begin(*store, maps.putting("b", "1", 0));
  std::thread closer([&] { store->close(); });
  disk.letGo();
  closer.join();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_EQ(maps.create("c").error().code, 503);
  EXPECT_EQ(list(*store->snapshot()), "a=1@1 b=1@2") << "what was published can still be read";
}

}  // namespace
}  // namespace cleat::store
