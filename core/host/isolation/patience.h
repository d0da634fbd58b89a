// Patience: whether somebody waits for what comes next itself, which is worth it where that comes fast: a caller for
// its answer (ChildLink), each end of a socket awake (FrameSocket). Not where it has taken longer, but for a try now
// and then. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace cleat::host {

// For as long as a caller waits, where it does.
inline constexpr auto kPatience = std::chrono::microseconds(150);

// For as long as an end of a socket stays awake: longer than an answer takes from a plugin that is awake as well, and
// less than a virtual machine takes to wake a core.
inline constexpr auto kAwake = std::chrono::microseconds(25);

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
