// What happened on the nodes, in order, for those who keep something that follows from it: each reads on from where it
// was. Who comes too late, after entries were dropped, begins anew.
#pragma once

#include <cstdint>
#include <deque>

#include "state/pod_class.h"
#include "state/topology.h"

namespace cleat::scheduling {

struct JournalEntry {
  enum class What : uint8_t {
    room,   // what is nominated to the node
    pod,    // a pod of `podClass` came (sign 1) or went (-1)
    node,   // what the node offers: amounts, images
    shape,  // a node came, went, or has other labels or taints
  };
  NodeIndex node = kNoNode;
  What what = What::room;
  int8_t sign = 0;
  bool leaving = false;  // the pod is being deleted
  ClassRef podClass;
};

class Journal {
 public:
  explicit Journal(size_t most = 65536) : most_(most) {}
  uint64_t end() const { return begin_ + entries_.size(); }
  bool has(uint64_t from) const { return from >= begin_; }
  const JournalEntry& at(uint64_t position) const { return entries_[position - begin_]; }
  void add(JournalEntry entry) {
    entries_.push_back(std::move(entry));
    if (entries_.size() <= most_) return;
    entries_.pop_front();
    ++begin_;
  }

 private:
  size_t most_;
  uint64_t begin_ = 0;
  std::deque<JournalEntry> entries_;
};

}  // namespace cleat::scheduling
