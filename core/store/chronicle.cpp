#include "core/store/chronicle.h"

#include <cleat/sdk/mutex.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/check.h"
#include "core/object/open/open_schema.h"

namespace cleat::store {
namespace {

// So many of the last changes keep what their writers made of them, and what they replaced while all of that takes no
// more memory than so much.
constexpr size_t kWarmChanges = 1'000, kReplacedBytes = size_t{1} << 20;
// Who follows has been told by then, or is so far behind that it may take its time.
constexpr std::chrono::seconds kToldWithin{10};

}  // namespace

Chronicle::Chronicle(uint64_t horizon, Bounds bounds) : bounds_(bounds), firstHorizon_(horizon), horizon_(horizon) {}

bool Chronicle::has(const object::StoredResource& resource) const {
  ReaderLock lock(mutex_);
  return resource.id < histories_.size() && histories_[resource.id];
}

History& Chronicle::of(const object::StoredResource& resource) {
  {
    ReaderLock lock(mutex_);
    if (resource.id < histories_.size() && histories_[resource.id]) return *histories_[resource.id];
  }
  MutexLock lock(mutex_);
  if (histories_.size() <= resource.id) histories_.resize(resource.id + 1);
  auto& history = histories_[resource.id];
  if (!history) history = std::make_unique<History>(firstHorizon_);
  return *history;
}

void Chronicle::each(const std::function<void(uint32_t, const History&)>& visit) const {
  size_t count;
  {
    ReaderLock lock(mutex_);
    count = histories_.size();
  }
  for (uint32_t id = 0; id < count; ++id) {
    const History* history;
    {
      ReaderLock lock(mutex_);
      history = histories_[id].get();
    }
    if (history) visit(id, *history);
  }
}

size_t Chronicle::schemaBytes(const object::Kind& kind) {
  // What a schema takes in memory, its text included, for each byte of the text.
  constexpr size_t kBytesPerByte = 8;
  if (!kind.open) return 0;
  if (lastKinds_.size() <= kind.storage->id) lastKinds_.resize(kind.storage->id + 1);
  const object::Kind* last = std::exchange(lastKinds_[kind.storage->id], &kind);
  return last == nullptr || last == &kind ? 0 : kBytesPerByte * kind.open->json().size();
}

Chronicle::Entry Chronicle::entryOf(const Change& change, Time now) {
  size_t bytes = sizeof(Change) + sizeof(Entry) + schemaBytes(change.object->kind());
  if (change.previous) bytes += change.previous->bytes();
  if (change.type == ChangeType::deleted) bytes += change.object->bytes();
  return {change.revision, &of(*change.object->kind().storage), change.object, change.previous, bytes, now};
}

void Chronicle::record(const Change& change, Time now) {
  CHECK(change.revision > horizon(), "a change is newer than all that was given up");
  CHECK(entries_.empty() || change.revision > entries_.back().revision,
        "changes are recorded in the order of revisions");
  Entry entry = entryOf(change, now);
  entry.history->append(change);
  bytes_ += entry.bytes;
  entries_.push_back(std::move(entry));
  keepWarm(entries_.back());
}

void Chronicle::keepWarm(Entry& latest) {
  if (entries_.size() > kWarmChanges) entries_[entries_.size() - 1 - kWarmChanges].object->dropMade();
  if (latest.replaced) replacedBytes_ += latest.replacedMade = latest.replaced->madeBytes();
  if (replacedBytes_ <= kReplacedBytes) return;
  auto oldest = std::ranges::upper_bound(entries_, forgotten_, {}, &Entry::revision);
  for (; replacedBytes_ > kReplacedBytes && std::next(oldest) != entries_.end(); ++oldest) forget(*oldest);
}

bool Chronicle::forget(Entry& entry) {
  forgotten_ = entry.revision;
  replacedBytes_ -= std::exchange(entry.replacedMade, 0);
  if (!entry.replaced || !entry.replaced->hasMade()) return false;
  entry.replaced->dropMade();
  return true;
}

void Chronicle::recordEarlier(std::vector<Change> changes, Time now) {
  for (Change& change : changes) {
    if (change.revision <= horizon()) {
      of(*change.object->kind().storage).giveUp(change.revision);
      continue;
    }
    Entry entry = entryOf(change, now);
    entry.history->append(std::move(change));
    bytes_ += entry.bytes;
    entries_.push_back(std::move(entry));
  }
  std::ranges::sort(entries_, {}, &Entry::revision);
}

bool Chronicle::isTooMuch(const Entry& oldest, Time now) const {
  return entries_.size() > bounds_.revisions || bytes_ > bounds_.bytes || now - oldest.recorded > bounds_.age;
}

size_t Chronicle::coolDown(Time now) {
  size_t count = 0;
  auto entry = std::ranges::upper_bound(entries_, forgotten_, {}, &Entry::revision);
  for (; entry != entries_.end() && now - entry->recorded > kToldWithin; ++entry) {
    if (forget(*entry)) ++count;
  }
  return count;
}

void Chronicle::trim(Time now) {
  while (!entries_.empty() && isTooMuch(entries_.front(), now)) {
    const Entry& first = entries_.front();
    CHECK(first.revision > horizon(), "the horizon only rises");
    // Before the change goes, so that nobody takes a state for one that can still be worked out.
    horizon_.store(first.revision, std::memory_order_release);
    first.history->giveUp(first.revision);
    CHECK(bytes_ >= first.bytes, "what was counted in is counted out");
    bytes_ -= first.bytes;
    replacedBytes_ -= first.replacedMade;
    entries_.pop_front();
  }
}

}  // namespace cleat::store
