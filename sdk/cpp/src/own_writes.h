// OwnWrites: which of the changes that a plugin sees are its own. A Client notes the revisions that its writes were
// answered with; the last few thousand are remembered, which is more than can be on their way back at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_set>

namespace cleat::detail {

class OwnWrites {
 public:
  void note(uint64_t revision) {
    if (revision == 0 || !revisions_.insert(revision).second) return;
    ++count_;
    order_.push_back(revision);
    if (order_.size() <= kMost) return;
    revisions_.erase(order_.front());
    order_.pop_front();
  }
  bool contains(uint64_t revision) const { return revisions_.contains(revision); }
  // How many there were in all.
  uint64_t count() const { return count_; }

 private:
  static constexpr size_t kMost = 4096;
  std::unordered_set<uint64_t> revisions_;
  std::deque<uint64_t> order_;
  uint64_t count_ = 0;
};

}  // namespace cleat::detail
