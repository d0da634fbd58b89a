// How many pods there are, or what they weigh, in each domain of a topology key. A domain is a value of the key's
// label.
#pragma once

#include <cstdint>
#include <vector>

#include "state/topology.h"

namespace cleat::scheduling {

class DomainCounts {
 public:
  explicit DomainCounts(const TopologyColumn& column) : column_(&column) {}

  const TopologyColumn& column() const { return *column_; }
  // Of the domain that the node is in; 0 for a node that is in none.
  int64_t at(NodeIndex node) const { return of(column_->at(node)); }
  int64_t of(int32_t domain) const {
    return domain < 0 || static_cast<size_t>(domain) >= counts_.size() ? 0 : counts_[domain];
  }
  void add(NodeIndex node, int64_t amount);
  bool isEmpty() const { return nonZero_ == 0; }

  // From here on only pods on nodes that are admitted count, and `least` is known: the smallest count of a domain that
  // an admitted node is in, or 0 where there is none.
  void admitOnly(const std::vector<uint8_t>& nodes);
  size_t domains() const { return domains_; }  // with admitted nodes
  int64_t least() const { return domains_ == 0 ? 0 : least_; }

 private:
  void move(int64_t from, int64_t to);

  const TopologyColumn* column_;
  std::vector<int64_t> counts_;
  size_t nonZero_ = 0;
  bool limited_ = false;
  std::vector<uint8_t> admitted_;    // by node
  std::vector<uint8_t> exists_;      // by domain
  std::vector<uint32_t> histogram_;  // how many existing domains have a count
  size_t domains_ = 0;
  int64_t least_ = 0;
};

}  // namespace cleat::scheduling
