// Patience: whether a caller waits for its answer itself, which is worth it where answers come fast (ChildLink). Not of
// a plugin whose answers have taken longer, but for a try now and then. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace cleat::host {

// For as long as it waits, where it does.
inline constexpr auto kPatience = std::chrono::microseconds(150);

class Patience {
 public:
  bool waits() {
    uint32_t left = skips_.load(std::memory_order_relaxed);
    while (left > 0 && !skips_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {
    }
    return left == 0;
  }
  void note(bool wasEnough) {
    const uint32_t next = wasEnough ? 0 : std::min(2 * lastSkips_.load(std::memory_order_relaxed) + 1, kMostSkips);
    lastSkips_.store(next, std::memory_order_relaxed);
    skips_.store(next, std::memory_order_relaxed);
  }

 private:
  static constexpr uint32_t kMostSkips = 1023;
  std::atomic<uint32_t> skips_ = 0, lastSkips_ = 0;
};

}  // namespace cleat::host
