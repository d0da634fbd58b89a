// Few<T, N>: a list of mostly no more than N things. These stand in the list itself; only one that grows beyond takes
// memory of its own, and then all of its things are there.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

namespace cleat::base {

template <class T, size_t N>
class Few {
 public:
  Few() = default;
  Few(std::initializer_list<T> things) : Few(things.begin(), things.end()) {}
  template <class Iterator>
  Few(Iterator first, Iterator last) {
    for (; first != last; ++first) push_back(*first);
  }
  Few(const Few&) = default;
  Few& operator=(const Few&) = default;
  Few(Few&& other) noexcept
      : few_(std::move(other.few_)), many_(std::move(other.many_)), count_(std::exchange(other.count_, 0)) {}
  Few& operator=(Few&& other) noexcept {
    few_ = std::move(other.few_);
    many_ = std::move(other.many_);
    count_ = std::exchange(other.count_, 0);
    return *this;
  }
  ~Few() = default;

  void push_back(T thing) {
    if (count_ < N) {
      few_[count_] = std::move(thing);
    } else {
      if (count_ == N) std::ranges::move(few_, std::back_inserter(many_));
      many_.push_back(std::move(thing));
    }
    ++count_;
  }
  void reserve(size_t count) {
    if (count > N) many_.reserve(count);
  }

  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  T* begin() { return count_ > N ? many_.data() : few_.data(); }
  T* end() { return begin() + count_; }
  const T* begin() const { return count_ > N ? many_.data() : few_.data(); }
  const T* end() const { return begin() + count_; }
  T& operator[](size_t index) { return begin()[index]; }
  const T& operator[](size_t index) const { return begin()[index]; }
  T& front() { return *begin(); }
  const T& front() const { return *begin(); }

 private:
  std::array<T, N> few_{};
  std::vector<T> many_;  // empty, or all of them
  size_t count_ = 0;
};

}  // namespace cleat::base
