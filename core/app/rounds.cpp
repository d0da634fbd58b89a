#include "core/app/rounds.h"

#include <algorithm>
#include <utility>

namespace cleat::app {

void Rounds::begin(Round round) {
  MutexLock lock(mutex_);
  round_ = std::move(round);
  begun_ = true;
  arm();
}

void Rounds::wantAt(int64_t time) {
  MutexLock lock(mutex_);
  wantLocked(time);
}

void Rounds::wantLocked(int64_t time) {
  if (wanted_ && *wanted_ <= time) return;
  wanted_ = time;
  arm();
}

int64_t Rounds::due() const { return std::max(*wanted_, soonest_); }

void Rounds::arm() {
  if (!begun_ || busy_ || stopped_ || !wanted_) return;
  executor_.cancelTimer(timer_);
  timer_ = executor_.after(std::chrono::nanoseconds(std::max<int64_t>(due() - executor_.now(), 0)),
                           [weak = weak_from_this()] {
                             if (auto self = weak.lock()) self->beginOne();
                           });
}

void Rounds::beginOne() {
  {
    MutexLock lock(mutex_);
    // A timer that could not be cancelled any more may be early, or late.
    if (busy_ || stopped_ || !wanted_ || due() > executor_.now()) return;
    busy_ = true;
    wanted_.reset();
  }
  spawn(run());
}

Task<void> Rounds::run() {
  const auto self = shared_from_this();
  const Next next = co_await round_();
  MutexLock lock(mutex_);
  busy_ = false;
  soonest_ = executor_.now() + apart_;
  if (ended_) ended_->set_value();
  if (next) wantLocked(*next);
  arm();
}

void Rounds::stop() {
  std::future<void> ended;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    executor_.cancelTimer(timer_);
    if (!busy_) return;
    ended = ended_.emplace().get_future();
  }
  ended.get();
}

bool Rounds::stopping() const {
  MutexLock lock(mutex_);
  return stopped_;
}

}  // namespace cleat::app
