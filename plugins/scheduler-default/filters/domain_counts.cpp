#include "filters/domain_counts.h"

#include <algorithm>

namespace cleat::scheduling {

void DomainCounts::admitOnly(const std::vector<uint8_t>& nodes) {
  limited_ = true;
  admitted_ = nodes;
  exists_.assign(column_->domains(), 0);
  domains_ = 0;
  least_ = 0;
  counts_.assign(column_->domains(), 0);
  for (NodeIndex node = 0; node < nodes.size(); ++node) {
    const int32_t domain = column_->at(node);
    if (nodes[node] == 0 || domain < 0 || exists_[domain] != 0) continue;
    exists_[domain] = 1;
    ++domains_;
  }
  histogram_.assign(1, static_cast<uint32_t>(domains_));
}

void DomainCounts::add(NodeIndex node, int64_t amount) {
  const int32_t domain = column_->at(node);
  if (domain < 0 || (limited_ && (node >= admitted_.size() || admitted_[node] == 0))) return;
  if (counts_.size() <= static_cast<size_t>(domain)) counts_.resize(column_->domains(), 0);
  int64_t& count = counts_[domain];
  const int64_t before = count;
  count += amount;
  if (before == 0 && count != 0) ++nonZero_;
  if (before != 0 && count == 0) --nonZero_;
  if (limited_) move(before, count);
}

void DomainCounts::move(int64_t from, int64_t to) {
  if (from < 0 || to < 0 || from == to) return;
  if (histogram_.size() <= static_cast<size_t>(to)) histogram_.resize(to + 1, 0);
  --histogram_[from];
  ++histogram_[to];
  if (to < least_) {
    least_ = to;
  } else if (from == least_) {
    while (histogram_[least_] == 0) ++least_;
  }
}

}  // namespace cleat::scheduling
