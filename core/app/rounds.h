// Rounds: a coroutine that is run again and again, one at a time, when it is wanted, and that can be stopped for good.
// For what the server keeps doing beside requests: it keeps addons' objects, it tells what happens to plugins.
//
//   std::shared_ptr<Rounds> rounds = std::make_shared<Rounds>(executor);
//   rounds->begin([weak] { … return round(); });   // says when the next one is wanted, if it knows
//   rounds->wantAt(executor.now());
//   rounds->stop();
//
// Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/task.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>

#include "core/base/executor.h"

namespace cleat::app {

class Rounds : public std::enable_shared_from_this<Rounds> {
 public:
  // When the next one is to begin, on the executor's clock; nothing: when somebody wants one.
  using Next = std::optional<int64_t>;
  using Round = std::function<Task<Next>()>;

  // `apart`: so long after one has ended the next one begins at the soonest.
  explicit Rounds(base::Executor& executor, std::chrono::nanoseconds apart = {})
      : executor_(executor), apart_(apart.count()) {}

  // Once. There is none before, though one may be wanted.
  void begin(Round round);
  // One is to begin at that time, if none does sooner; one that is under way does not count.
  void wantAt(int64_t time);
  // None is under way when this has returned, and none begins any more. Not on one of the executor's threads.
  void stop();
  // A round that takes long asks from time to time.
  bool stopping() const;

 private:
  void wantLocked(int64_t time) CLEAT_REQUIRES(mutex_);
  int64_t due() const CLEAT_REQUIRES(mutex_);
  void arm() CLEAT_REQUIRES(mutex_);
  void beginOne();
  Task<void> run();

  base::Executor& executor_;
  const int64_t apart_;
  Round round_;
  mutable Mutex mutex_;
  bool begun_ CLEAT_GUARDED_BY(mutex_) = false;
  bool busy_ CLEAT_GUARDED_BY(mutex_) = false;
  bool stopped_ CLEAT_GUARDED_BY(mutex_) = false;
  Next wanted_ CLEAT_GUARDED_BY(mutex_);
  int64_t soonest_ CLEAT_GUARDED_BY(mutex_) = 0;
  base::TimerId timer_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::optional<std::promise<void>> ended_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::app
