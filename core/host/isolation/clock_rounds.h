// ClockRounds: who waits for a child to be at rest after its clock was moved (Link::setClock), by the number of the
// frame that moved it. Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>

#include <functional>
#include <unordered_map>
#include <utility>

#include "core/host/link.h"

namespace cleat::host {

class ClockRounds {
 public:
  uint64_t begin(std::function<void(AtRest)> atRest) {
    MutexLock lock(mutex_);
    waiting_[++last_] = std::move(atRest);
    return last_;
  }

  // The child says so. A number that is nobody's any more, or never was, is nothing.
  void end(uint64_t round, AtRest rest) {
    std::function<void(AtRest)> atRest;
    {
      MutexLock lock(mutex_);
      auto found = waiting_.find(round);
      if (found == waiting_.end()) return;
      atRest = std::move(found->second);
      waiting_.erase(found);
    }
    atRest(rest);
  }

  // There is no child any more, and it has nothing to do.
  void endAll(AtRest rest) {
    std::unordered_map<uint64_t, std::function<void(AtRest)>> waiting;
    {
      MutexLock lock(mutex_);
      waiting.swap(waiting_);
    }
    for (auto& [round, atRest] : waiting) atRest(rest);
  }

 private:
  Mutex mutex_;
  uint64_t last_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::unordered_map<uint64_t, std::function<void(AtRest)>> waiting_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::host
