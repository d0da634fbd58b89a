// PendingCall: one call to a plugin that somebody waits for, from before it is delivered until it is answered,
// whichever way that happens: the plugin replies while it is being delivered (a concurrent plugin, on the caller's
// thread) or later, its time is up, or it is gone. The waiting coroutine is never resumed inside the plugin's own code,
// where the plugin may hold locks.
#pragma once

#include <capnp/schema.h>
#include <cleat/sdk/mutex.h>

#include <coroutine>
#include <memory>
#include <optional>
#include <thread>

#include "core/base/check.h"
#include "core/base/executor.h"
#include "core/host/messages.h"

namespace cleat::host {

class PendingCall : public std::enable_shared_from_this<PendingCall> {
 public:
  explicit PendingCall(base::Executor& executor) : executor_(executor) {}

  // The first answer counts.
  void complete(RoleAnswer answer) {
    std::coroutine_handle<> waiter;
    {
      MutexLock lock(mutex_);
      if (answer_) return;
      answer_ = std::move(answer);
      // The thread that delivers goes on by itself as soon as the plugin's code returns.
      if (deliverer_ == std::this_thread::get_id()) return;
      waiter = std::exchange(waiter_, nullptr);
    }
    if (waiter) executor_.post([waiter] { waiter.resume(); });
  }

  MethodId method;
  std::optional<capnp::StructSchema> results;
  int64_t startedAt = 0, limit = 0, deadline = 0;  // nanoseconds

  // co_await delivering(pending, deliver): runs `deliver`, then waits for the answer.
  template <class F>
  struct Delivery {
    std::shared_ptr<PendingCall> pending;
    F deliver;

    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> handle) {
      // When another thread completes the call, the coroutine goes on there and this object with it.
      auto call = pending;
      auto run = std::move(deliver);
      {
        MutexLock lock(call->mutex_);
        if (call->answer_) return false;
        CHECK(!call->waiter_, "one waits for a call");
        call->waiter_ = handle;
        call->deliverer_ = std::this_thread::get_id();
      }
      run();
      MutexLock lock(call->mutex_);
      call->deliverer_ = {};
      if (!call->answer_ || !call->waiter_) return true;
      call->waiter_ = nullptr;
      return false;
    }
    RoleAnswer await_resume() {
      MutexLock lock(pending->mutex_);
      return std::move(*pending->answer_);
    }
  };

 private:
  template <class F>
  friend struct Delivery;
  base::Executor& executor_;
  Mutex mutex_;
  std::optional<RoleAnswer> answer_ CLEAT_GUARDED_BY(mutex_);
  std::coroutine_handle<> waiter_ CLEAT_GUARDED_BY(mutex_);
  std::thread::id deliverer_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::host
