// WriteQueue: where writers leave their writes and the committer takes them, many at a time. Bounded; thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "core/store/store.h"

namespace cleat::store {

struct PendingWrite {
  Write write;
  Completion<Result<ObjectRef>> done;
};

class WriteQueue {
 public:
  explicit WriteQueue(size_t limit) : limit_(limit) {}

  // 429 when it is full, 503 after `close`; then `pending` has not been taken.
  Result<void> push(PendingWrite pending);
  // Something to run on the committer thread between two batches. False after `close`.
  bool pushJob(std::function<void()> job);
  // Nothing more is accepted; what is queued is still given out.
  void close();

  struct Taken {
    std::vector<PendingWrite> writes;
    std::vector<std::function<void()>> jobs;
    bool closed = false;  // and nothing is left
  };
  // Waits until there is something. At most `max` writes.
  Taken take(size_t max);
  bool empty() const;

 private:
  const size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<PendingWrite> writes_;
  std::vector<std::function<void()>> jobs_;
  bool closed_ = false;
};

}  // namespace cleat::store
