#include "index_set.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "batch-common/index_intervals.h"

namespace cleat::job {

IndexSet IndexSet::parse(std::string_view text, int64_t completions) {
  IndexSet set;
  if (text.empty()) return set;
  for (batch::IndexIntervals intervals(text, std::numeric_limits<int64_t>::max()); !intervals.done();) {
    auto interval = intervals.next();
    if (!interval || interval->first < 0 || interval->first >= completions) continue;
    set.addRange(interval->first, std::min(interval->last, completions - 1));
  }
  return set;
}

void IndexSet::addRange(int64_t first, int64_t last) {
  auto next = ranges_.upper_bound(first);
  if (next != ranges_.begin()) {
    auto before = std::prev(next);
    if (before->second + 1 >= first) {
      first = before->first;
      last = std::max(last, before->second);
      next = ranges_.erase(before);
    }
  }
  while (next != ranges_.end() && next->first <= last + 1) {
    last = std::max(last, next->second);
    next = ranges_.erase(next);
  }
  ranges_[first] = last;
}

bool IndexSet::has(int64_t index) const {
  auto next = ranges_.upper_bound(index);
  return next != ranges_.begin() && std::prev(next)->second >= index;
}

int64_t IndexSet::size() const {
  int64_t count = 0;
  for (const auto& [first, last] : ranges_) count += last - first + 1;
  return count;
}

int64_t IndexSet::common(const IndexSet& other) const {
  int64_t count = 0;
  auto a = ranges_.begin(), b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    count += std::max<int64_t>(0, std::min(a->second, b->second) - std::max(a->first, b->first) + 1);
    if (a->second < b->second) {
      ++a;
    } else {
      ++b;
    }
  }
  return count;
}

std::string IndexSet::text() const {
  std::string out;
  for (const auto& [first, last] : ranges_) {
    if (!out.empty()) out += ',';
    appendTo(out, first);
    if (last > first) appendTo(out, concat(last == first + 1 ? ',' : '-', last));
  }
  return out;
}

}  // namespace cleat::job
