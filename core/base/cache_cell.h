// CacheCell<T>: a place for something that can be made again at any time. It is put in when it was made, given to any
// thread that asks, and taken out when nobody wants it any more; whoever has got it keeps it.
//
// How: the lowest bit of the word is a lock, held while a count is raised. Nobody waits for longer than that.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>

#include "core/base/ref.h"

namespace cleat::base {

template <class T>
class CacheCell {
 public:
  CacheCell() = default;
  explicit CacheCell(Ref<const T> first) : word_(reinterpret_cast<uintptr_t>(first.detach())) {}
  CacheCell(const CacheCell&) = delete;
  CacheCell& operator=(const CacheCell&) = delete;
  ~CacheCell() { Ref<const T>::adopt(thingIn(word_.load(std::memory_order_acquire))); }

  bool empty() const { return word_.load(std::memory_order_relaxed) <= kLocked; }

  // Null when there is nothing.
  Ref<const T> get() const {
    if (empty()) return {};
    const uintptr_t word = lock();
    Ref<const T> thing = Ref<const T>::share(thingIn(word));
    unlock(word);
    return thing;
  }
  // Puts `made` in unless there is something already; gives what is in it then.
  Ref<const T> settle(Ref<const T> made) {
    const uintptr_t word = lock();
    if (!word) {
      unlock(reinterpret_cast<uintptr_t>(Ref<const T>(made).detach()));
      return made;
    }
    Ref<const T> there = Ref<const T>::share(thingIn(word));
    unlock(word);
    return there;
  }
  // Gives what was in it, and leaves nothing.
  Ref<const T> take() {
    if (empty()) return {};
    const uintptr_t word = lock();
    unlock(0);
    return Ref<const T>::adopt(thingIn(word));
  }

 private:
  static constexpr uintptr_t kLocked = 1;

  static const T* thingIn(uintptr_t word) { return reinterpret_cast<const T*>(word); }
  uintptr_t lock() const {
    static_assert(alignof(T) > 1, "an address leaves its lowest bit to the lock");
    for (;;) {
      const uintptr_t before = word_.fetch_or(kLocked, std::memory_order_acquire);
      if (!(before & kLocked)) return before;
      std::this_thread::yield();
    }
  }
  void unlock(uintptr_t word) const { word_.store(word, std::memory_order_release); }

  mutable std::atomic<uintptr_t> word_{0};
};

}  // namespace cleat::base
