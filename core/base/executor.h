// Where work runs and what time it is. The process has one Executor: a few threads, timers, a bounded pool for work
// that blocks, and the clock. Nothing in the core or in a plugin starts threads or reads a clock elsewhere, so the tests
// put a ManualExecutor in its place and the whole kernel runs on one thread under a clock that they move.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace cleat::base {

using Work = std::move_only_function<void()>;
using TimerId = uint64_t;

// Runs what is posted one at a time and in order, on any of the executor's threads. A strand may be destroyed
// while work is queued on it: that work still runs.
class Strand {
 public:
  virtual ~Strand() = default;
  virtual void post(Work work) = 0;
  // Runs `work` here and now if nothing else of the strand is running or queued, or if the caller is on the strand
  // already; otherwise posts it.
  virtual void dispatch(Work work) = 0;
  // Whether the caller is running as work of this strand.
  virtual bool runsHere() const = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;

  // Thread-safe, all of them.
  virtual void post(Work work) = 0;
  virtual std::unique_ptr<Strand> makeStrand() = 0;
  // At most `blockingThreads` run at once; further ones wait their turn.
  virtual void postBlocking(Work work) = 0;
  virtual TimerId after(std::chrono::nanoseconds delay, Work work) = 0;
  // False when the timer has run or is running.
  virtual bool cancelTimer(TimerId timer) = 0;

  // Monotonic nanoseconds, and nanoseconds since the Unix epoch.
  virtual int64_t now() const = 0;
  virtual int64_t wallNow() const = 0;
  virtual void random(void* out, size_t size) = 0;

  // Told by whoever notices that a work does not return: its thread is lost to the others, so another may take its place.
  virtual void threadLost() {}
};

}  // namespace cleat::base
