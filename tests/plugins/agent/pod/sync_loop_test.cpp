#include "pod/sync_loop.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

class SyncLoopTest : public PartTest {};

TEST_F(SyncLoopTest, ManySignalsAreOneSync) {
  enter([&] {
    for (int i = 0; i < 3; ++i) plugin().loop.signal();
    EXPECT_EQ(syncs(), 0) << "never from within whoever signals";
  });
  EXPECT_EQ(syncs(), 1);
}

TEST_F(SyncLoopTest, ASignalDuringASyncIsFollowedByAnother) {
  plugin().onSync = [&] {
    if (syncs() < 3) plugin().loop.signal();
  };
  enter([&] { plugin().loop.signal(); });
  EXPECT_EQ(syncs(), 3);
}

TEST_F(SyncLoopTest, TheEarliestOfAllTimesWakes) {
  enter([&] {
    plugin().loop.wakeAfter(20s);
    plugin().loop.wakeAfter(5s);
    plugin().loop.wakeAfter(10s);
  });
  node_.host().advance(4s);
  EXPECT_EQ(syncs(), 0);
  node_.host().advance(1s);
  EXPECT_EQ(syncs(), 1);
  node_.host().advance(60s);
  EXPECT_EQ(syncs(), 1) << "a sync says again what it waits for";
}

TEST_F(SyncLoopTest, WhatFailsIsTriedLaterEachTimeUntilItSucceeds) {
  SyncLoop& loop = plugin().loop;
  for (Duration delay : {1s, 2s, 4s}) {
    enter([&] { loop.retryLater("x"); });
    EXPECT_TRUE(loop.tooEarly("x"));
    EXPECT_FALSE(loop.tooEarly("y"));
    int before = syncs();
    node_.host().advance(delay);
    EXPECT_EQ(syncs(), before + 1);
    EXPECT_FALSE(loop.tooEarly("x"));
  }
  enter([&] {
    loop.succeeded("x");
    loop.retryLater("x");
  });
  node_.host().advance(1s);
  EXPECT_FALSE(loop.tooEarly("x"));
}

TEST_F(SyncLoopTest, AChangeMayHelpWhatWaits) {
  SyncLoop& loop = plugin().loop;
  enter([&] {
    loop.retryLater("x");
    loop.retryLater("y");
    loop.retryNow("x");
  });
  EXPECT_FALSE(loop.tooEarly("x"));
  EXPECT_TRUE(loop.tooEarly("y"));
  loop.retryAllNow();
  EXPECT_FALSE(loop.tooEarly("y"));
}

}  // namespace
}  // namespace cleat::agent::test
