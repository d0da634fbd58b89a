// ReadySignal: one registered callback that is called once, from whichever thread raises it, and never after `cancel`
// has returned. No lock is held while it is called, so it may register the next one or cancel the signal itself.
#pragma once

#include <cleat/sdk/mutex.h>

#include <algorithm>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace cleat::bus {

class ReadySignal {
 public:
  // Replaces an earlier callback.
  void set(std::function<void()> ready) {
    MutexLock lock(mutex_);
    if (!cancelled_) ready_.swap(ready);
  }

  void raise() {
    std::function<void()> ready;
    {
      MutexLock lock(mutex_);
      if (!ready_) return;
      ready.swap(ready_);
      callers_.push_back(std::this_thread::get_id());
    }
    ready();
    ready = nullptr;  // before `cancel` returns: it may own something that goes away then
    MutexLock lock(mutex_);
    callers_.erase(std::ranges::find(callers_, std::this_thread::get_id()));
    idle_.notifyAll();
  }

  // Waits for a callback that is running, unless it is the caller.
  void cancel() {
    std::function<void()> dropped;
    MutexLock lock(mutex_);
    cancelled_ = true;
    dropped.swap(ready_);
    auto self = std::this_thread::get_id();
    idle_.wait(mutex_, [&]() CLEAT_REQUIRES(mutex_) {
      return std::ranges::all_of(callers_, [&](auto caller) { return caller == self; });
    });
    lock.unlock();  // before `dropped` goes, which may do anything
  }

 private:
  Mutex mutex_;
  ConditionVariable idle_;
  std::function<void()> ready_ CLEAT_GUARDED_BY(mutex_);
  bool cancelled_ CLEAT_GUARDED_BY(mutex_) = false;
  // Inside the callback now: almost always at most one.
  std::vector<std::thread::id> callers_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::bus
