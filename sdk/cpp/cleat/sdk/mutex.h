// Mutexes that the compiler checks: a member says which mutex guards it, a function says which one its caller holds,
// and clang's -Wthread-safety (the test `findings`) refuses whatever touches the one without holding the other. To
// g++ the annotations are nothing, and the classes are the standard library's by other names.
//
//   Mutex mutex_;
//   ConditionVariable changed_;
//   std::deque<Work> works_ CLEAT_GUARDED_BY(mutex_);
//   void takeOne() CLEAT_REQUIRES(mutex_);
//
//   MutexLock lock(mutex_);
//   works_.push_back(std::move(work));
//   changed_.notifyAll();
//
// A plugin seldom wants one: its callbacks come one at a time. They are for threads of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <utility>

#if defined(__clang__)
#define CLEAT_THREAD_ATTRIBUTE(...) __attribute__((__VA_ARGS__))
#else
#define CLEAT_THREAD_ATTRIBUTE(...)
#endif

// Of a member: it is read and written only with the mutex held (shared is enough to read). CLEAT_POINTEE_GUARDED_BY
// says so of what a pointer points to.
#define CLEAT_GUARDED_BY(mutex) CLEAT_THREAD_ATTRIBUTE(guarded_by(mutex))
#define CLEAT_POINTEE_GUARDED_BY(mutex) CLEAT_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
// Of a function: whoever calls it holds the mutex, alone or with other readers; or does not hold it, because the
// function takes it.
#define CLEAT_REQUIRES(...) CLEAT_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define CLEAT_REQUIRES_SHARED(...) CLEAT_THREAD_ATTRIBUTE(requires_shared_capability(__VA_ARGS__))
#define CLEAT_EXCLUDES(...) CLEAT_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
// Of a function that returns with the mutex taken, or given back.
#define CLEAT_ACQUIRES(...) CLEAT_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define CLEAT_ACQUIRES_SHARED(...) CLEAT_THREAD_ATTRIBUTE(acquire_shared_capability(__VA_ARGS__))
#define CLEAT_RELEASES(...) CLEAT_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define CLEAT_RELEASES_SHARED(...) CLEAT_THREAD_ATTRIBUTE(release_shared_capability(__VA_ARGS__))
#define CLEAT_RELEASES_ANY(...) CLEAT_THREAD_ATTRIBUTE(release_generic_capability(__VA_ARGS__))
// Of a function whose locking the analysis cannot follow; a comment beside it says why it is right.
#define CLEAT_UNCHECKED_LOCKING CLEAT_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace cleat {

class CLEAT_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() CLEAT_ACQUIRES() { mutex_.lock(); }
  void unlock() CLEAT_RELEASES() { mutex_.unlock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

// Many readers or one writer.
class CLEAT_THREAD_ATTRIBUTE(capability("mutex")) SharedMutex {
 public:
  void lock() CLEAT_ACQUIRES() { mutex_.lock(); }
  void unlock() CLEAT_RELEASES() { mutex_.unlock(); }
  void lockShared() CLEAT_ACQUIRES_SHARED() { mutex_.lock_shared(); }
  void unlockShared() CLEAT_RELEASES_SHARED() { mutex_.unlock_shared(); }

 private:
  std::shared_mutex mutex_;
};

// Holds a Mutex, or a SharedMutex as its writer, while it lives; may let go of it before and take it again.
template <class M>
class CLEAT_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(M& mutex) CLEAT_ACQUIRES(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() CLEAT_RELEASES() {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() CLEAT_RELEASES() {
    held_ = false;
    mutex_.unlock();
  }
  void lock() CLEAT_ACQUIRES() {
    mutex_.lock();
    held_ = true;
  }

 private:
  M& mutex_;
  bool held_ = true;
};

// Holds a SharedMutex as one of its readers while it lives.
class CLEAT_THREAD_ATTRIBUTE(scoped_lockable) ReaderLock {
 public:
  explicit ReaderLock(SharedMutex& mutex) CLEAT_ACQUIRES_SHARED(mutex) : mutex_(mutex) { mutex_.lockShared(); }
  ~ReaderLock() CLEAT_RELEASES_ANY() { mutex_.unlockShared(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex& mutex_;
};

// Where threads wait for another one to change what they look at. The mutex is held before and after a wait and while
// the condition is looked at, and free in between. A condition that reads what the mutex guards says so:
//
//   changed_.wait(mutex_, [this]() CLEAT_REQUIRES(mutex_) { return !works_.empty(); });
class ConditionVariable {
 public:
  void notifyOne() { condition_.notify_one(); }
  void notifyAll() { condition_.notify_all(); }

  template <class Condition>
  void wait(Mutex& mutex, Condition holds) CLEAT_REQUIRES(mutex) {
    Borrowed lock(mutex);
    condition_.wait(lock.held, std::move(holds));
  }
  // False when the time is over and the condition still does not hold.
  template <class Condition>
  bool waitFor(Mutex& mutex, std::chrono::nanoseconds longest, Condition holds) CLEAT_REQUIRES(mutex) {
    Borrowed lock(mutex);
    return condition_.wait_for(lock.held, longest, std::move(holds));
  }

 private:
  // The standard's lock of a mutex that is held already, and stays so.
  struct Borrowed {
    explicit Borrowed(Mutex& mutex) : held(mutex.mutex_, std::adopt_lock) {}
    ~Borrowed() { held.release(); }
    std::unique_lock<std::mutex> held;
  };
  std::condition_variable condition_;
};

}  // namespace cleat
