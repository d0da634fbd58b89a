// One thread at a time for each key: whoever comes for a key that somebody has waits until it is given back.
//
//   auto turn = turns.take(diffId);
//   if (isThere(diffId)) return;   // the one before has done the work
//
// For threads that may wait long; for coroutines there is cleat/sdk/keyed_lock.h.
#pragma once

#include <cleat/sdk/mutex.h>

#include <memory>
#include <set>
#include <string>

namespace cleat::runtime {

class KeyTurns {
 public:
  // The key is taken while this lives, which must not be longer than the KeyTurns.
  class Turn {
   public:
    Turn(KeyTurns& turns, std::string key) : turns_(turns), key_(std::move(key)) {}
    ~Turn() { turns_.giveBack(key_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    KeyTurns& turns_;
    const std::string key_;
  };

  std::unique_ptr<Turn> take(const std::string& key) {
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() CLEAT_REQUIRES(mutex_) { return !taken_.contains(key); });
    taken_.insert(key);
    return std::make_unique<Turn>(*this, key);
  }

 private:
  void giveBack(const std::string& key) {
    MutexLock lock(mutex_);
    taken_.erase(key);
    changed_.notifyAll();
  }

  Mutex mutex_;
  ConditionVariable changed_;
  std::set<std::string> taken_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::runtime
