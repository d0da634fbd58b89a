// Deadline: calls back on a strand when its time has come. It may be moved at every step of what it limits: to move it
// costs nothing, because the timer looks, when it fires, whether there is time left.
//
// Used on its strand; shared, so that a timer which fires late is harmless. The callback must not assume that its owner
// lives.
#pragma once

#include <functional>
#include <memory>

#include "core/base/executor.h"

namespace cleat::http {

class Deadline : public std::enable_shared_from_this<Deadline> {
 public:
  static std::shared_ptr<Deadline> make(base::Executor& executor, std::shared_ptr<base::Strand> strand,
                                        std::function<void()> expired) {
    return std::shared_ptr<Deadline>(new Deadline(executor, std::move(strand), std::move(expired)));
  }
  ~Deadline() { stop(); }
  Deadline(const Deadline&) = delete;

  void set(std::chrono::nanoseconds fromNow);
  // No limit, until it is set again.
  void clear() { at_ = 0; }
  bool isSet() const { return at_ != 0; }
  // The same, and lets go of the timer.
  void stop();

 private:
  Deadline(base::Executor& executor, std::shared_ptr<base::Strand> strand, std::function<void()> expired)
      : executor_(executor), strand_(std::move(strand)), expired_(std::move(expired)) {}
  void arm();
  void fired();

  base::Executor& executor_;
  const std::shared_ptr<base::Strand> strand_;
  const std::function<void()> expired_;
  int64_t at_ = 0;
  int64_t timerAt_ = 0;
  base::TimerId timer_ = 0;
};

}  // namespace cleat::http
