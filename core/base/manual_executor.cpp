#include "core/base/manual_executor.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/base/queue_strand.h"

namespace cleat::base {
namespace {
constexpr size_t kLoop = 1'000'000;
}

ManualExecutor::ManualExecutor(uint64_t seed) : random_(seed) {}

ManualExecutor::~ManualExecutor() {
  // What is thrown away may still come back to us as it goes.
  while (true) {
    std::deque<Work> works;
    std::multimap<int64_t, Timer> timers;
    MutexLock lock(mutex_);
    if (works_.empty() && timers_.empty()) return;
    works.swap(works_);
    timers.swap(timers_);
  }
}

void ManualExecutor::post(Work work) {
  MutexLock lock(mutex_);
  works_.push_back(std::move(work));
  posted_.notifyAll();
}

std::unique_ptr<Strand> ManualExecutor::makeStrand() { return std::make_unique<QueueStrand>(*this); }

void ManualExecutor::postBlocking(Work work) { post(std::move(work)); }

TimerId ManualExecutor::after(std::chrono::nanoseconds delay, Work work) {
  MutexLock lock(mutex_);
  int64_t bounded = std::clamp<int64_t>(delay.count(), 0, INT64_MAX / 4);
  TimerId id = ++lastTimer_;
  timers_.emplace(now_ + bounded, Timer{id, std::move(work)});
  return id;
}

bool ManualExecutor::cancelTimer(TimerId timer) {
  Work dropped;  // destroyed after the lock
  MutexLock lock(mutex_);
  auto found = std::ranges::find_if(timers_, [&](const auto& entry) { return entry.second.id == timer; });
  if (found == timers_.end()) return false;
  dropped = std::move(found->second.work);
  timers_.erase(found);
  return true;
}

int64_t ManualExecutor::now() const {
  MutexLock lock(mutex_);
  return now_;
}

int64_t ManualExecutor::wallNow() const {
  MutexLock lock(mutex_);
  return now_ + wallOffset_;
}

void ManualExecutor::random(void* out, size_t size) {
  MutexLock lock(mutex_);
  auto* bytes = static_cast<unsigned char*>(out);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(random_());
}

bool ManualExecutor::runOne() {
  Work work;
  {
    MutexLock lock(mutex_);
    if (works_.empty()) return false;
    work = std::move(works_.front());
    works_.pop_front();
  }
  work();
  return true;
}

size_t ManualExecutor::runUntilIdle() {
  size_t ran = 0;
  while (true) {
    while (runOne()) {
      if (++ran < kLoop) continue;
      std::fputs("ManualExecutor: a million works without an end\n", stderr);
      std::abort();
    }
    // A timer without delay is due now.
    MutexLock lock(mutex_);
    if (timers_.empty() || timers_.begin()->first > now_) return ran;
    works_.push_back(std::move(timers_.begin()->second.work));
    timers_.erase(timers_.begin());
  }
}

void ManualExecutor::advance(std::chrono::nanoseconds time) {
  int64_t end = now() + time.count();
  runUntilIdle();
  while (nextTimer() <= end) {
    {
      MutexLock lock(mutex_);
      now_ = std::max(now_, timers_.begin()->first);
    }
    runUntilIdle();
  }
  MutexLock lock(mutex_);
  now_ = end;
}

bool ManualExecutor::runUntil(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  // `done` may look at what another thread changes without posting, so it is asked now and then even so.
  constexpr std::chrono::milliseconds kAskAgain(5);
  auto end = std::chrono::steady_clock::now() + limit;
  while (true) {
    runUntilIdle();
    if (done()) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    MutexLock lock(mutex_);
    posted_.waitFor(mutex_, kAskAgain, [this]() CLEAT_REQUIRES(mutex_) { return !works_.empty(); });
  }
}

int64_t ManualExecutor::nextTimer() const {
  MutexLock lock(mutex_);
  return timers_.empty() ? INT64_MAX : timers_.begin()->first;
}

}  // namespace cleat::base
