#include "core/http/handshake_turns.h"

#include <algorithm>
#include <utility>

namespace cleat::http {
namespace {

template <class T>
void tell(T& told) {
  for (auto& [completion, granted] : told) completion.complete(granted);
}

}  // namespace

HandshakeTurns::~HandshakeTurns() { close(); }

Completion<bool> HandshakeTurns::take(const std::string& origin) {
  Completion<bool> turn;
  Told told;
  {
    MutexLock lock(mutex_);
    if (closed_) {
      told.emplace_back(turn, false);
    } else {
      auto line = std::ranges::find(lines_, origin, &Line::origin);
      if (line == lines_.end()) line = lines_.insert(lines_.end(), Line{origin, {}});
      line->waiting.push_back(turn);
      ++waiting_;
      if (waiting_ > limits_.waiting) dropOldest(told);
      grantNext(told);
    }
  }
  tell(told);
  return turn;
}

void HandshakeTurns::giveBack(int64_t processorNs) {
  Told told;
  {
    MutexLock lock(mutex_);
    taken_ = false;
    notBefore_ = executor_.now() + processorNs * (100 - limits_.percent) / limits_.percent;
    grantNext(told);
  }
  tell(told);
}

void HandshakeTurns::close() {
  Told told;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    for (Line& line : lines_) {
      for (auto& each : line.waiting) told.emplace_back(std::move(each), false);
    }
    lines_.clear();
    waiting_ = 0;
    if (timer_) executor_.cancelTimer(std::exchange(timer_, 0));
  }
  tell(told);
}

void HandshakeTurns::grantNext(Told& told) {
  if (taken_ || lines_.empty() || timer_) return;
  int64_t wait = notBefore_ - executor_.now();
  if (wait > 0) {
    timer_ = executor_.after(std::chrono::nanoseconds(wait), [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->timePassed();
    });
    return;
  }
  taken_ = true;
  Line& line = lines_.front();
  told.emplace_back(std::move(line.waiting.back()), true);
  line.waiting.pop_back();
  --waiting_;
  if (line.waiting.empty()) {
    lines_.pop_front();
  } else {
    lines_.splice(lines_.end(), lines_, lines_.begin());
  }
}

// Of the origin of which most wait.
void HandshakeTurns::dropOldest(Told& told) {
  auto longest = std::ranges::max_element(lines_, {}, [](const Line& line) { return line.waiting.size(); });
  told.emplace_back(std::move(longest->waiting.front()), false);
  longest->waiting.erase(longest->waiting.begin());
  --waiting_;
  if (longest->waiting.empty()) lines_.erase(longest);
}

void HandshakeTurns::timePassed() {
  Told told;
  {
    MutexLock lock(mutex_);
    timer_ = 0;
    grantNext(told);
  }
  tell(told);
}

}  // namespace cleat::http
