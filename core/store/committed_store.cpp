#include "core/store/committed_store.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/store/batch.h"
#include "core/store/prepared.h"
#include "core/store/replay.h"

namespace cleat::store {
namespace {

// A state of the past is worked out from the next kept one, over at most this many changes (or one batch).
constexpr uint64_t kRevisionsPerKeptState = 256;
// History is given up on the disk in steps of this many revisions, when there is nothing else to do, or when this many
// steps have become due.
constexpr uint64_t kCompactionStep = 1'000;
constexpr uint64_t kCompactionStepsBehind = 10;

Status tooOld(uint64_t oldest) {
  return Status::gone("The resourceVersion for the provided list is too old. The oldest one is " +
                      std::to_string(oldest) + ".");
}

Status inTheFuture(uint64_t revision, uint64_t current) {
  Status status = Status::timeout("Too large resource version: " + std::to_string(revision) +
                                  ", current: " + std::to_string(current));
  status.details.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  status.details.retryAfterSeconds = 1;
  return status;
}

// `changes` of one kind, newest last, taken back.
void undo(ObjectMap& map, const std::vector<Change>& changes) {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (change->previous) {
      map.set(change->previous);
    } else {
      map.erase({change->object->ns(), change->object->name()});
    }
  }
}

}  // namespace

CommittedStore::CommittedStore(object::KindRegistry& kinds, std::unique_ptr<Engine> engine, Options options,
                               uint64_t floor, uint64_t lastRevision)
    : kinds_(kinds),
      engine_(std::move(engine)),
      options_(options),
      chronicle_(floor, {options.historyRevisions, options.historyBytes, options.historyAge}),
      latest_(makeRef<State>(lastRevision, ObjectMaps{})),
      published_(lastRevision),
      compacted_(floor),
      queue_(options.maxQueuedWrites) {}

CommittedStore::~CommittedStore() { close(); }

Result<void> CommittedStore::recover() {
  Replay replay(kinds_);
  if (auto done = replay.run(*engine_, compacted_, nullptr); !done) return done;
  const auto now = options_.clock();
  for (const Change& change : replay.changes) chronicle_.record(change, now);
  chronicle_.trim(now);
  unadopted_ = std::move(replay.unknown);
  latest_.set(makeRef<State>(published_.load(), std::move(replay.maps)));
  committer_ = std::thread([this] { run(); });
  return {};
}

Task<Result<ObjectRef>> CommittedStore::commit(Write write) {
  if (write.isDelete) {
    // The last state is encoded here, on the writer's thread. Whoever knows a revision has seen it published, so if it is not
    // the latest one now, the committer will refuse the write whatever it carries.
    ObjectRef current = snapshot()->get(*write.object.kind, write.object.ns, write.object.name);
    if (current && current->revision() == write.expectedRevision) write.object = prepareCopy(*current);
  }
  if (diskIsQuick() && queue_.enter()) co_return commitHere(std::move(write));
  Completion<Result<ObjectRef>> done;
  if (auto queued = queue_.push({std::move(write), done}); !queued) co_return fail(queued.error());
  co_return co_await done;
}

void CommittedStore::run() {
  for (;;) {
    WriteQueue::Taken taken = queue_.take(options_.maxBatch);
    for (auto& job : taken.jobs) job();
    if (!taken.writes.empty()) commitAll(std::move(taken.writes));
    if (!taken.closed) compactSome();
    queue_.leave();
    if (taken.closed) return;
  }
}

Result<ObjectRef> CommittedStore::commitHere(Write write) {
  std::vector<Write> one;
  one.push_back(std::move(write));
  Result<ObjectRef> answer = std::move(commitBatch(std::move(one)).front());
  bool due = compactionIsDue();
  queue_.leave();
  if (due) queue_.pushJob([] {});  // wakes the thread that does it
  return answer;
}

void CommittedStore::commitAll(std::vector<PendingWrite> pending) {
  std::vector<Write> writes;
  writes.reserve(pending.size());
  for (PendingWrite& one : pending) writes.push_back(std::move(one.write));
  std::vector<Result<ObjectRef>> answers = commitBatch(std::move(writes));
  for (size_t i = 0; i < pending.size(); ++i) pending[i].done.complete(std::move(answers[i]));
}

std::vector<Result<ObjectRef>> CommittedStore::commitBatch(std::vector<Write> writes) {
  StateRef base = latest_.get();
  Batch batch(*base);
  std::vector<Result<ObjectRef>> answers;
  answers.reserve(writes.size());
  for (Write& write : writes) answers.push_back(check(batch, std::move(write)));
  if (batch.empty()) return answers;
  if (auto durable = makeDurable(batch)) {
    publish(batch);
  } else {
    // Also for those that were refused: the state that they were held against will never be.
    for (auto& answer : answers) answer = fail(durable.error());
  }
  return answers;
}

Result<ObjectRef> CommittedStore::check(Batch& batch, Write write) {
  if (!unadopted_.empty() && unadopted_.contains(write.object.kind->resource())) {
    return fail(Status::unavailable("the stored " + write.object.kind->resource() + " have not been read yet"));
  }
  return batch.add(std::move(write));
}

Result<void> CommittedStore::makeDurable(const Batch& batch) {
  std::vector<Record> records = batch.records();
  const auto began = options_.clock();
  auto written = engine_->write(records);
  lastWrite_.store((options_.clock() - began) / std::chrono::nanoseconds(1), std::memory_order_relaxed);
  if (written) {
    if (engineFails_) base::log(base::LogLevel::info, "store", "writes succeed again");
    engineFails_ = false;
    return {};
  }
  if (!engineFails_) base::log(base::LogLevel::error, "store", "a write failed: " + written.error().message);
  engineFails_ = true;
  return fail(Status::unavailable("the change could not be stored: " + written.error().message));
}

void CommittedStore::publish(Batch& batch) {
  const auto now = options_.clock();
  for (const Change& change : batch.changes()) chronicle_.record(change, now);
  StateRef state = batch.takeState();
  latest_.set(state);
  published_.store(state->revision(), std::memory_order_release);
  chronicle_.trim(now);
  keepForThePast(std::move(state));
  if (listener_) listener_(batch.changes());
}

void CommittedStore::keepForThePast(StateRef state) {
  MutexLock lock(pastMutex_);
  if (past_.empty() || state->revision() >= past_.back()->revision() + kRevisionsPerKeptState) {
    past_.push_back(std::move(state));
  }
  while (!past_.empty() && past_.front()->revision() < chronicle_.oldest()) past_.pop_front();
}

StateRef CommittedStore::nearest(uint64_t revision) const {
  {
    MutexLock lock(pastMutex_);
    auto kept = std::ranges::lower_bound(past_, revision, {}, [](const StateRef& state) { return state->revision(); });
    if (kept != past_.end()) return *kept;
  }
  return latest_.get();
}

Result<SnapshotRef> CommittedStore::at(uint64_t revision) const {
  if (uint64_t current = this->revision(); revision > current) return fail(inTheFuture(revision, current));
  StateRef later = nearest(revision);
  if (later->revision() == revision) return SnapshotRef(std::move(later));
  ObjectMaps maps = later->maps();
  for (const Kind* kind : kinds_.all()) {
    if (!chronicle_.has(*kind)) continue;
    std::vector<Change> changes;
    chronicle_.of(*kind).visit(std::max(revision, chronicle_.of(*kind).floor()), later->revision(), [&](const Change& change) {
      changes.push_back(change);
      return true;
    });
    if (!changes.empty()) undo(mapOf(maps, *kind), changes);
  }
  // Only now: what was given up meanwhile may have been missed.
  if (uint64_t oldest = chronicle_.oldest(); revision < oldest) return fail(tooOld(oldest));
  return SnapshotRef(makeRef<State>(revision, std::move(maps)));
}

Result<std::vector<Change>> CommittedStore::changesAfter(const Kind& kind, uint64_t revision) const {
  std::vector<Change> changes;
  uint64_t current = this->revision();
  bool reaches = chronicle_.of(kind).visit(revision, current, [&](const Change& change) {
    changes.push_back(change);
    return true;
  });
  if (reaches) return changes;
  return fail(Status::gone("too old resource version: " + std::to_string(revision) + " (" + std::to_string(current) + ")"));
}

void CommittedStore::setListener(Listener listener) { listener_ = std::move(listener); }

Result<void> CommittedStore::adoptKind(const Kind&) {
  auto done = std::make_shared<std::promise<Result<void>>>();
  auto answer = done->get_future();
  if (!queue_.pushJob([this, done] { done->set_value(adoptNow()); })) {
    return fail(Status::unavailable("the store is shutting down"));
  }
  return answer.get();
}

// Whatever has got a kind since: often several are registered together, and this reads the whole log.
Result<void> CommittedStore::adoptNow() {
  std::set<std::string> adopted;
  for (const std::string& resource : unadopted_) {
    if (storedKind(kinds_, resource) != nullptr) adopted.insert(resource);
  }
  if (adopted.empty()) return {};
  Replay replay(kinds_);
  if (auto done = replay.run(*engine_, compacted_, &adopted); !done) return done;

  StateRef before = latest_.get();
  ObjectMaps maps = before->maps();
  for (const std::string& resource : adopted) {
    const Kind* kind = storedKind(kinds_, resource);
    mapOf(maps, *kind) = std::move(mapOf(replay.maps, *kind));
    // Who watched too early has missed what was there: it begins again.
    if (chronicle_.has(*kind)) chronicle_.of(*kind).giveUp(before->revision());
    unadopted_.erase(resource);
  }
  std::erase_if(replay.changes, [&](const Change& change) {
    return change.revision <= chronicle_.of(change.object->kind()).floor();
  });
  const auto now = options_.clock();
  chronicle_.recordEarlier(std::move(replay.changes), now);
  latest_.set(makeRef<State>(before->revision(), std::move(maps)));
  {
    MutexLock lock(pastMutex_);
    past_.clear();  // they lack the adopted objects
  }
  chronicle_.trim(now);
  return {};
}

bool CommittedStore::compactionIsDue() const { return chronicle_.oldest() >= compacted_ + kCompactionStep; }

void CommittedStore::compactSome() {
  uint64_t oldest = chronicle_.oldest();
  bool freed = false;
  while (oldest >= compacted_ + kCompactionStep) {
    if (oldest < compacted_ + kCompactionStepsBehind * kCompactionStep && !queue_.empty()) return;
    uint64_t next = std::min(oldest, compacted_ + kCompactionStep);
    if (auto done = engine_->compact(next); !done) {
      base::log(base::LogLevel::warn, "store", "giving up history failed: " + done.error().message);
      return;
    }
    compacted_ = next;
    if (!queue_.empty()) return;
    freed = true;
  }
  if (freed) base::releaseFreeMemory();
}

void CommittedStore::close() {
  queue_.close();
  if (committer_.joinable()) committer_.join();
  engine_.reset();
}

Result<std::unique_ptr<Store>> Store::open(object::KindRegistry& kinds, std::unique_ptr<Engine> engine,
                                           Options options) {
  auto floor = engine->compactedRevision();
  if (!floor) return fail(floor.error());
  auto last = engine->lastRevision();
  if (!last) return fail(last.error());
  auto store = std::make_unique<CommittedStore>(kinds, std::move(engine), options, *floor, *last);
  if (auto done = store->recover(); !done) return fail(done.error());
  return store;
}

}  // namespace cleat::store
