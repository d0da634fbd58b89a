#include "core/http/handshake_turns.h"

#include <algorithm>
#include <utility>

namespace cleat::http {
namespace {

constexpr int64_t kHalveEveryNs = 1'000'000'000;
constexpr int64_t kNextToNothingNs = 100'000;  // less than a handshake takes

template <class T>
void tell(T& told) {
  for (auto& [completion, granted] : told) completion.complete(granted);
}

}  // namespace

HandshakeTurns::~HandshakeTurns() { close(); }

Completion<bool> HandshakeTurns::take(const std::string& origin, HandshakeStep step) {
  Completion<bool> turn;
  Told told;
  {
    MutexLock lock(mutex_);
    if (closed_) {
      told.emplace_back(turn, false);
    } else {
      halve();
      auto line = std::ranges::find(lines_, origin, &Line::origin);
      if (line == lines_.end()) line = lines_.insert(lines_.end(), Line{origin, spentNs_[origin], {}, {}});
      (step == HandshakeStep::first ? line->waiting : line->further).push_back(turn);
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
    halve();
    spend(holder_, processorNs);
    notBefore_ = executor_.now() + processorNs * (100 - limits_.percent) / limits_.percent;
    grantNext(told);
  }
  tell(told);
}

void HandshakeTurns::forgive(const std::string& origin, int64_t processorNs) {
  MutexLock lock(mutex_);
  spend(origin, -processorNs);
}

void HandshakeTurns::spend(const std::string& origin, int64_t processorNs) {
  int64_t& spent = spentNs_[origin];
  spent = std::max<int64_t>(0, spent + processorNs);
  auto line = std::ranges::find(lines_, origin, &Line::origin);
  if (line != lines_.end()) line->spentNs = spent;
}

void HandshakeTurns::halve() {
  const int64_t times = (executor_.now() - halvedAt_) / kHalveEveryNs;
  if (times <= 0) return;
  halvedAt_ += times * kHalveEveryNs;
  const auto shift = static_cast<int>(std::min<int64_t>(times, 62));
  for (auto& [origin, spent] : spentNs_) spent >>= shift;
  std::erase_if(spentNs_, [](const auto& entry) { return entry.second < kNextToNothingNs; });
  for (Line& line : lines_) {
    auto spent = spentNs_.find(line.origin);
    line.spentNs = spent == spentNs_.end() ? 0 : spent->second;
  }
}

void HandshakeTurns::close() {
  Told told;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    for (Line& line : lines_) {
      for (auto* each : {&line.further, &line.waiting}) {
        for (auto& turn : *each) told.emplace_back(std::move(turn), false);
      }
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
  auto line = std::ranges::min_element(lines_, {}, &Line::spentNs);
  holder_ = line->origin;
  auto& next = line->further.empty() ? line->waiting : line->further;
  told.emplace_back(std::move(next.back()), true);
  next.pop_back();
  --waiting_;
  if (line->size() == 0) {
    lines_.erase(line);
  } else {
    lines_.splice(lines_.end(), lines_, line);
  }
}

// Of the origin of which most wait.
void HandshakeTurns::dropOldest(Told& told) {
  auto longest = std::ranges::max_element(lines_, {}, &Line::size);
  auto& oldest = longest->waiting.empty() ? longest->further : longest->waiting;
  told.emplace_back(std::move(oldest.front()), false);
  oldest.erase(oldest.begin());
  --waiting_;
  if (longest->size() == 0) lines_.erase(longest);
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
