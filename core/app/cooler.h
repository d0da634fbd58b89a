// Lets the store cool down every so often, so that memory that nobody needs any more goes back.
#pragma once

#include <cleat/sdk/mutex.h>

#include <chrono>
#include <memory>

#include "core/base/executor.h"
#include "core/store/store.h"

namespace cleat::app {

class Cooler : public std::enable_shared_from_this<Cooler> {
 public:
  Cooler(base::Executor& executor, store::Store& store) : executor_(executor), store_(store) {}

  void begin() {
    executor_.after(kEvery, [weak = weak_from_this()] {
      if (auto cooler = weak.lock()) cooler->cool();
    });
  }
  // The store is not touched any more when this has returned.
  void stop() {
    MutexLock lock(mutex_);
    stopped_ = true;
  }

 private:
  static constexpr std::chrono::seconds kEvery{30};

  void cool() {
    MutexLock lock(mutex_);
    if (stopped_) return;
    store_.coolDown();
    begin();
  }

  base::Executor& executor_;
  store::Store& store_;
  Mutex mutex_;
  bool stopped_ CLEAT_GUARDED_BY(mutex_) = false;
};

}  // namespace cleat::app
