#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <set>

#include "core/base/asio_executor.h"
#include "core/base/manual_executor.h"

namespace cleat::base {
namespace {

using namespace std::chrono_literals;

TEST(AsioExecutor, AStrandRunsItsWorkOneAtATimeAndInOrder) {
  AsioExecutor executor({.threads = 4});
  auto strand = executor.makeStrand();
  constexpr int kCount = 10'000;
  std::vector<int> seen;
  std::atomic<int> inside = 0;
  std::promise<void> done;
  for (int i = 0; i < kCount; ++i) {
    strand->post([&, i] {
      EXPECT_EQ(inside.fetch_add(1), 0);
      seen.push_back(i);
      inside.fetch_sub(1);
      if (i == kCount - 1) done.set_value();
    });
  }
  done.get_future().wait();
  ASSERT_EQ(seen.size(), size_t{kCount});
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

// Work that holds its own strand, as that of a plugin does, must not live for ever when it is never run.
TEST(Executors, WhatAnEndedExecutorDoesNotRunIsGone) {
  auto held = std::make_shared<int>();
  auto leave = [&held](Executor& executor) {
    std::shared_ptr<Strand> strand = executor.makeStrand();
    for (int i = 0; i < 3; ++i) strand->post([strand, held] {});
    executor.after(1h, [strand, held] {});
  };
  {
    ManualExecutor executor;
    leave(executor);
  }
  EXPECT_EQ(held.use_count(), 1);
  {
    AsioExecutor executor({.threads = 1});
    executor.stop();
    leave(executor);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(AsioExecutor, WorkOfADestroyedStrandStillRuns) {
  AsioExecutor executor({.threads = 1});
  std::promise<void> done;
  auto strand = executor.makeStrand();
  strand->post([&] { done.set_value(); });
  strand.reset();
  EXPECT_EQ(done.get_future().wait_for(10s), std::future_status::ready);
}

TEST(AsioExecutor, DispatchRunsAtOnceOnAnIdleStrandAndOnItself) {
  AsioExecutor executor({.threads = 1});
  auto strand = executor.makeStrand();
  std::vector<std::string> order;
  strand->dispatch([&] {
    order.push_back("outer");
    strand->dispatch([&] { order.push_back("inner"); });
    strand->post([] {});
    order.push_back("outer again");
  });
  EXPECT_EQ(order, (std::vector<std::string>{"outer", "inner", "outer again"}));
}

TEST(AsioExecutor, TimersFireInOrderAndACancelledOneDoesNot) {
  AsioExecutor executor({.threads = 1});
  std::vector<int> order;
  std::promise<void> done;
  executor.after(3ms, [&] { done.set_value(); });
  auto cancelled = executor.after(1ms, [&] { order.push_back(0); });
  EXPECT_TRUE(executor.cancelTimer(cancelled));
  EXPECT_FALSE(executor.cancelTimer(cancelled));
  executor.after(2ms, [&] { order.push_back(2); });
  executor.after(1ms, [&] { order.push_back(1); });
  ASSERT_EQ(done.get_future().wait_for(10s), std::future_status::ready);
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(AsioExecutor, BlockingWorkNeverUsesMoreThreadsThanAllowed) {
  AsioExecutor executor({.threads = 1, .blockingThreads = 3, .blockingIdle = 1ms});
  std::atomic<int> inside = 0, most = 0;
  constexpr int kCount = 64;
  std::latch done(kCount), three(3);
  for (int i = 0; i < kCount; ++i) {
    executor.postBlocking([&, i] {
      int now = ++inside;
      for (int before = most; now > before && !most.compare_exchange_weak(before, now);) {
      }
      if (i < 3) three.arrive_and_wait();
      --inside;
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(most, 3);
}

TEST(AsioExecutor, StopDropsWhatHasNotBegun) {
  auto held = std::make_shared<int>(1);
  {
    AsioExecutor executor({.threads = 1});
    executor.after(1h, [held] {});
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(AsioExecutor, RandomFillsAllOfTheBuffer) {
  AsioExecutor executor({.threads = 1});
  std::set<std::string> seen;
  for (int i = 0; i < 16; ++i) {
    std::string bytes(700, '\0');
    executor.random(bytes.data(), bytes.size());
    seen.insert(bytes.substr(600));
  }
  EXPECT_EQ(seen.size(), 16u);
}

TEST(ManualExecutor, NothingRunsUntilItIsAskedTo) {
  ManualExecutor executor;
  int ran = 0;
  executor.post([&] { ++ran; });
  auto strand = executor.makeStrand();
  strand->post([&] { ++ran; });
  executor.postBlocking([&] { ++ran; });
  EXPECT_EQ(ran, 0);
  executor.runUntilIdle();
  EXPECT_EQ(ran, 3);
}

TEST(ManualExecutor, AdvanceFiresTimersAtTheirOwnTimeAndTheirConsequences) {
  ManualExecutor executor;
  int64_t start = executor.now();
  std::vector<std::pair<int, int64_t>> fired;
  executor.after(10s, [&] {
    fired.emplace_back(1, executor.now() - start);
    executor.after(5s, [&] { fired.emplace_back(2, executor.now() - start); });
  });
  executor.after(20s, [&] { fired.emplace_back(3, executor.now() - start); });
  executor.advance(16s);
  EXPECT_EQ(fired, (std::vector<std::pair<int, int64_t>>{{1, 10'000'000'000}, {2, 15'000'000'000}}));
  EXPECT_EQ(executor.now() - start, 16'000'000'000);
}

TEST(ManualExecutor, TheSameSeedGivesTheSameRandomness) {
  char one[32], two[32];
  ManualExecutor(7).random(one, sizeof one);
  ManualExecutor(7).random(two, sizeof two);
  EXPECT_EQ(std::string(one, 32), std::string(two, 32));
}

}  // namespace
}  // namespace cleat::base
