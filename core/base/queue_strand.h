// QueueStrand: a Strand over any executor's `post`. Work waits in a queue of the strand's own; while there is some, one
// runner is posted to the executor, which takes a bounded number of works and then goes to the back of the line, so
// that a busy strand does not starve the others. Any thread may call it; the queue outlives the strand.
#pragma once

#include <memory>

#include "core/base/executor.h"

namespace cleat::base {

class QueueStrand final : public Strand {
 public:
  explicit QueueStrand(Executor& executor);
  void post(Work work) override;
  void dispatch(Work work) override;
  bool runsHere() const override;
  bool runBorrowed(void (*work)(void*), void* borrowed) override;

  struct Queue;

 private:
  std::shared_ptr<Queue> queue_;
};

}  // namespace cleat::base
