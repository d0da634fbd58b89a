#include "core/store/committed_store.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/store/batch.h"
#include "core/store/prepared.h"
#include "core/store/replay.h"
#include "core/store/write_clock.h"

namespace cleat::store {
namespace {

// A state of the past is worked out from the next kept one, over at most this many changes (or one batch).
constexpr uint64_t kRevisionsPerKeptState = 256;
// History is given up on the disk in steps of this many revisions, when there is nothing else to do, or when this many
// steps have become due.
constexpr uint64_t kCompactionStep = 1'000;
constexpr uint64_t kCompactionStepsBehind = 10;
// A step of cooling is as long as a batch of writes or two.
constexpr size_t kCooledAtOnce = 4'000;
constexpr size_t kWorthReleasing = 1'000;
constexpr size_t kFreeBytesWorthReleasing = 32u << 20;
// Under this name is noted by which kinds all objects on the disk have been read.
constexpr std::string_view kReadable = "readable";

Status tooOld(uint64_t horizon) {
  return Status::gone("The resourceVersion for the provided list is too old. The oldest one is " +
                      std::to_string(horizon) + ".");
}

Status inTheFuture(uint64_t revision, uint64_t current) {
  Status status = Status::timeout("Timeout: Too large resource version: " + std::to_string(revision) +
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
                               uint64_t horizon, uint64_t lastRevision)
    : kinds_(kinds), engine_(std::move(engine)), options_(options),
      chronicle_(horizon, {options.historyRevisions, options.historyBytes, options.historyAge}),
      latest_(makeRef<State>(lastRevision, ObjectMaps{})), published_(lastRevision), horizonOnDisk_(horizon),
      queue_(options.maxQueuedWrites) {}

CommittedStore::~CommittedStore() { close(); }

Result<void> CommittedStore::recover() {
  CHECK(!committer_.joinable(), "a store recovers once, before anything else");
  // Where kinds come later, all is read when the first ones have come.
  if (!kinds_.latest()->served().empty()) {
    Replay found(kinds_);
    CLEAT_TRY(replay(found, nullptr));
    const auto now = options_.clock();
    for (const Change& change : found.changes) chronicle_.record(change, now);
    chronicle_.trim(now);
    latest_.set(makeRef<State>(published_.load(), std::move(found.maps)));
  }
  committer_ = std::thread([this] { run(); });
  return {};
}

Result<void> CommittedStore::replay(Replay& replay, const std::set<std::string>* only) {
  CLEAT_TRY(uint64_t readable, engine_->note(kReadable));
  const uint64_t digest = replay.catalogue().readingDigest();
  CLEAT_TRY(replay.run(*engine_, horizonOnDisk_, only, readable == digest));
  unreadable_.fetch_add(replay.unreadable);
  {
    MutexLock lock(staleMutex_);
    stale_.merge(replay.stale);
  }
  if (readable != digest && unreadable_.load() == 0) {
    // What cannot be noted is read again at the next start.
    if (auto noted = engine_->setNote(kReadable, digest); !noted) {
      base::log(base::LogLevel::warn, "store", "noting that all is readable failed: " + noted.error().message);
    }
  }
  unread_ = false;
  if (!only) {
    for (auto& [resource, paths] : replay.unknown) {
      unadopted_.insert(resource);
      orphans_.set(resource, std::move(paths));
    }
  }
  for (const auto& [resource, known] : replay.resources()) orphans_.erase(resource);
  hasUnadopted_.store(!unadopted_.empty());
  return {};
}

Task<Result<ObjectRef>> CommittedStore::commit(Write write) {
  if (write.isDelete) {
    // The last state is encoded here, on the writer's thread. Whoever knows a revision has seen it published, so if it
    // is not the latest one now, the committer will refuse the write whatever it carries.
    ObjectRef current = snapshot()->get(*write.object.kind, write.object.ns, write.object.name);
    if (current && current->revision() == write.expectedRevision) write.object = prepareCopy(*current);
  }
  const WriteClock clock(options_, write);
  if (diskIsQuick() && queue_.enter()) co_return clock.stopped(commitHere(std::move(write)));
  Completion<Result<ObjectRef>> done;
  CLEAT_CO_TRY(queue_.push({std::move(write), done}));
  Result<ObjectRef> answer = co_await done;
  co_return clock.stopped(std::move(answer));
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
  CHECK(answers.size() == pending.size(), "every writer gets an answer");
  for (size_t i = 0; i < pending.size(); ++i) pending[i].done.complete(std::move(answers[i]));
}

std::vector<Result<ObjectRef>> CommittedStore::commitBatch(std::vector<Write> writes) {
  base::OneAtATime::Turn turn(committing_, "only one commits at a time");
  StateRef base = latest_.get();
  CHECK(base->revision() == revision(), "a batch is made on what is published");
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
  queue_.countCrowd();
  return answers;
}

Result<ObjectRef> CommittedStore::check(Batch& batch, Write write) {
  if (unread_ || unadopted_.contains(write.object.kind->storage->name())) {
    return fail(Status::unavailable("the stored " + write.object.kind->storage->name() + " have not been read yet"));
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
  for (const Change& change : batch.changes()) {
    chronicle_.record(change, now);
    if (change.previous && change.previous->knownProblem() && unreadable_.load() > 0) unreadable_.fetch_sub(1);
  }
  StateRef state = batch.takeState();
  CHECK(state->revision() == revision() + batch.changes().size(), "revisions have no gaps");
  CHECK(state->revision() == batch.changes().back().revision, "the snapshot shows the last change that is told");
  latest_.set(state);
  published_.store(state->revision(), std::memory_order_release);
  chronicle_.trim(now);
  keepForThePast(std::move(state));
  // Whoever hears of a change can read it: the snapshot is out.
  if (listener_) listener_(batch.changes());
}

void CommittedStore::keepForThePast(StateRef state) {
  MutexLock lock(pastMutex_);
  if (past_.empty() || state->revision() >= past_.back()->revision() + kRevisionsPerKeptState) {
    past_.push_back(std::move(state));
  }
  while (!past_.empty() && past_.front()->revision() < chronicle_.horizon()) past_.pop_front();
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
  chronicle_.each([&](uint32_t, const History& history) {
    std::vector<Change> changes;
    history.visit(std::max(revision, history.horizon()), later->revision(), [&](const Change& change) {
      changes.push_back(change);
      return true;
    });
    if (!changes.empty()) undo(mapOf(maps, *changes.front().object->kind().storage), changes);
  });
  // Only now: what was given up meanwhile may have been missed.
  if (uint64_t horizon = chronicle_.horizon(); revision < horizon) return fail(tooOld(horizon));
  return SnapshotRef(makeRef<State>(revision, std::move(maps)));
}

void CommittedStore::setListener(Listener listener) {
  CHECK(!listener_, "a store has one listener");
  listener_ = std::move(listener);
}

Result<void> CommittedStore::adoptKinds() {
  if (!hasUnadopted_.load() && !hasKindless()) return {};
  auto done = std::make_shared<std::promise<Result<void>>>();
  auto answer = done->get_future();
  if (!queue_.pushJob([this, done] { done->set_value(adoptNow()); })) {
    return fail(Status::unavailable("the store is shutting down"));
  }
  return answer.get();
}

bool CommittedStore::hasKindless() const {
  const object::CatalogueRef catalogue = kinds_.latest();
  return std::ranges::any_of(latest_.get()->maps(),
                             [&](const ObjectMap& map) { return kindlessResource(map, *catalogue) != nullptr; });
}

// What is on the disk alone is as if it had never been read.
void CommittedStore::letKindlessGo() {
  const object::CatalogueRef catalogue = kinds_.latest();
  StateRef before = latest_.get();
  ObjectMaps maps = before->maps();
  bool any = false;
  for (ObjectMap& map : maps) {
    const Ref<const object::StoredResource> resource = kindlessResource(map, *catalogue);
    if (!resource) continue;
    any = true;
    const size_t problems = orphans_.take(resource->name(), map);
    unreadable_.fetch_sub(std::min(problems, unreadable_.load()));
    unadopted_.insert(resource->name());
    map = ObjectMap();
    if (chronicle_.has(*resource)) chronicle_.of(*resource).giveUp(before->revision());
  }
  if (!any) return;
  hasUnadopted_.store(true);
  latest_.set(makeRef<State>(before->revision(), std::move(maps)));
  MutexLock lock(pastMutex_);
  past_.clear();  // they hold them still
}

// Whatever has got a kind since: often several are registered together, and this reads the whole log.
Result<void> CommittedStore::adoptNow() {
  base::OneAtATime::Turn turn(committing_, "only one commits at a time");
  letKindlessGo();
  std::set<std::string> adopted;
  const object::CatalogueRef catalogue = kinds_.latest();
  for (const std::string& resource : unadopted_) {
    Ref<const object::StoredResource> known = kinds_.resourceAt(resource);
    if (known && catalogue->storageKind(*known)) adopted.insert(resource);
  }
  const bool all = unread_;
  if (!all && adopted.empty()) return {};
  Replay found(kinds_);
  CLEAT_TRY(replay(found, all ? nullptr : &adopted));

  StateRef before = latest_.get();
  ObjectMaps maps = before->maps();
  for (const auto& [name, resource] : found.resources()) {
    mapOf(maps, *resource) = std::move(mapOf(found.maps, *resource));
    // Who watched too early has missed what was there: it begins again.
    if (chronicle_.has(*resource)) chronicle_.of(*resource).giveUp(before->revision());
    unadopted_.erase(name);
  }
  hasUnadopted_.store(!unadopted_.empty());
  std::erase_if(found.changes, [&](const Change& change) {
    return change.revision <= chronicle_.of(*change.object->kind().storage).horizon();
  });
  const auto now = options_.clock();
  chronicle_.recordEarlier(std::move(found.changes), now);
  latest_.set(makeRef<State>(before->revision(), std::move(maps)));
  {
    MutexLock lock(pastMutex_);
    past_.clear();  // they lack the adopted objects
  }
  chronicle_.trim(now);
  return {};
}

bool CommittedStore::compactionIsDue() const { return chronicle_.horizon() >= horizonOnDisk_ + kCompactionStep; }

void CommittedStore::compactSome() {
  uint64_t horizon = chronicle_.horizon();
  bool freed = false;
  while (horizon >= horizonOnDisk_ + kCompactionStep) {
    if (horizon < horizonOnDisk_ + kCompactionStepsBehind * kCompactionStep && !queue_.empty()) return;
    uint64_t next = std::min(horizon, horizonOnDisk_ + kCompactionStep);
    if (auto done = engine_->compact(next); !done) {
      base::log(base::LogLevel::warn, "store", "giving up history failed: " + done.error().message);
      return;
    }
    CHECK(next > horizonOnDisk_, "the horizon only rises");
    horizonOnDisk_ = next;
    if (!queue_.empty()) return;
    freed = true;
  }
  if (freed) base::releaseFreeMemory();
}

void CommittedStore::coolDown() {
  if (isCooling_.exchange(true)) return;  // the last round goes on still
  if (!queue_.pushJob([this] { coolSome(); })) isCooling_.store(false);
}

void CommittedStore::finishWrites() {
  auto done = std::make_shared<std::promise<void>>();
  auto finished = done->get_future();
  if (queue_.pushJob([done] { done->set_value(); })) finished.wait();
}

void CommittedStore::coolSome() {
  base::OneAtATime::Turn turn(committing_, "only one commits at a time");
  chronicle_.trim(options_.clock());
  StateRef before = latest_.get();
  ObjectMaps maps = before->maps();
  const Cooling::Step step = cooling_.step(maps, kCooledAtOnce, *kinds_.latest());
  cooled_ += step.cooled + step.replaced;
  if (step.replaced > 0) {
    latest_.set(makeRef<State>(before->revision(), std::move(maps)));
    // They would keep the old ones. What they are for is worked out from the latest one then.
    MutexLock lock(pastMutex_);
    past_.clear();
  }
  if (!step.ended && queue_.pushJob([this] { coolSome(); })) return;
  cooled_ += chronicle_.coolDown(options_.clock());
  if (std::exchange(cooled_, 0) > kWorthReleasing) {
    base::releaseFreeMemory();
  } else {
    base::releaseFreeMemoryBeyond(kFreeBytesWorthReleasing);
  }
  isCooling_.store(false);
}

void CommittedStore::close() {
  queue_.close();
  if (committer_.joinable()) committer_.join();
  engine_.reset();
}

Result<std::unique_ptr<Store>> Store::open(object::KindRegistry& kinds, std::unique_ptr<Engine> engine,
                                           Options options) {
  CLEAT_TRY(auto horizon, engine->horizon());
  CLEAT_TRY(auto last, engine->lastRevision());
  auto store = std::make_unique<CommittedStore>(kinds, std::move(engine), options, horizon, last);
  CLEAT_TRY(store->recover());
  return store;
}

}  // namespace cleat::store
