// A clock that is moved by hand over an executor with threads: what is due is done in its order, and whoever moves the
// clock knows when all of it has been.
#include "core/base/manual_time.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

#include "core/base/asio_executor.h"

namespace cleat::base {
namespace {

using namespace std::chrono_literals;

class ManualTimeTest : public testing::Test {
 protected:
  ~ManualTimeTest() override { worker.stop(); }
  void advance(std::chrono::nanoseconds by) {
    const int64_t end = time.now() + by.count();
    ASSERT_TRUE(time.waitUntilIdle(10s));
    while (time.nextTimer() <= end) {
      time.set(time.nextTimer());
      time.fire();
      ASSERT_TRUE(time.waitUntilIdle(10s));
    }
    time.set(end);
  }
  AsioExecutor worker;
  ManualTime time{worker};
};

TEST_F(ManualTimeTest, StandsStillUntilItIsMoved) {
  const int64_t now = time.now(), wall = time.wallNow();
  std::promise<void> passed;
  worker.after(20ms, [&] { passed.set_value(); });
  passed.get_future().wait();
  EXPECT_EQ(time.now(), now);
  EXPECT_EQ(time.wallNow(), wall);
  advance(1h);
  EXPECT_EQ(time.now(), now + std::chrono::nanoseconds(1h).count());
  EXPECT_EQ(time.wallNow(), wall + std::chrono::nanoseconds(1h).count());
  time.set(now);
  EXPECT_GT(time.now(), now) << "it does not go back";
}

TEST_F(ManualTimeTest, WhatIsDueIsDoneInItsOrderEachAtItsTime) {
  const int64_t begin = time.now();
  Mutex mutex;
  std::vector<int64_t> at;
  auto note = [&] {
    MutexLock lock(mutex);
    at.push_back((time.now() - begin) / 1'000'000'000);
  };
  time.after(30s, note);
  time.after(10s, [&] {
    note();
    // What follows has its turn before what is due later.
    time.post([&] { time.after(5s, note); });
  });
  const TimerId never = time.after(20s, note);
  EXPECT_TRUE(time.cancelTimer(never));
  EXPECT_FALSE(time.cancelTimer(never));
  time.after(61s, note);
  advance(60s);
  EXPECT_EQ(at, (std::vector<int64_t>{10, 15, 30}));
  EXPECT_EQ(time.nextTimer(), begin + 61'000'000'000);
}

TEST_F(ManualTimeTest, WhatIsDueAtOnceNeedsNoTime) {
  std::promise<void> done;
  time.after(0s, [&] { done.set_value(); });
  done.get_future().wait();
  EXPECT_EQ(time.nextTimer(), INT64_MAX);
}

TEST_F(ManualTimeTest, KnowsWhenNothingIsUnderWay) {
  std::promise<void> hold, begun;
  auto held = hold.get_future().share();
  time.post([&] {
    begun.set_value();
    held.wait();
  });
  begun.get_future().wait();
  EXPECT_FALSE(time.waitUntilIdle(10ms));
  std::promise<void> idle;
  time.whenIdle([&] { idle.set_value(); });
  const uint64_t before = time.begun();
  hold.set_value();
  idle.get_future().wait();
  EXPECT_TRUE(time.waitUntilIdle(10s));
  EXPECT_EQ(time.begun(), before);
  auto strand = time.makeStrand();
  strand->post([] {});
  EXPECT_TRUE(time.waitUntilIdle(10s));
  EXPECT_GT(time.begun(), before);
}

TEST_F(ManualTimeTest, WhatBlocksForLongIsNotWaitedFor) {
  std::promise<void> hold;
  auto held = hold.get_future().share();
  time.postBlocking([held] { held.wait(); });
  EXPECT_FALSE(time.waitUntilIdle(10ms)) << "it may be done in a moment";
  EXPECT_TRUE(time.waitUntilIdle(10s));
  std::promise<void> idle;
  time.postBlocking([held] { held.wait(); });
  time.whenIdle([&] { idle.set_value(); });
  idle.get_future().wait();
  hold.set_value();
}

TEST_F(ManualTimeTest, TheMachinesClockGoesOn) {
  Executor& machine = time.machine();
  ASSERT_NE(&machine, static_cast<Executor*>(&time));
  EXPECT_EQ(&worker.machine(), static_cast<Executor*>(&worker));
  std::atomic<bool> done = false;
  const int64_t began = machine.now();
  machine.after(5ms, [&] { done = true; });
  EXPECT_TRUE(time.waitUntilIdle(10s)) << "a moment is waited for";
  EXPECT_TRUE(done);
  EXPECT_GE(machine.now() - began, std::chrono::nanoseconds(5ms).count());
  const TimerId cancelled = machine.after(50ms, [] { ADD_FAILURE(); });
  EXPECT_TRUE(machine.cancelTimer(cancelled));
  machine.after(1h, [] {});
  EXPECT_TRUE(time.waitUntilIdle(10s)) << "an hour is not";
}

}  // namespace
}  // namespace cleat::base
