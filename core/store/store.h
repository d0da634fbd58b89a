// The cluster's state: every object at its latest revision, the recent revisions before it, and the one road by which
// it changes. Reads take a Snapshot and never lock; a write is a compare-and-swap on one object's revision.
//
// All writes pass one committer, which takes whatever has queued up, checks each against the state that the ones before
// it leave, hands the lot to the engine as one durable batch, and then publishes: the new snapshot first, then the
// changes to the listener (the bus), then the answers to the writers. The committer is a thread, or the writer's own
// when nothing else is going on and the disk is quick. Nothing is visible or acknowledged before it is durable. If the
// engine fails, every write of the batch fails and the state is as before.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/object/catalogue.h"
#include "core/object/codec.h"
#include "core/object/object.h"
#include "core/store/engine.h"
#include "core/store/snapshot.h"

namespace cleat::store {

using object::Kind;
using object::ObjectRef;

enum class ChangeType { added, modified, deleted };

// One committed revision.
struct Change {
  ChangeType type;
  uint64_t revision;
  ObjectRef object;    // after the change; for deleted its last state, carrying the revision of the deletion
  ObjectRef previous;  // null for added
};

// A new state of an object, ready to be stored: built and encoded by the writer's own thread.
struct Prepared {
  object::KindRef kind;  // the version that it is stored in
  std::string ns, name;
  Ref<object::Message> message;  // its metadata.resourceVersion is filled in at the commit
  object::Encoded json;          // encoded withRevision
};
Prepared prepare(const Kind& kind, std::string ns, std::string name, Ref<object::Message> message);

struct Write {
  // The state to store. For a deletion its message and JSON are empty.
  Prepared object;
  bool isDelete = false;
  // The revision that the object must have now; 0: it must not exist.
  uint64_t expectedRevision = 0;
};

// What a write has cost, from when it was handed in until it was durable.
struct WriteCost {
  const Kind& kind;
  ChangeType type;
  std::chrono::nanoseconds took;
  bool failed;  // the engine did; a write that was refused has not
};

struct Options {
  // Revisions kept for watches, paging and reading the past, at most; older ones are compacted away.
  size_t historyRevisions = 20'000;
  size_t historyBytes = 64u << 20;
  // What is older goes with the next write, so that a cluster at rest holds little more than its present.
  std::chrono::nanoseconds historyAge = std::chrono::minutes(5);
  size_t maxQueuedWrites = 10'000;  // further ones are refused with 429
  size_t maxBatch = 2'000;
  // A writer that comes alone commits on its own thread while the engine takes less than this for a batch; 0: never.
  std::chrono::nanoseconds commitHereBelow = std::chrono::microseconds(400);
  std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
  std::function<void(const WriteCost&)> written =
      {};  // told of every write, from any thread, before its writer goes on
};

class History;

class Store {
 public:
  // Recovers what the engine holds. The listener is called by the committer, in the order of revisions.
  static Result<std::unique_ptr<Store>> open(object::KindRegistry& kinds, std::unique_ptr<Engine> engine,
                                             Options options = {});
  virtual ~Store() = default;

  // Commits one write. 409 Conflict / AlreadyExists / 404 by `expectedRevision`; 503 when the disk fails. Thread-safe.
  // The awaiting coroutine goes on at once, or on the committer thread between two batches: what takes time hops to an
  // executor first.
  virtual Task<Result<ObjectRef>> commit(Write write) = 0;

  // The latest published state. Lock-free, never null.
  virtual SnapshotRef snapshot() const = 0;
  // The state as it was at `revision`. The error is 410 when that lies before the horizon, and 504 Timeout ("Timeout:
  // Too large resource version: N, current: M"), as in Kubernetes, when it has not been committed yet.
  virtual Result<SnapshotRef> at(uint64_t revision) const = 0;

  using Listener = std::function<void(std::span<const Change>)>;
  // Once, before the first write.
  virtual void setListener(Listener listener) = 0;
  // To be called after kinds have come late or gone: makes the objects of those that came visible, which are on the
  // disk, and leaves those of resources that have no kind any more to the disk. Without any it does nothing, at once.
  // The error is 503 when the store is closing, or what the disk said.
  virtual Result<void> adoptKinds() = 0;

  // To be called every so often: history that is too old goes, and what readers have had made of objects and nobody has
  // wanted since the call before. Returns at once.
  virtual void coolDown() = 0;

  // Waits until what has been written by now is committed, and whoever wrote it has been answered. Not to be called
  // from the continuation of a commit.
  virtual void finishWrites() = 0;

  // Waits for queued writes and closes the engine; what has been published can still be read. Not to be called from the
  // continuation of a commit.
  virtual void close() = 0;

  // The revision of the latest published state: every change up to it is in the histories. Lock-free.
  virtual uint64_t revision() const = 0;
  // How many stored objects could not be read when they were taken from the disk (object::Object::problem).
  virtual size_t unreadable() const = 0;
  // How many objects there are on the disk of resources that no plugin brings, by resource ("tickets.example.com"): of
  // one namespace, or of all. They are kept as they are, and come back with their kind.
  virtual std::map<std::string, size_t> orphans(std::string_view ns = {}) const = 0;
  // Whether this stored revision would be written in another form today: a write that changes nothing is done then.
  virtual bool isStale(uint64_t revision) const = 0;
  // The kept changes of a kind's resource, to be read without copying them. Lives as long as the store.
  virtual const History& history(const Kind& kind) = 0;
};

}  // namespace cleat::store
