// What a call to a plugin costs beyond what the plugin does: one of ours that has nothing to say about a pod, in this
// process and isolated in its own.
#include <benchmark/benchmark.h>
#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/schema/role/admission.methods.h>

#include <filesystem>
#include <future>

#include "cleat_folders.h"
#include "core/base/asio_executor.h"
#include "core/host/plugin_host.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::host {
namespace {

// This plugin never asks anything.
class NoCluster final : public bus::Cluster {
 public:
  Task<Result<object::ObjectRef>> get(bus::UserRef, bus::Target) override { co_return fail(none()); }
  Task<Result<bus::ListResult>> list(bus::UserRef, bus::Target, bus::ListOptions) override { co_return fail(none()); }
  Task<Result<std::unique_ptr<bus::Subscription>>> subscribe(bus::UserRef, bus::Target, std::string,
                                                             std::string) override {
    co_return fail(none());
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

class OnePlugin {
 public:
  OnePlugin(const std::string& name, bool isolated)
      : folder_(std::filesystem::temp_directory_path() / ("cleat-host-bench-" + std::to_string(getpid()))),
        host_(executor_, test::kinds(), {.dataDir = folder_, .program = CLEAT_BINARY_DIR "/bin/cleat"}) {
    host_.setCluster(cluster_);
    Result<void> loaded =
        wait(host_.load({.name = name, .file = CLEAT_BINARY_DIR "/plugins/" + name + ".so", .isolated = isolated}));
    if (!loaded) throw std::runtime_error(loaded.error().message);
  }
  ~OnePlugin() {
    auto stop = [](PluginHost& host) -> Task<bool> {
      co_await host.stop();
      co_return true;
    };
    wait(stop(host_));
    std::filesystem::remove_all(folder_);
  }
  PluginHost& host() { return host_; }

 private:
  std::string folder_;
  base::AsioExecutor executor_{{.threads = 1}};
  NoCluster cluster_;
  PluginHost host_;
};

void admissionCall(benchmark::State& state, bool isolated) {
  const std::string plugin = "admission-always-pull-images";
  OnePlugin one(plugin, isolated);
  // A pod without containers: there is nothing to look at.
  Ref<const gate::Message> pod = gate::makeMessage<core_v1::Pod>(
      [](core_v1::Pod::Builder builder) { builder.initMetadata().setName("nothing-in-it"); });
  Ref<const gate::Message> params = gate::makeMessage<role::AdmissionParams>([](role::AdmissionParams::Builder all) {
    all.initRef().setResource("pods");
    all.initUser().setName("somebody");
  });
  for (auto _ : state) {
    std::vector<gate::Argument> objects;
    objects.push_back({pod, 0});
    gate::RoleAnswer answer = wait(one.host().call(plugin, {role::admission::validate, params, std::move(objects)}));
    if (answer.status != CLEAT_OK) state.SkipWithError(answer.error->message.c_str());
  }
}

void callInProcess(benchmark::State& state) { admissionCall(state, false); }
void callIsolated(benchmark::State& state) { admissionCall(state, true); }
BENCHMARK(callInProcess);
BENCHMARK(callIsolated)->UseRealTime();

}  // namespace
}  // namespace cleat::host
