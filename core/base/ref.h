// Ref<T>: shared ownership of an immutable thing by a count inside it. Smaller and cheaper than shared_ptr, and its
// raw pointer can cross the plugin ABI as an opaque handle: detach() gives the count away, adopt() takes it back.
//
// T derives from RefCounted. What a Ref<const T> refers to never changes after it has been shared, so any thread may
// read it without a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace cleat {

class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;
  void retain(uint32_t count = 1) const { count_.fetch_add(count, std::memory_order_relaxed); }
  // True when the last reference has gone.
  bool release(uint32_t count = 1) const { return count_.fetch_sub(count, std::memory_order_acq_rel) == count; }
  // Nobody but the caller refers to it: what is not shared yet may still be changed.
  bool unique() const { return count_.load(std::memory_order_acquire) == 1; }

 protected:
  ~RefCounted() = default;

 private:
  mutable std::atomic<uint32_t> count_{1};
};

template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  Ref(const Ref& other) : pointer_(other.pointer_) {
    if (pointer_) pointer_->retain();
  }
  Ref(Ref&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  template <class U>
    requires std::is_convertible_v<U*, T*>
  Ref(Ref<U> other) : pointer_(other.detach()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(pointer_, other.pointer_);
    return *this;
  }
  ~Ref() {
    if (pointer_ && pointer_->release()) delete pointer_;
  }

  T* get() const { return pointer_; }
  T* operator->() const { return pointer_; }
  T& operator*() const { return *pointer_; }
  explicit operator bool() const { return pointer_ != nullptr; }
  bool operator==(const Ref& other) const = default;

  // Takes over a count that somebody else held.
  static Ref adopt(T* pointer) {
    Ref ref;
    ref.pointer_ = pointer;
    return ref;
  }
  // Shares a thing that somebody else holds.
  static Ref share(T* pointer) {
    if (pointer) pointer->retain();
    return adopt(pointer);
  }
  T* detach() { return std::exchange(pointer_, nullptr); }

 private:
  T* pointer_ = nullptr;
};

template <class T, class... Args>
Ref<T> makeRef(Args&&... args) {
  return Ref<T>::adopt(new T(std::forward<Args>(args)...));
}

}  // namespace cleat
