// What findings.py must find, line by line, and what it must not: a check that finds nothing looks like a clean
// tree.
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>

namespace cleat {

using Verdict = Result<void>;
Task<Verdict> judge();
Task<int> count();
Verdict judgeNow();

class Counter {
 public:
  void add() {
    MutexLock lock(mutex_);
    ++count_;
    changed_.notifyAll();
  }
  void addUnlocked() { ++count_; }  // finding
  void addLocked() CLEAT_REQUIRES(mutex_) { ++count_; }
  void addWithoutThinking() { addLocked(); }  // finding
  void leaveLocked() { mutex_.lock(); }       // finding
  void await() {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [this]() CLEAT_REQUIRES(mutex_) { return count_ > 0; });
  }
  int seen() const {
    ReaderLock lock(names_);
    return read_;
  }
  void see() {
    ReaderLock lock(names_);
    ++read_;  // finding
  }

 private:
  Mutex mutex_;
  mutable SharedMutex names_;
  ConditionVariable changed_;
  int count_ CLEAT_GUARDED_BY(mutex_) = 0;
  int read_ CLEAT_GUARDED_BY(names_) = 0;
};

Task<void> dropping() {
  judgeNow();        // finding
  judge();           // finding
  co_await judge();  // finding
  Task<Verdict> later = judge();
  co_await std::move(later);  // finding
  co_await count();
  (void)co_await judge();
  Verdict kept = co_await judge();
  static_cast<void>(kept);
}

}  // namespace cleat
