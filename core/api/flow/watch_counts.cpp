#include "core/api/flow/watch_counts.h"

#include <functional>

namespace cleat::api {

WatchCounts::Sum& WatchCounts::sumOf(std::string_view resource) const {
  return sums_[std::hash<std::string_view>()(resource) % sums_.size()];
}

WatchCounts::Watcher WatchCounts::add(const WatchedPlace& place) {
  Key key{std::string(place.group), std::string(place.resource), std::string(place.ns), std::string(place.name)};
  sumOf(place.resource).fetch_add(1, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  const auto at = counts_.try_emplace(std::move(key), 0).first;
  ++at->second;
  return Watcher(*this, at);
}

void WatchCounts::remove(Counts::iterator place) {
  sumOf(place->first[1]).fetch_sub(1, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  if (--place->second == 0) counts_.erase(place);
}

size_t WatchCounts::of(const WatchedPlace& place, uint32_t least) const {
  if (sumOf(place.resource).load(std::memory_order_relaxed) < least) return 0;
  ReaderLock lock(mutex_);
  auto countOf = [&](std::string_view ns, std::string_view name) CLEAT_REQUIRES_SHARED(mutex_) {
    const auto at = counts_.find(KeyView{place.group, place.resource, ns, name});
    return at == counts_.end() ? size_t{0} : size_t{at->second};
  };
  size_t count = countOf({}, {});
  if (!place.ns.empty()) count += countOf(place.ns, {});
  if (!place.name.empty()) count += countOf(place.ns, place.name);
  return count;
}

}  // namespace cleat::api
