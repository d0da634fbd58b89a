// What the store and the bus do in a second, on this machine's disk: durable commits beside the bare sync rate that
// bounds them, listing, and telling a thousand watchers of a change.
//
//   store_bench --benchmark_counters_tabular=true        (TMPDIR chooses the disk)
#include <benchmark/benchmark.h>
#include <capnp/message.h>
#include <cleat/schema/kinds/core_v1.capnp.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <semaphore>

#include "core/base/asio_executor.h"
#include "core/bus/watch.h"
#include "core/store/store.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::store {
namespace {

class Directory {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cleat-bench-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

// Keeps nothing: for what is measured without a disk.
class NoEngine final : public Engine {
  Result<uint64_t> lastRevision() override { return 0; }
  Result<void> write(std::span<const Record>) override { return {}; }
  Result<void> readChanges(uint64_t, const std::function<void(const Record&)>&) override { return {}; }
  Result<uint64_t> horizon() override { return 0; }
  Result<uint64_t> note(std::string_view) override { return 0; }
  Result<void> setNote(std::string_view, uint64_t) override { return {}; }
  Result<void> compact(uint64_t) override { return {}; }
};

const Kind& configMap() { return test::kind("ConfigMap"); }

// About 1 KiB of JSON.
Ref<object::Message> kilobyte(const std::string& name) {
  static const std::string value(850, 'v');
  capnp::MallocMessageBuilder builder;
  auto map = builder.initRoot<core_v1::ConfigMap>();
  auto meta = map.initMetadata();
  meta.setName(name);
  meta.setNamespace("default");
  meta.setUid("00000000-0000-4000-8000-000000000000");
  auto entry = map.initData(1)[0];
  entry.setKey("value");
  entry.setValue(value);
  return object::Message::copy(map.asReader());
}

Write writing(const std::string& name, uint64_t expected) {
  return {prepare(configMap(), "default", name, kilobyte(name)), false, expected};
}

std::unique_ptr<Store> openStore(std::unique_ptr<Engine> engine) {
  auto store = Store::open(test::kinds(), std::move(engine));
  if (!store) std::abort();
  return std::move(*store);
}

std::unique_ptr<Store> openStore(const Directory& directory) {
  auto engine = openSqliteEngine(directory.path);
  if (!engine) std::abort();
  return openStore(std::move(*engine));
}

// For a writer that is a thread.
uint64_t commitAndWait(Store& store, Write write) {
  std::binary_semaphore done(0);
  uint64_t revision = 0;
  spawn(store.commit(std::move(write)), [&](Result<ObjectRef> result) {
    if (!result) std::abort();
    revision = (*result)->revision();
    done.release();
  });
  done.acquire();
  return revision;
}

// The disk's own rate: 4 KiB and a sync, over what is there already or at the end of a growing file.
class SyncedFile {
 public:
  enum class Place { existing, growing };
  explicit SyncedFile(Place place) : place_(place) {
    std::string file = directory_.path + "/file";
    out_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (off_t i = 0; place == Place::existing && i < kBlocks; ++i) write(i);
    fsync(out_);
  }
  ~SyncedFile() { close(out_); }
  void sync() {
    write(place_ == Place::growing ? at_ : at_ % kBlocks);
    fdatasync(out_);
    ++at_;
  }

 private:
  static constexpr off_t kBlocks = 4096;
  void write(off_t block) { (void)!pwrite(out_, block_.data(), block_.size(), block * 4096); }

  Directory directory_;
  Place place_;
  int out_;
  std::string block_ = std::string(4096, 'x');
  off_t at_ = 0;
};

void fdatasyncRate(benchmark::State& state, SyncedFile::Place place) {
  SyncedFile file(place);
  for (auto _ : state) file.sync();
  state.SetItemsProcessed(state.iterations());
}
void BM_FdatasyncInPlace(benchmark::State& state) { fdatasyncRate(state, SyncedFile::Place::existing); }
void BM_FdatasyncGrowing(benchmark::State& state) { fdatasyncRate(state, SyncedFile::Place::growing); }
BENCHMARK(BM_FdatasyncInPlace)->UseRealTime()->MinTime(2);
BENCHMARK(BM_FdatasyncGrowing)->UseRealTime()->MinTime(2);

// A thread that writes 1 KiB, waits until it is durable, and writes the next. A disk's rate can change from one second
// to the next, so the bare sync is measured in turns with it: `of_sync_rate` is what is left of the disk's rate.
void BM_CommitOneWriter(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  Directory directory;
  auto store = openStore(directory);
  SyncedFile file(SyncedFile::Place::existing);
  uint64_t revision = 0;
  for (int i = 0; i < 3000; ++i) revision = commitAndWait(*store, writing("one", revision));  // the log has its size
  constexpr int kTurn = 20;
  Clock::duration syncing{}, committing{};
  for (auto _ : state) {
    auto began = Clock::now();
    for (int i = 0; i < kTurn; ++i) file.sync();
    auto between = Clock::now();
    for (int i = 0; i < kTurn; ++i) revision = commitAndWait(*store, writing("one", revision));
    committing += Clock::now() - between;
    syncing += between - began;
  }
  auto rate = [&](Clock::duration took) {
    return static_cast<double>(state.iterations() * kTurn) / std::chrono::duration<double>(took).count();
  };
  state.counters["commits_per_second"] = rate(committing);
  state.counters["syncs_per_second"] = rate(syncing);
  state.counters["of_sync_rate"] = rate(committing) / rate(syncing);
}
BENCHMARK(BM_CommitOneWriter)->UseRealTime()->MinTime(4);

struct OnExecutor {
  base::Executor& executor;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    executor.post([waiting] { waiting.resume(); });
  }
  void await_resume() const {}
};

struct Crowd {
  Store& store;
  base::Executor& executor;
  std::atomic<int64_t> left;
  std::atomic<int> writers;
  std::binary_semaphore done{0};
};

Task<void> writeOn(Crowd& crowd, std::string name) {
  uint64_t revision = 0;
  while (crowd.left.fetch_sub(1) > 0) {
    OnExecutor hop{crowd.executor};
    co_await hop;
    auto result = co_await crowd.store.commit(writing(name, revision));
    if (!result) std::abort();
    revision = (*result)->revision();
  }
  if (crowd.writers.fetch_sub(1) == 1) crowd.done.release();
}

// Writers that each wait for their own commit; encoding is part of it, on two threads.
void BM_CommitManyWriters(benchmark::State& state) {
  Directory directory;
  auto store = openStore(directory);
  base::AsioExecutor executor({.threads = 2});
  const int64_t commits = state.range(0) * 50;
  for (auto _ : state) {
    state.PauseTiming();
    Crowd crowd{*store, executor, commits, static_cast<int>(state.range(0))};
    static int round = 0;
    ++round;
    state.ResumeTiming();
    for (int i = 0; i < state.range(0); ++i) {
      spawn(writeOn(crowd, "w" + std::to_string(round) + "-" + std::to_string(i)));
    }
    crowd.done.acquire();
  }
  state.SetItemsProcessed(state.iterations() * commits);
}
BENCHMARK(BM_CommitManyWriters)->Arg(10)->Arg(100)->Arg(1000)->UseRealTime()->MinTime(2);

void fill(Store& store, int count) {
  for (int i = 0; i < count; ++i) commitAndWait(store, writing("m" + std::to_string(i), 0));
}

// The JSON of every object, as a LIST sends it.
void BM_List10000(benchmark::State& state) {
  auto store = openStore(std::make_unique<NoEngine>());
  fill(*store, 10'000);
  size_t bytes = 0;
  for (auto _ : state) {
    store->snapshot()->visit(configMap(), "default", nullptr, [&](const ObjectRef& object) {
      bytes += object->json().size();
      return true;
    });
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(BM_List10000);

void BM_Get(benchmark::State& state) {
  auto store = openStore(std::make_unique<NoEngine>());
  fill(*store, 10'000);
  for (auto _ : state) benchmark::DoNotOptimize(store->snapshot()->get(configMap(), "default", "m5000"));
}
BENCHMARK(BM_Get);

struct Follower {
  std::unique_ptr<bus::Watch> watch;
  std::atomic<int64_t>* delivered;

  void follow() {
    watch->onReady([this] {
      auto changes = watch->next(64);
      delivered->fetch_add(static_cast<int64_t>(changes->size()), std::memory_order_relaxed);
      follow();
    });
  }
};

// One change, until a thousand watchers have it. The items are deliveries.
void BM_WatchFanOut(benchmark::State& state) {
  auto store = openStore(std::make_unique<NoEngine>());
  auto hub = bus::Hub::make(*store);
  std::atomic<int64_t> delivered{0};
  std::vector<std::unique_ptr<Follower>> followers;
  for (int i = 0; i < state.range(0); ++i) {
    bus::WatchSpec spec;
    spec.kind = object::KindRef::share(&configMap());
    followers.push_back(std::make_unique<Follower>(std::move(*hub->watch(std::move(spec))), &delivered));
    followers.back()->follow();
  }
  uint64_t revision = 0;
  for (auto _ : state) revision = commitAndWait(*store, writing("one", revision));
  if (delivered != state.iterations() * state.range(0)) state.SkipWithError("deliveries are missing");
  state.SetItemsProcessed(delivered);
  store->close();
}
BENCHMARK(BM_WatchFanOut)->Arg(1)->Arg(1000)->UseRealTime();

}  // namespace
}  // namespace cleat::store
