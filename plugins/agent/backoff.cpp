#include "backoff.h"

#include <algorithm>

namespace cleat::agent {

void Backoff::next(const std::string& key, Instant now) {
  Entry& entry = entries_[key];
  bool anew = entry.delay == Duration::zero() || expired(entry, now);
  entry.delay = anew ? initial_ : std::min(entry.delay * 2, limit_);
  entry.raised = now;
}

Duration Backoff::delayOf(const std::string& key) const {
  auto found = entries_.find(key);
  return found == entries_.end() ? Duration::zero() : found->second.delay;
}

Duration Backoff::remaining(const std::string& key, Instant since, Instant now) const {
  auto found = entries_.find(key);
  if (found == entries_.end() || expired(found->second, now)) return Duration::zero();
  Duration passed = now - since;
  return passed >= found->second.delay ? Duration::zero() : found->second.delay - passed;
}

void Backoff::collect(Instant now) {
  std::erase_if(entries_, [&](const auto& item) { return expired(item.second, now); });
}

}  // namespace cleat::agent
