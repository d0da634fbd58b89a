// WakeSignal: lets a coroutine on a strand wait until any of several things happens, on whatever threads they happen.
// Raising it many times before the coroutine looks wakes it once. Shared, so that a late raise is harmless.
#pragma once

#include <cleat/sdk/task.h>

#include <atomic>
#include <memory>
#include <optional>

#include "core/base/executor.h"

namespace cleat::http {

class WakeSignal : public std::enable_shared_from_this<WakeSignal> {
 public:
  explicit WakeSignal(std::shared_ptr<base::Strand> strand) : strand_(std::move(strand)) {}

  // From any thread. Never runs the coroutine here: the caller's thread may belong to whoever is being waited for.
  void raise() {
    if (posted_.exchange(true)) return;
    strand_->post([self = shared_from_this()] { self->deliver(); });
  }

  // On the strand, by one coroutine at a time.
  Completion<bool> wait() {
    Completion<bool> woken;
    if (std::exchange(raised_, false)) {
      woken.complete(true);
    } else {
      waiting_ = woken;
    }
    return woken;
  }

 private:
  void deliver() {
    posted_ = false;
    if (!waiting_) {
      raised_ = true;
      return;
    }
    Completion<bool> woken = *waiting_;
    waiting_.reset();
    woken.complete(true);
  }

  std::shared_ptr<base::Strand> strand_;
  std::atomic<bool> posted_{false};
  bool raised_ = false;
  std::optional<Completion<bool>> waiting_;
};

}  // namespace cleat::http
