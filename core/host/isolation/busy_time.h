// BusyTime: how long a child's callbacks have taken. The child says how long in all, as often as it has something to
// say; what it cannot have been is not believed. Belongs to whoever reads what the child sends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace cleat::host {

class BusyTime {
 public:
  // What has been added since it said so last, in nanoseconds; 0: nothing.
  int64_t saysInAll(int64_t nanoseconds) {
    if (nanoseconds <= before_) return 0;
    return std::min(nanoseconds - std::exchange(before_, nanoseconds), kMostAtOnce);
  }

 private:
  static constexpr int64_t kMostAtOnce = 3'600'000'000'000;
  int64_t before_ = 0;
};

}  // namespace cleat::host
