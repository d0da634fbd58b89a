// UnderWay: the things of one sort that are in progress, and waiting until none is. Whoever stops the host waits with
// it for what still uses that which goes away then.
//
//   UnderWay::One one(services->requests);   // as long as the thing takes, on whatever threads
//   …
//   bool ended = co_await services->requests->none(2s);
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/task.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/executor.h"

namespace cleat::host {

class UnderWay {
 public:
  // Whoever waits goes on there.
  explicit UnderWay(base::Executor& executor) : executor_(executor) {}

  class One {
   public:
    explicit One(std::shared_ptr<UnderWay> all) : all_(std::move(all)) { all_->begin(); }
    One(One&&) = default;
    One& operator=(One&&) = delete;
    ~One() {
      if (all_) all_->end();
    }

   private:
    std::shared_ptr<UnderWay> all_;
  };

  // True as soon as none is in progress; false if that takes longer. Without a limit it is waited for.
  Completion<bool> none(std::optional<std::chrono::nanoseconds> most = std::nullopt) {
    auto waiter = std::make_shared<Waiter>();
    bool waits;
    {
      MutexLock lock(mutex_);
      waits = count_ > 0;
      if (waits) waiting_.push_back(waiter);
    }
    if (!waits) waiter->tell(true);
    if (waits && most) executor_.machine().after(*most, [waiter] { waiter->tell(false); });
    return waiter->ended;
  }

 private:
  struct Waiter {
    std::atomic<bool> told = false;
    Completion<bool> ended;
    void tell(bool none) {
      if (!told.exchange(true)) ended.complete(none);
    }
  };

  void begin() {
    MutexLock lock(mutex_);
    ++count_;
  }
  void end() {
    std::vector<std::shared_ptr<Waiter>> waiting;
    {
      MutexLock lock(mutex_);
      if (--count_ == 0) waiting.swap(waiting_);
    }
    for (const auto& waiter : waiting) executor_.post([waiter] { waiter->tell(true); });
  }

  base::Executor& executor_;
  Mutex mutex_;
  size_t count_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::vector<std::shared_ptr<Waiter>> waiting_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::host
