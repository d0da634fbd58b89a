#include "core/http/deadline.h"

namespace cleat::http {

void Deadline::set(std::chrono::nanoseconds fromNow) {
  at_ = executor_.now() + fromNow.count();
  if (timer_ == 0 || timerAt_ > at_) arm();
}

void Deadline::stop() {
  at_ = 0;
  if (timer_) executor_.cancelTimer(timer_);
  timer_ = 0;
}

void Deadline::arm() {
  if (timer_) executor_.cancelTimer(timer_);
  timerAt_ = at_;
  timer_ = executor_.after(std::chrono::nanoseconds(at_ - executor_.now()), [weak = weak_from_this()] {
    auto self = weak.lock();
    if (self) self->strand_->dispatch([self] { self->fired(); });
  });
}

void Deadline::fired() {
  timer_ = 0;
  if (at_ == 0) return;
  if (executor_.now() < at_) return arm();
  expired_();
}

}  // namespace cleat::http
