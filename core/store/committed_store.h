// CommittedStore: the Store. Its parts: a WriteQueue where writers leave their writes, the Batch that the committer
// makes of them, the Chronicle of what happened lately, and cells from which readers take the latest State.
//
// The committer is whoever has entered the queue: its own thread, or, while the disk is quick, a writer that comes
// alone. Handing one write to another thread and the answer back costs two wake-ups, on a machine at rest half as much
// as a quick sync.
#pragma once

#include <cleat/sdk/mutex.h>

#include <atomic>
#include <deque>
#include <set>
#include <thread>

#include "core/base/one_at_a_time.h"
#include "core/base/shared_cell.h"
#include "core/store/chronicle.h"
#include "core/store/cooling.h"
#include "core/store/orphans.h"
#include "core/store/replay.h"
#include "core/store/state.h"
#include "core/store/store.h"
#include "core/store/write_queue.h"

namespace cleat::store {

class CommittedStore final : public Store {
 public:
  CommittedStore(object::KindRegistry& kinds, std::unique_ptr<Engine> engine, Options options, uint64_t horizon,
                 uint64_t lastRevision);
  ~CommittedStore() override;

  // Once, before anything else.
  Result<void> recover();

  Task<Result<ObjectRef>> commit(Write write) override;
  SnapshotRef snapshot() const override { return latest_.get(); }
  Result<SnapshotRef> at(uint64_t revision) const override;
  void setListener(Listener listener) override;
  Result<void> adoptKinds() override;
  void coolDown() override;
  void finishWrites() override;
  void close() override;
  uint64_t revision() const override { return published_.load(std::memory_order_acquire); }
  const History& history(const Kind& kind) override { return chronicle_.of(*kind.storage); }
  size_t unreadable() const override { return unreadable_.load(std::memory_order_relaxed); }
  std::map<std::string, size_t> orphans(std::string_view ns) const override { return orphans_.count(ns); }
  bool isStale(uint64_t revision) const override {
    MutexLock lock(staleMutex_);
    return stale_.contains(revision);
  }

 private:
  void run();
  bool diskIsQuick() const { return lastWrite_.load(std::memory_order_relaxed) < options_.commitHereBelow.count(); }
  Result<ObjectRef> commitHere(Write write);

  // The committer's.
  void commitAll(std::vector<PendingWrite> writes);
  std::vector<Result<ObjectRef>> commitBatch(std::vector<Write> writes);
  Result<ObjectRef> check(class Batch& batch, Write write);
  Result<void> makeDurable(const Batch& batch);
  void publish(Batch& batch);
  void keepForThePast(StateRef state);
  Result<void> adoptNow();
  // Whether there are objects in memory whose resource has no kind any more; and their leaving it.
  bool hasKindless() const;
  void letKindlessGo();
  // Reads what is on the disk of these resources; null: of all. Notes, when all of it could be read, that it need not
  // be read again as long as the kinds stay the same.
  Result<void> replay(Replay& replay, const std::set<std::string>* only);
  bool compactionIsDue() const;
  void compactSome();
  void coolSome();

  // The nearest state kept that is not before `revision`.
  StateRef nearest(uint64_t revision) const;

  object::KindRegistry& kinds_;
  std::unique_ptr<Engine> engine_;
  const Options options_;
  Listener listener_;
  mutable Chronicle chronicle_;
  base::SharedCell<State> latest_;
  std::atomic<uint64_t> published_;
  mutable Mutex pastMutex_;
  // Every so many revisions one state, from which those in between are worked out.
  std::deque<StateRef> past_ CLEAT_GUARDED_BY(pastMutex_);
  // Resources on the disk that nobody has registered yet; before any kind is there, nothing of the disk has been read.
  // The committer's.
  std::set<std::string> unadopted_;
  Orphans orphans_;  // the objects of those
  bool unread_ = true;
  std::atomic<bool> hasUnadopted_{true};
  std::atomic<size_t> unreadable_{0};
  mutable Mutex staleMutex_;
  std::set<uint64_t> stale_ CLEAT_GUARDED_BY(staleMutex_);
  uint64_t horizonOnDisk_;
  Cooling cooling_;    // the committer's
  size_t cooled_ = 0;  // in this round
  std::atomic<bool> isCooling_{false};
  bool engineFails_ = false;
  // How long the engine took for the last batch, in nanoseconds; before the first one nobody knows.
  std::atomic<int64_t> lastWrite_{INT64_MAX};
  base::OneAtATime committing_;
  WriteQueue queue_;
  std::thread committer_;
};

}  // namespace cleat::store
