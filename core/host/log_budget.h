// LogBudget: how much a plugin may write to the log. A burst is free, then so much a second; what is beyond it is
// counted and left out, and the next line that is let through comes with how many there were.
#pragma once

#include <cleat/sdk/mutex.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace cleat::host {

class LogBudget {
 public:
  // How many lines were left out before this one; nothing if it is to be left out as well. `now` in nanoseconds.
  std::optional<uint64_t> take(size_t bytes, int64_t now) {
    MutexLock lock(mutex_);
    // A line of nothing costs as well.
    const auto cost = static_cast<double>(std::min(bytes, kLongest) + kLine);
    left_ = std::min(kBurst, left_ + static_cast<double>(now - last_) * kBytesPerSecond / 1e9);
    last_ = now;
    // Whoever has used it up waits for a while, rather than that a line comes through here and there.
    if (dropped_ > 0 ? left_ < kBurst / 16 : left_ < cost) {
      ++dropped_;
      return std::nullopt;
    }
    left_ -= cost;
    return std::exchange(dropped_, 0);
  }

 private:
  static constexpr size_t kLongest = 8192, kLine = 100;
  static constexpr double kBurst = 1 << 20, kBytesPerSecond = 64 << 10;
  Mutex mutex_;
  double left_ CLEAT_GUARDED_BY(mutex_) = kBurst;
  int64_t last_ CLEAT_GUARDED_BY(mutex_) = 0;
  uint64_t dropped_ CLEAT_GUARDED_BY(mutex_) = 0;
};

}  // namespace cleat::host
