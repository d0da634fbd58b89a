// WaitingRoom: those who wait for the next thing to happen somewhere. Joining and leaving cost the same however many
// there are, and waking them allocates nothing. Thread-safe, but for wakeAll: one thread at a time does that.
#pragma once

#include <cleat/sdk/mutex.h>

#include <memory>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/bus/ready_signal.h"

namespace cleat::bus {

class WaitingRoom {
 public:
  struct Guest {
    ReadySignal signal;
    size_t seat = kNone;
  };
  using GuestRef = std::shared_ptr<Guest>;

  void join(const GuestRef& guest) {
    MutexLock lock(mutex_);
    if (guest->seat != kNone) return;
    guest->seat = guests_.size();
    guests_.push_back(guest);
  }

  void leave(const GuestRef& guest) {
    MutexLock lock(mutex_);
    if (guest->seat == kNone) return;
    CHECK(guest->seat < guests_.size() && guests_[guest->seat] == guest, "a guest sits where it says");
    guests_[guest->seat] = std::move(guests_.back());
    guests_[guest->seat]->seat = guest->seat;
    guests_.pop_back();
    guest->seat = kNone;
  }

  // Each of them once; who wants to be woken again joins again.
  void wakeAll() {
    {
      MutexLock lock(mutex_);
      woken_.swap(guests_);
      for (const GuestRef& guest : woken_) guest->seat = kNone;
    }
    for (const GuestRef& guest : woken_) guest->signal.raise();
    woken_.clear();
  }

  // The same, from any thread, for what is rare: it takes its memory anew.
  void wakeAllFromAnywhere() {
    std::vector<GuestRef> woken;
    {
      MutexLock lock(mutex_);
      woken.swap(guests_);
      for (const GuestRef& guest : woken) guest->seat = kNone;
    }
    for (const GuestRef& guest : woken) guest->signal.raise();
  }

 private:
  static constexpr size_t kNone = ~size_t{0};
  Mutex mutex_;
  std::vector<GuestRef> guests_ CLEAT_GUARDED_BY(mutex_);
  std::vector<GuestRef> woken_;  // the waker's: kept for its capacity
};

}  // namespace cleat::bus
