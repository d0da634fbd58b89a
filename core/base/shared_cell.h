// SharedCell<T>: a place that holds the latest of a series of immutable things, from which any thread takes a reference
// without a lock: one atomic addition. One thread at a time puts new things in.
//
// How: the cell's word holds the pointer and, in its upper 16 bits, how many references have been taken from it. The
// thing was given kReserve references before it was put in, so taking one is only counting. Whoever replaces the thing
// gives back what was not taken. Pointers have 48 bits on all machines that we build for.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/check.h"
#include "core/base/ref.h"

namespace cleat::base {

template <class T>
class SharedCell {
 public:
  explicit SharedCell(Ref<const T> first) { set(std::move(first)); }
  SharedCell(const SharedCell&) = delete;
  SharedCell& operator=(const SharedCell&) = delete;
  ~SharedCell() { giveBack(word_.load(std::memory_order_acquire)); }

  Ref<const T> get() const {
    uint64_t before = word_.fetch_add(kOneTaken, std::memory_order_acq_rel);
    const T* thing = pointerIn(before);
    if ((before >> 48) >= kReserve / 2) refill(thing);
    return Ref<const T>::adopt(thing);
  }

  void set(Ref<const T> next) {
    const T* thing = next.detach();
    uint64_t address = reinterpret_cast<uint64_t>(thing);
    CHECK(thing != nullptr, "a cell is never empty");
    uint64_t upper = address >> 48;
    CHECK(upper == 0u, "a pointer leaves the upper 16 bits to the count");
    thing->retain(kReserve - 1);  // and the one that came with it
    giveBack(word_.exchange(address, std::memory_order_acq_rel));
  }

 private:
  static constexpr uint64_t kOneTaken = uint64_t{1} << 48;
  // Far above the number of threads that can be in `get` at once, so the count never runs over before it is refilled.
  static constexpr uint32_t kReserve = 1u << 15;

  static const T* pointerIn(uint64_t word) { return reinterpret_cast<const T*>(word & (kOneTaken - 1)); }

  static void giveBack(uint64_t word) {
    const T* thing = pointerIn(word);
    if (thing == nullptr) return;
    uint32_t left = kReserve - static_cast<uint32_t>(word >> 48);
    if (thing->release(left)) delete thing;
  }

  // The caller holds a reference to `thing`, so its address cannot come to mean another one meanwhile.
  void refill(const T* thing) const {
    constexpr uint32_t kRefill = kReserve / 4;
    thing->retain(kRefill);
    uint64_t word = word_.load(std::memory_order_acquire);
    while (pointerIn(word) == thing && (word >> 48) >= kRefill) {
      if (word_.compare_exchange_weak(word, word - kRefill * kOneTaken, std::memory_order_acq_rel)) return;
    }
    thing->release(kRefill);  // replaced, or refilled by another: never the last reference
  }

  mutable std::atomic<uint64_t> word_{0};
};

}  // namespace cleat::base
