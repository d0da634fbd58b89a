// Signal: something that a test waits for and another thread brings about.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace cleat::http {

// Set by the server's threads, awaited by the test.
class Signal {
 public:
  void set() {
    std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

}  // namespace cleat::http
