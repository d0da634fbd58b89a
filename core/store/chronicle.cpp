#include "core/store/chronicle.h"

#include <algorithm>
#include <mutex>

namespace cleat::store {

Chronicle::Chronicle(uint64_t floor, size_t maxRevisions, size_t maxBytes)
    : maxRevisions_(maxRevisions), maxBytes_(maxBytes), firstFloor_(floor), oldest_(floor) {}

bool Chronicle::has(const Kind& kind) const {
  std::shared_lock lock(mutex_);
  return kind.id < histories_.size() && histories_[kind.id];
}

History& Chronicle::of(const Kind& kind) {
  {
    std::shared_lock lock(mutex_);
    if (kind.id < histories_.size() && histories_[kind.id]) return *histories_[kind.id];
  }
  std::unique_lock lock(mutex_);
  if (histories_.size() <= kind.id) histories_.resize(kind.id + 1);
  auto& history = histories_[kind.id];
  if (!history) history = std::make_unique<History>(firstFloor_);
  return *history;
}

Chronicle::Entry Chronicle::entryOf(const Change& change) {
  size_t bytes = sizeof(Change) + sizeof(Entry);
  if (change.previous) bytes += change.previous->bytes();
  if (change.type == ChangeType::deleted) bytes += change.object->bytes();
  return {change.revision, &of(change.object->kind()), bytes};
}

void Chronicle::record(const Change& change) {
  Entry entry = entryOf(change);
  entry.history->append(change);
  bytes_ += entry.bytes;
  entries_.push_back(entry);
}

void Chronicle::recordEarlier(std::vector<Change> changes) {
  for (Change& change : changes) {
    if (change.revision <= oldest()) {
      of(change.object->kind()).giveUp(change.revision);
      continue;
    }
    Entry entry = entryOf(change);
    entry.history->append(std::move(change));
    bytes_ += entry.bytes;
    entries_.push_back(entry);
  }
  std::ranges::sort(entries_, {}, &Entry::revision);
}

void Chronicle::trim() {
  while (!entries_.empty() && (entries_.size() > maxRevisions_ || bytes_ > maxBytes_)) {
    const Entry& first = entries_.front();
    // Before the change goes, so that nobody takes a state for one that can still be worked out.
    oldest_.store(first.revision, std::memory_order_release);
    first.history->giveUp(first.revision);
    bytes_ -= first.bytes;
    entries_.pop_front();
  }
}

}  // namespace cleat::store
