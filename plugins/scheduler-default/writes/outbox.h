// Tasks that are begun in order, so many at a time.
#pragma once

#include <cleat/sdk/task.h>

#include <cstddef>
#include <deque>

namespace cleat::scheduling {

class Outbox {
 public:
  explicit Outbox(size_t most) : most_(most) {}
  void add(Task<void> task) {
    waiting_.push_back(std::move(task));
    pump();
  }
  size_t inFlight() const { return inFlight_; }

 private:
  void pump() {
    // A task that ends at once comes back here by itself.
    if (pumping_) return;
    pumping_ = true;
    while (inFlight_ < most_ && !waiting_.empty()) {
      Task<void> task = std::move(waiting_.front());
      waiting_.pop_front();
      ++inFlight_;
      spawn(run(std::move(task)));
    }
    pumping_ = false;
  }
  Task<void> run(Task<void> task) {
    co_await std::move(task);
    --inFlight_;
    pump();
  }

  size_t most_;
  size_t inFlight_ = 0;
  bool pumping_ = false;
  std::deque<Task<void>> waiting_;
};

}  // namespace cleat::scheduling
