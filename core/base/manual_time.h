// ManualTime: an Executor whose clock is moved by hand, over one that does the work: what runs on it does so as ever,
// on the same threads, and its timers fire when the clock is moved. It counts what is under way, so that whoever moves
// the clock can wait for what follows from that, and knows when the next thing is due.
//
//   ManualTime time(executor);
//   …start things on `time`…
//   time.waitUntilIdle(10s);
//   time.set(time.nextTimer());
//   time.fire();                 // what is due by then, in its order
//
// For servers of tests (core/app/test_clock.h) and the processes of their plugins. Without them, in one thread:
// ManualExecutor.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <memory>
#include <optional>

#include "core/base/executor.h"

namespace cleat::base {

class ManualTime final : public Executor {
 public:
  // Begins at the time that it is on the machine, or at another's; both in nanoseconds, as Executor has them.
  explicit ManualTime(Executor& worker);
  ManualTime(Executor& worker, int64_t now, int64_t wallNow);
  ~ManualTime() override;

  void post(Work work) override;
  std::unique_ptr<Strand> makeStrand() override;
  void postBlocking(Work work) override;
  TimerId after(std::chrono::nanoseconds delay, Work work) override;
  bool cancelTimer(TimerId timer) override;
  int64_t now() const override;
  int64_t wallNow() const override;
  void random(void* out, size_t size) override { worker_.random(out, size); }
  void threadLost() override { worker_.threadLost(); }
  // What is posted to it counts as well, and so do timers of a moment, which something goes on with at once.
  Executor& machine() override;

  // -- For whoever moves the clock. It does not go back. --
  void set(int64_t now);
  // Runs what is due by now.
  void fire();
  // INT64_MAX: nothing waits.
  int64_t nextTimer() const;
  // Until nothing is under way, or so much of the machine's time has passed: which of the two. What blocks for longer
  // than a second may do so for ever, and is not waited for.
  bool waitUntilIdle(std::chrono::nanoseconds most);
  // Runs `idle` once nothing is under way: at once, or on the thread that did the last of it.
  void whenIdle(Work idle);
  // How much has been begun in all: what has not changed means that nothing has happened.
  uint64_t begun() const;

 private:
  struct Counts;
  class Token;
  class Machine;
  struct Timer {
    TimerId id;
    Work work;
  };

  Executor& worker_;
  const int64_t wallOffset_;
  std::shared_ptr<Counts> counts_;
  std::unique_ptr<Machine> machine_;
  mutable Mutex mutex_;
  int64_t now_ CLEAT_GUARDED_BY(mutex_);
  TimerId lastTimer_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::multimap<int64_t, Timer> timers_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::base
