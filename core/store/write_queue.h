// WriteQueue: where writers leave their writes and the committer takes them, many at a time; and where it is decided
// who commits, because only one may at a time: the committer's thread, or a writer that found nobody at it. Bounded;
// thread-safe.
//
// A commit costs about the same however many writes are in it. So where many write at a time (`crowd_`) nobody commits
// alone: a writer that waits for the disk keeps one of the executor's few threads from the others. And the committer,
// whom the first write wakes, lets those who are about to come go first where processors are short; it does not sleep
// for them, because then processors that have nothing else to do would wait with it.
#pragma once

#include <cleat/sdk/mutex.h>

#include <functional>
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

  // For a writer: it commits its one write itself, and then leaves. Refused when somebody is at it or something waits,
  // or did lately.
  bool enter();
  // For whoever commits, when it is done and before writers hear of it: who waits by now has not come for that.
  void countCrowd();
  void leave();

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
  // For the committer's thread: waits until there is something and nobody else commits. At most `max` writes. Whoever
  // has taken something leaves when it is done.
  Taken take(size_t max);
  bool empty() const;

 private:
  bool isFree() const CLEAT_REQUIRES(mutex_) { return !occupied_ && (closed_ || !writes_.empty() || !jobs_.empty()); }
  void letOthersCome() CLEAT_REQUIRES(mutex_);

  const size_t limit_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::vector<PendingWrite> writes_ CLEAT_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> jobs_ CLEAT_GUARDED_BY(mutex_);
  bool closed_ CLEAT_GUARDED_BY(mutex_) = false;
  bool occupied_ CLEAT_GUARDED_BY(mutex_) = false;  // somebody commits
  size_t committing_ CLEAT_GUARDED_BY(mutex_) = 0;  // the writes that it has taken
  size_t crowd_ CLEAT_GUARDED_BY(mutex_) = 1;       // how many writes there are at a time
};

}  // namespace cleat::store
