// ReadySignal: one registered callback that is called once, from whichever thread raises it, and never after `cancel` has
// returned. No lock is held while it is called, so it may register the next one or cancel the signal itself.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace cleat::bus {

class ReadySignal {
 public:
  // Replaces an earlier callback.
  void set(std::function<void()> ready) {
    std::lock_guard lock(mutex_);
    if (!cancelled_) ready_.swap(ready);
  }

  void raise() {
    std::function<void()> ready;
    {
      std::lock_guard lock(mutex_);
      if (!ready_) return;
      ready.swap(ready_);
      callers_.push_back(std::this_thread::get_id());
    }
    ready();
    ready = nullptr;  // before `cancel` returns: it may own something that goes away then
    std::lock_guard lock(mutex_);
    callers_.erase(std::ranges::find(callers_, std::this_thread::get_id()));
    idle_.notify_all();
  }

  // Waits for a callback that is running, unless it is the caller.
  void cancel() {
    std::function<void()> dropped;
    std::unique_lock lock(mutex_);
    cancelled_ = true;
    dropped.swap(ready_);
    auto self = std::this_thread::get_id();
    idle_.wait(lock, [&] { return std::ranges::all_of(callers_, [&](auto caller) { return caller == self; }); });
    lock.unlock();  // before `dropped` goes, which may do anything
  }

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  std::function<void()> ready_;
  bool cancelled_ = false;
  std::vector<std::thread::id> callers_;  // inside the callback now: almost always at most one
};

}  // namespace cleat::bus
