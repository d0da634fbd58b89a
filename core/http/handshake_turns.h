// HandshakeTurns: lets the handshakes of a server compute one after the other, and together not more than their part of
// one processor's time, so that a flood of them leaves the rest to those who are already let in. While there is no
// flood nobody waits. Where many wait, the origin has the next turn for which least was computed lately: whoever comes
// now and then passes by all who flood. Of one origin who has had a turn before goes first, since they have answered
// what was computed for them, and then the newest: who has come just now still has somebody at the other end, and those
// who wait longest are dropped when too many do.
//
//   bool mine = co_await turns->take(origin, HandshakeStep::first);   // goes on on any thread; false: dropped
//   … one step of a handshake …
//   turns->giveBack(processorNs);                                     // what the step took
//   … the client has proved who it is …
//   turns->forgive(origin, processorNs);                              // what all of its steps took
//
// Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/task.h>

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/executor.h"

namespace cleat::http {

struct HandshakeLimits {
  int percent = 50;      // of one processor, while others wait
  size_t waiting = 512;  // at a time
};

enum class HandshakeStep { first, further };

class HandshakeTurns : public std::enable_shared_from_this<HandshakeTurns> {
 public:
  HandshakeTurns(base::Executor& executor, HandshakeLimits limits)
      : executor_(executor), limits_(limits), halvedAt_(executor.now()) {}
  ~HandshakeTurns();

  Completion<bool> take(const std::string& origin, HandshakeStep step);
  void giveBack(int64_t processorNs);
  // What was computed for somebody who is known by now does not count against those of the same origin.
  void forgive(const std::string& origin, int64_t processorNs);
  // Drops everybody who waits, now and later.
  void close();

 private:
  struct Line {
    std::string origin;
    int64_t spentNs = 0;                             // as in spentNs_
    std::vector<Completion<bool>> further, waiting;  // the newest last
    size_t size() const { return further.size() + waiting.size(); }
  };
  // Who is to be told what, after the lock.
  using Told = std::vector<std::pair<Completion<bool>, bool>>;
  void grantNext(Told& told) CLEAT_REQUIRES(mutex_);
  void dropOldest(Told& told) CLEAT_REQUIRES(mutex_);
  void spend(const std::string& origin, int64_t processorNs) CLEAT_REQUIRES(mutex_);
  void halve() CLEAT_REQUIRES(mutex_);
  void timePassed();

  base::Executor& executor_;
  const HandshakeLimits limits_;
  Mutex mutex_;
  std::list<Line> lines_ CLEAT_GUARDED_BY(mutex_);  // none of them empty; of equals the first has the next turn
  // By origin, what was computed for it; half of it is forgotten every second, and next to nothing altogether.
  std::map<std::string, int64_t> spentNs_ CLEAT_GUARDED_BY(mutex_);
  int64_t halvedAt_ CLEAT_GUARDED_BY(mutex_);
  std::string holder_ CLEAT_GUARDED_BY(mutex_);  // the origin that has the turn
  size_t waiting_ CLEAT_GUARDED_BY(mutex_) = 0;
  bool taken_ CLEAT_GUARDED_BY(mutex_) = false, closed_ CLEAT_GUARDED_BY(mutex_) = false;
  int64_t notBefore_ CLEAT_GUARDED_BY(mutex_) = 0;
  base::TimerId timer_ CLEAT_GUARDED_BY(mutex_) = 0;
};

}  // namespace cleat::http
