#include "pod/sync_loop.h"

#include <algorithm>

namespace cleat::agent {

void SyncLoop::signal() {
  dirty_ = true;
  if (running_) return;
  running_ = true;
  context_.post([this, alive = owner_()] { spawn(run()); });
}

Task<void> SyncLoop::run() {
  auto alive = owner_();
  while (dirty_) {
    dirty_ = false;
    wake_.cancel();
    co_await sync_();
  }
  running_ = false;
}

void SyncLoop::wakeAfter(Duration delay) {
  Instant at = context_.now() + std::max(delay, Duration::zero());
  if (wake_.pending() && wakeAt_ <= at) return;
  wakeAt_ = at;
  wake_ = context_.after(delay, [this] { signal(); });
}

void SyncLoop::retryLater(const std::string& what) {
  failures_.next(what, context_.now());
  Duration delay = failures_.delayOf(what);
  notBefore_[what] = context_.now() + delay;
  wakeAfter(delay);
}

bool SyncLoop::tooEarly(const std::string& what) {
  auto until = notBefore_.find(what);
  if (until == notBefore_.end() || until->second <= context_.now()) return false;
  wakeAfter(until->second - context_.now());
  return true;
}

void SyncLoop::succeeded(const std::string& what) {
  notBefore_.erase(what);
  failures_.forget(what);
}

}  // namespace cleat::agent
