// ShortWaits: how long whoever asks a server may wait for the answer where it is, on a thread that others have need of.
// An answer that is there within a fraction of a millisecond costs less so than waking the thread that waits for
// sockets, and then one that goes on with the answer; but a client that spends most of its time waiting has others
// wait behind it, who had better ask meanwhile. So it may wait for half of the time that passes, and for servers whose
// last answer was as quick as that. Any thread.
//
//   if (const Duration most = waits.allowed(now, last); most > Duration::zero()) …     // wait, at most so long
//   waits.spend(waited);
#pragma once

#include <cleat/sdk/mutex.h>

#include <algorithm>
#include <chrono>

namespace cleat::webhook {

class ShortWaits {
 public:
  using Clock = std::chrono::steady_clock;
  using Duration = std::chrono::nanoseconds;

  // At most `longest` at a time; zero: never.
  explicit ShortWaits(Duration longest) : longest_(longest) {}

  bool isQuick(Duration took) const { return took <= longest_; }

  // Of a server whose last answer took so long.
  Duration allowed(Clock::time_point now, Duration lastTook) {
    if (longest_ <= Duration::zero() || !isQuick(lastTook)) return Duration::zero();
    MutexLock lock(mutex_);
    left_ = std::min(left_ + (now - since_) / 2, 2 * longest_);
    since_ = now;
    // One that is likely to be in vain is not begun.
    return left_ < lastTook ? Duration::zero() : std::min(left_, longest_);
  }

  void spend(Duration waited) {
    MutexLock lock(mutex_);
    left_ = std::max(left_ - waited, Duration::zero());
  }

 private:
  const Duration longest_;
  Mutex mutex_;
  Duration left_ CLEAT_GUARDED_BY(mutex_){0};
  Clock::time_point since_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::webhook
