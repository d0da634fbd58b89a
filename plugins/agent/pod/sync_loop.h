// When a pod is looked at again: as soon as something may have changed, when a time has come, and, for what has
// failed, after a delay that grows from one second to one minute.
//
// `sync` looks at everything and does what is due; it is called again after each signal, never twice at a time. What
// signals may do so at any moment, also from within `sync`. Strand only.
#pragma once

#include <cleat/sdk/context.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "backoff.h"

namespace cleat::agent {

class SyncLoop {
 public:
  // `owner` gives what keeps this loop, and all that `sync` uses, alive. It is not asked before the first signal.
  SyncLoop(Context& context, std::function<Task<void>()> sync, std::function<std::shared_ptr<void>()> owner)
      : context_(context), sync_(std::move(sync)), owner_(std::move(owner)) {}

  // Calls `sync` soon, never from within this call: a sync may let go of the very object that signals.
  void signal();
  // Signals after `delay` at the latest.
  void wakeAfter(Duration delay);
  // For coroutines that work beside the loop: holding this, they find everything in its place when they go on.
  std::shared_ptr<void> keepAlive() const { return owner_(); }

  // `what` has failed: the next try waits, longer each time.
  void retryLater(const std::string& what);
  // Whether the next try of `what` still has to wait. If so, the loop signals when it is over.
  bool tooEarly(const std::string& what);
  // `what` has succeeded: its next failure is a first one.
  void succeeded(const std::string& what);
  // Something has changed that may help: `what`, or everything that waits, can be tried at once.
  void retryNow(const std::string& what) { notBefore_.erase(what); }
  void retryAllNow() { notBefore_.clear(); }

 private:
  Task<void> run();

  Context& context_;
  std::function<Task<void>()> sync_;
  std::function<std::shared_ptr<void>()> owner_;
  bool running_ = false, dirty_ = false;
  Timer wake_;
  Instant wakeAt_{};
  std::map<std::string, Instant> notBefore_;  // by what has failed
  Backoff failures_{std::chrono::seconds(1), std::chrono::minutes(1)};
};

}  // namespace cleat::agent
