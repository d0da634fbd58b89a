// What plugins cost beyond what they do, in this process and isolated in their own: a call to one of ours that has
// nothing to say about a pod, an event that an informer keeps, a start, and the memory of a process.
#include <benchmark/benchmark.h>
#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/schema/kinds/core_v1_quota.capnp.h>
#include <cleat/schema/role/admission.methods.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "cleat_folders.h"
#include "core/base/asio_executor.h"
#include "core/host/plugin_host.h"
#include "tests/core/host/fixtures/streams.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::host {
namespace {

// Changes of one object, as many as the benchmark makes, for the only informer there is.
class Changes final : public bus::Subscription {
 public:
  explicit Changes(object::ObjectRef object) : object_(std::move(object)) {
    current = this;
    current.notify_all();
  }
  ~Changes() override { current = nullptr; }

  std::vector<bus::ClusterChange> next(size_t max) override {
    std::lock_guard lock(mutex_);
    std::vector<bus::ClusterChange> some;
    if (!synced_) {
      synced_ = true;
      some.push_back({bus::ClusterChange::Type::synced, 1, {}});
      return some;
    }
    for (; some.size() < max && left_ > 0; --left_) {
      some.push_back({bus::ClusterChange::Type::modified, object_->revision(), object_});
    }
    // Whoever asks for more has taken what there was.
    if (some.empty() && waits_) {
      waits_ = false;
      taken_.set_value();
    }
    return some;
  }
  void onReady(std::function<void()> ready) override {
    bool isReady;
    {
      std::lock_guard lock(mutex_);
      ready_ = ready;
      isReady = left_ > 0;  // told between its asking and this
    }
    if (isReady) ready();
  }
  std::optional<Status> failure() const override { return std::nullopt; }

  // Until the plugin has taken them.
  void tell(size_t count) {
    std::future<void> taken;
    std::function<void()> ready;
    {
      std::lock_guard lock(mutex_);
      left_ = count;
      waits_ = true;
      taken_ = {};
      taken = taken_.get_future();
      ready = ready_;
    }
    if (ready) ready();  // else it is about to ask
    taken.get();
  }
  // That of the informer, once it has asked.
  static inline std::atomic<Changes*> current = nullptr;

 private:
  const object::ObjectRef object_;
  std::mutex mutex_;
  bool synced_ = false, waits_ = false;
  size_t left_ = 0;
  std::promise<void> taken_;
  std::function<void()> ready_;
};

// These plugins ask for nothing but the changes of limit ranges.
class NoCluster final : public bus::Cluster {
 public:
  Task<Result<object::ObjectRef>> get(bus::UserRef, bus::Target) override { co_return fail(none()); }
  Task<Result<bus::ListResult>> list(bus::UserRef, bus::Target, bus::ListOptions) override { co_return fail(none()); }
  Task<Result<std::unique_ptr<bus::Subscription>>> subscribe(bus::UserRef, bus::Target target, std::string,
                                                             std::string) override {
    const auto message = object::makeMessage<core_v1::LimitRange>([](core_v1::LimitRange::Builder range) {
      auto meta = range.initMetadata();
      meta.setName("limits");
      meta.setNamespace("default");
      meta.setResourceVersion(7);
    });
    std::unique_ptr<bus::Subscription> changes = std::make_unique<Changes>(
        makeRef<const object::Object>(*target.kind, "default", "limits", uint64_t{7}, "{}", message));
    co_return changes;
  }
  Task<Result<bus::Written>> create(bus::UserRef, bus::Target, Ref<object::Message>, bus::WriteOptions) override {
    co_return fail(none());
  }
  Task<Result<bus::Written>> update(bus::UserRef, bus::Target, Ref<object::Message>, bus::WriteOptions) override {
    co_return fail(none());
  }
  Task<Result<bus::Written>> patch(bus::UserRef, bus::Target, bus::PatchType, std::string, bus::WriteOptions,
                                   bool) override {
    co_return fail(none());
  }
  Task<Result<bus::Written>> remove(bus::UserRef, bus::Target, bus::DeleteOptions) override { co_return fail(none()); }
  Task<Result<bus::ListResult>> removeCollection(bus::UserRef, bus::Target, bus::ListOptions,
                                                 bus::DeleteOptions) override {
    co_return fail(none());
  }

 private:
  static Status none() { return Status::unavailable("there is no cluster"); }
};

template <class T>
T wait(Task<T> task) {
  std::promise<T> done;
  spawn(std::move(task), [&done](T value) { done.set_value(std::move(value)); });
  return done.get_future().get();
}

class EmptyHost {
 public:
  EmptyHost()
      : folder_(std::filesystem::temp_directory_path() / ("cleat-host-bench-" + std::to_string(getpid()))),
        host_(executor_, test::kinds(), {.dataDir = folder_, .program = CLEAT_BINARY_DIR "/bin/cleat-plugin-host"}) {
    host_.setCluster(cluster_);
  }
  ~EmptyHost() {
    auto stop = [](PluginHost& host) -> Task<bool> {
      co_await host.stop();
      co_return true;
    };
    wait(stop(host_));
    std::filesystem::remove_all(folder_);
  }
  void load(const std::string& name, bool isolated, const std::string& folder = CLEAT_BINARY_DIR "/plugins/") {
    PluginSpec spec{.name = name, .file = folder + name + ".so", .isolated = isolated};
    if (isolated) spec.confinement = Confinement{};
    Result<void> loaded = wait(host_.load(std::move(spec)));
    if (!loaded) throw std::runtime_error(loaded.error().message);
  }
  PluginHost& host() { return host_; }

 private:
  std::string folder_;
  base::AsioExecutor executor_{{.threads = 2}};
  NoCluster cluster_;
  PluginHost host_;
};

class OnePlugin : public EmptyHost {
 public:
  OnePlugin(const std::string& name, bool isolated) { load(name, isolated); }
};

struct SampleCall {
  // A pod without containers: there is nothing to look at.
  explicit SampleCall(size_t bytes = 0)
      : pod(gate::makeMessage<core_v1::Pod>([&](core_v1::Pod::Builder builder) {
          builder.initMetadata().setName("nothing-in-it");
          if (bytes > 0) builder.getMetadata().setGenerateName(std::string(bytes, 'x'));
        })),
        params(gate::makeMessage<role::AdmissionParams>([](role::AdmissionParams::Builder all) {
          all.initRef().setResource("pods");
          all.initUser().setName("somebody");
        })) {}
  gate::RoleCall operator()() const { return {role::admission::validate, params, {{pod, 0}}}; }

  Ref<const gate::Message> pod, params;
};

const std::string kAdmission = "admission-always-pull-images";

class Took {
 public:
  void note(std::chrono::steady_clock::time_point began) {
    seconds_.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }
  void tell(benchmark::State& state) {
    std::ranges::sort(seconds_);
    state.counters["p50"] = seconds_[seconds_.size() / 2];
    state.counters["p90"] = seconds_[seconds_.size() * 9 / 10];
  }

 private:
  std::vector<double> seconds_;
};

// One call after the other on this thread, as a request makes them.
Task<bool> callMany(benchmark::State& state, PluginHost& host, const SampleCall& sample, Took& took) {
  for (auto _ : state) {
    const auto began = std::chrono::steady_clock::now();
    gate::RoleCall call = sample();
    gate::RoleAnswer answer = co_await host.call(kAdmission, std::move(call));
    took.note(began);
    if (answer.status != CLEAT_OK) co_return false;
  }
  co_return true;
}

void callInProcess(benchmark::State& state) {
  OnePlugin one(kAdmission, false);
  const SampleCall sample;
  Took took;
  if (!wait(callMany(state, one.host(), sample, took))) state.SkipWithError("refused");
  took.tell(state);
}

void callIsolated(benchmark::State& state, size_t bytes) {
  OnePlugin one(kAdmission, true);
  const SampleCall sample(bytes);
  Took took;
  for (auto _ : state) {
    const auto began = std::chrono::steady_clock::now();
    gate::RoleAnswer answer = wait(one.host().call(kAdmission, sample()));
    if (answer.status != CLEAT_OK) state.SkipWithError(answer.error->message.c_str());
    took.note(began);
  }
  took.tell(state);
}

// Batches are what a busy cluster gives; one at a time is what a quiet one does.
void informerEvents(benchmark::State& state, bool isolated) {
  OnePlugin one("admission-limit-ranger", isolated);
  const auto count = static_cast<size_t>(state.range(0));
  Changes::current.wait(nullptr);
  for (auto _ : state) Changes::current.load()->tell(count);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * count));
}

// The pages that are its own and no file's, in bytes.
double privateBytes(int process) {
  std::ifstream rollup("/proc/" + std::to_string(process) + "/smaps_rollup");
  double kilobytes = 0, number = 0;
  for (std::string key, unit; rollup >> key;) {
    if (key != "Private_Dirty:") continue;
    rollup >> number;
    kilobytes += number;
  }
  return kilobytes * 1024;
}

void startIsolated(benchmark::State& state) {
  double bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto before = std::make_unique<EmptyHost>();
    state.ResumeTiming();
    before->load("admission-always-pull-images", true);
    state.PauseTiming();
    bytes = privateBytes(before->host().health().front().processId);
    before.reset();
    state.ResumeTiming();
  }
  state.counters["own_bytes"] = bytes;
}

void callIsolatedSmall(benchmark::State& state) { callIsolated(state, 0); }
void callIsolatedLarge(benchmark::State& state) {
  callIsolated(state, static_cast<size_t>(state.range(0)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
// One isolated plugin calls another with a stream, which the other answers on.
void streams(benchmark::State& state, const StreamMethod& method) {
  EmptyHost both;
  for (const char* name : {"stream-called", "stream-caller"}) both.load(name, true, CLEAT_BINARY_DIR "/fixtures/");
  for (auto _ : state) {
    const RoleAnswer answer = wait(both.host().call("stream-caller", {method, emptyMessage(), {}, 60'000'000'000}));
    if (answer.status != CLEAT_OK) return state.SkipWithError("it was not answered");
  }
}
void streamOpened(benchmark::State& state) { streams(state, kAsksOnce); }
void streamFilled(benchmark::State& state) {
  streams(state, kTalks);
  state.SetBytesProcessed(state.iterations() * (8 << 20));  // four there, and four back
}
BENCHMARK(streamOpened)->UseRealTime();
BENCHMARK(streamFilled)->UseRealTime();

BENCHMARK(callInProcess);
BENCHMARK(callIsolatedSmall)->Name("callIsolated")->UseRealTime();
BENCHMARK(callIsolatedLarge)->Arg(64 << 10)->Arg(1 << 20)->Arg(16 << 20)->UseRealTime();

void eventInProcess(benchmark::State& state) { informerEvents(state, false); }
void eventIsolated(benchmark::State& state) { informerEvents(state, true); }
BENCHMARK(eventInProcess)->Arg(1)->Arg(256)->UseRealTime();
BENCHMARK(eventIsolated)->Arg(1)->Arg(256)->UseRealTime();
BENCHMARK(startIsolated)->Iterations(20)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace cleat::host
