// ManualExecutor: an Executor for tests and simulations. Nothing runs until the test says so, everything runs on the
// test's thread in one order, and the clock stands still until `advance` moves it. Randomness comes from a seed.
//
//   ManualExecutor executor;
//   …start things…
//   executor.runUntilIdle();
//   executor.advance(30s);      // fires the timers on the way, each at its time
//
// Other threads may post; `runUntil` waits for them.
#pragma once

#include <cleat/sdk/mutex.h>

#include <deque>
#include <map>
#include <random>

#include "core/base/executor.h"

namespace cleat::base {

class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(uint64_t seed = 1);
  ~ManualExecutor() override;

  void post(Work work) override;
  std::unique_ptr<Strand> makeStrand() override;
  void postBlocking(Work work) override;  // runs with the rest, on the same thread
  TimerId after(std::chrono::nanoseconds delay, Work work) override;
  bool cancelTimer(TimerId timer) override;
  int64_t now() const override;
  int64_t wallNow() const override;
  void random(void* out, size_t size) override;

  // Runs what is queued, and what that queues, until nothing is left. Gives how much ran; stops the program after a
  // million works, which is a loop.
  size_t runUntilIdle();
  // Moves the clock, running every timer that comes due at its own time and everything that follows from it.
  void advance(std::chrono::nanoseconds time);
  // Runs and, when idle, waits for other threads and processes to post, until `done` or `limit` of real time. True if
  // done.
  bool runUntil(const std::function<bool()>& done, std::chrono::milliseconds limit = std::chrono::seconds(10));
  // When the next timer is due, INT64_MAX for none.
  int64_t nextTimer() const;

 private:
  bool runOne();

  mutable Mutex mutex_;
  ConditionVariable posted_;
  std::deque<Work> works_ CLEAT_GUARDED_BY(mutex_);
  struct Timer {
    TimerId id;
    Work work;
  };
  std::multimap<int64_t, Timer> timers_ CLEAT_GUARDED_BY(mutex_);
  TimerId lastTimer_ CLEAT_GUARDED_BY(mutex_) = 0;
  int64_t now_ CLEAT_GUARDED_BY(mutex_) = 1'000'000'000;
  const int64_t wallOffset_ = 1'767'225'600'000'000'000;  // the clock begins in 2026
  std::mt19937_64 random_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::base
