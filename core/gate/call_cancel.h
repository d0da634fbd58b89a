// CallCancel: how whoever makes a call says that it does not wait for the answer any more, and how the call hears of
// it. Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>

#include <functional>
#include <utility>

namespace cleat::gate {

class CallCancel {
 public:
  // The caller has gone. What the call has asked for runs once, now.
  void cancel() {
    std::function<void()> gone;
    {
      MutexLock lock(mutex_);
      cancelled_ = true;
      gone = std::exchange(gone_, nullptr);
    }
    if (gone) gone();
  }

  bool cancelled() const {
    MutexLock lock(mutex_);
    return cancelled_;
  }

  // `gone` runs when the caller goes, at once if it has; in the place of what was to run before. Nothing: the call has
  // ended.
  void onCancel(std::function<void()> gone) {
    {
      MutexLock lock(mutex_);
      if (!cancelled_) {
        gone_ = std::move(gone);
        return;
      }
    }
    if (gone) gone();
  }

 private:
  mutable Mutex mutex_;
  bool cancelled_ CLEAT_GUARDED_BY(mutex_) = false;
  std::function<void()> gone_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::gate
