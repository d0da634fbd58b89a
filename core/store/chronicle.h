// Chronicle: the histories of all resources together, kept within one bound on revisions, bytes and age. The committer
// records changes; everyone may read the histories. What is new has its message at hand, for those who follow; what a
// thousand changes came after, or what was replaced a while or a megabyte ago, has its text alone, until somebody
// wants more of it.
#pragma once

#include <cleat/sdk/mutex.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/store/history.h"

namespace cleat::store {

class Chronicle {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Bounds {
    size_t revisions, bytes;
    std::chrono::nanoseconds age;
  };
  // Nothing at or before `horizon` is kept.
  Chronicle(uint64_t horizon, Bounds bounds);

  // Thread-safe. Made on first use; it lives as long as the chronicle.
  History& of(const object::StoredResource& resource);
  bool has(const object::StoredResource& resource) const;
  // Each that there is by now, with the id of its resource.
  void each(const std::function<void(uint32_t, const History&)>& visit) const;
  // The revision of the last change that was given up: the oldest state that can be worked out.
  uint64_t horizon() const { return horizon_.load(std::memory_order_acquire); }

  // By one thread at a time: changes in the order of their revisions, and then giving up what is too much.
  void record(const Change& change, Time now);
  // Changes of resources that were not recorded so far, from among the revisions that have been. Those that are too old
  // are left out.
  void recordEarlier(std::vector<Change> changes, Time now);
  void trim(Time now);
  // What was replaced long enough ago for everybody to have been told lets go of what was made of it; how many did.
  size_t coolDown(Time now);

 private:
  struct Entry {
    uint64_t revision;
    History* history;
    ObjectRef object, replaced;  // `replaced` may be null
    size_t bytes;                // that only history holds
    Time recorded;
    size_t replacedMade = 0;  // bytes that `replaced` had beside its text, until it was told to let go of them
  };
  Entry entryOf(const Change& change, Time now);
  // Of the schema of an open kind, where the change is the first one by it: history may be all that holds it soon.
  size_t schemaBytes(const object::Kind& kind);
  bool isTooMuch(const Entry& oldest, Time now) const;
  // The last changes keep what their writers made of them; of what they replaced there is a bound in bytes as well,
  // since nobody but those who are told late wants it.
  void keepWarm(Entry& latest);
  // Lets what was replaced be its text alone; whether it was more.
  bool forget(Entry& entry);

  const Bounds bounds_;
  const uint64_t firstHorizon_;
  std::atomic<uint64_t> horizon_;
  std::deque<Entry> entries_;
  size_t bytes_ = 0;
  uint64_t forgotten_ = 0;  // what was replaced up to this revision is its text alone
  size_t replacedBytes_ = 0;
  // By the id of the resource, the kind of the last change: to be compared, never to be looked into.
  std::vector<const object::Kind*> lastKinds_;
  mutable SharedMutex mutex_;                                                 // of the list, not of the histories
  std::vector<std::unique_ptr<History>> histories_ CLEAT_GUARDED_BY(mutex_);  // by the id of the resource
};

}  // namespace cleat::store
