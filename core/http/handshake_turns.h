// HandshakeTurns: lets the handshakes of a server compute one after the other, and together not more than their part of
// one processor's time, so that a flood of them leaves the rest to those who are already let in. While there is no
// flood nobody waits. Where many wait, the origins have their turns in a circle, and of one origin the newest goes
// first: who has come just now still has somebody at the other end, and those who wait longest are dropped when too
// many do.
//
//   bool mine = co_await turns->take(origin);   // goes on on any thread; false: dropped
//   … one step of a handshake …
//   turns->giveBack(processorNs);               // what the step took
//
// Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/task.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/base/executor.h"

namespace cleat::http {

struct HandshakeLimits {
  int percent = 50;      // of one processor, while others wait
  size_t waiting = 512;  // at a time
};

class HandshakeTurns : public std::enable_shared_from_this<HandshakeTurns> {
 public:
  HandshakeTurns(base::Executor& executor, HandshakeLimits limits) : executor_(executor), limits_(limits) {}
  ~HandshakeTurns();

  Completion<bool> take(const std::string& origin);
  void giveBack(int64_t processorNs);
  // Drops everybody who waits, now and later.
  void close();

 private:
  struct Line {
    std::string origin;
    std::vector<Completion<bool>> waiting;  // the newest last
  };
  // Who is to be told what, after the lock.
  using Told = std::vector<std::pair<Completion<bool>, bool>>;
  void grantNext(Told& told) CLEAT_REQUIRES(mutex_);
  void dropOldest(Told& told) CLEAT_REQUIRES(mutex_);
  void timePassed();

  base::Executor& executor_;
  const HandshakeLimits limits_;
  Mutex mutex_;
  std::list<Line> lines_ CLEAT_GUARDED_BY(mutex_);  // none of them empty; the first has the next turn
  size_t waiting_ CLEAT_GUARDED_BY(mutex_) = 0;
  bool taken_ CLEAT_GUARDED_BY(mutex_) = false, closed_ CLEAT_GUARDED_BY(mutex_) = false;
  int64_t notBefore_ CLEAT_GUARDED_BY(mutex_) = 0;
  base::TimerId timer_ CLEAT_GUARDED_BY(mutex_) = 0;
};

}  // namespace cleat::http
