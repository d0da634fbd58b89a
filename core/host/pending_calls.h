// PendingCalls: the calls to one plugin that somebody waits for, each from before it is delivered until its caller has
// the answer. A call has a place of its own, taken again by a later call; its number says which place, and is never
// used twice, so that an answer that comes too late is nobody's. The owner's lock guards all of it.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/host/messages.h"

namespace cleat::host {

struct PendingCall {
  uint64_t number = 0;  // 0: the place is free
  MethodId method;
  int64_t limit = 0, deadline = 0;  // nanoseconds
  bool hasStream = false;
  std::coroutine_handle<> waiter;
  // The thread that delivers the call goes on by itself as soon as the plugin's code returns: the waiter is never
  // resumed inside of that, where the plugin may hold locks.
  std::thread::id deliverer;
  std::optional<RoleAnswer> answer;
};

class PendingCalls {
 public:
  size_t count() const { return count_; }
  bool wasMade(uint64_t number) const {
    const uint64_t serial = number >> kPlaceBits;
    return serial != 0 && serial <= lastSerial_ && placeOf(number) < places_.size();
  }

  PendingCall& open() {
    if (free_.empty()) {
      CHECK(places_.size() < size_t{1} << kPlaceBits, "a plugin's calls are limited to fewer than there are places");
      free_.push_back(static_cast<uint32_t>(places_.size()));
      places_.emplace_back();
    }
    const uint32_t place = free_.back();
    free_.pop_back();
    ++count_;
    PendingCall& call = places_[place];
    call.number = ++lastSerial_ << kPlaceBits | place;
    return call;
  }

  // Null when it has been answered and taken, or never was.
  PendingCall* find(uint64_t number) {
    const uint32_t place = placeOf(number);
    if (number == 0 || place >= places_.size() || places_[place].number != number) return nullptr;
    return &places_[place];
  }

  // The answer goes to the caller; the place is free.
  RoleAnswer take(PendingCall& call) {
    CHECK(call.answer, "what is taken has been answered");
    RoleAnswer answer = std::move(*call.answer);
    free_.push_back(placeOf(call.number));
    call = {};
    --count_;
    return answer;
  }

  template <class F>
  void each(F visit) {
    for (PendingCall& call : places_) {
      if (call.number != 0) visit(call);
    }
  }

 private:
  static constexpr int kPlaceBits = 20;
  static uint32_t placeOf(uint64_t number) { return number & ((1u << kPlaceBits) - 1); }
  std::deque<PendingCall> places_;  // where they are does not change
  std::vector<uint32_t> free_;
  size_t count_ = 0;
  uint64_t lastSerial_ = 0;
};

}  // namespace cleat::host
