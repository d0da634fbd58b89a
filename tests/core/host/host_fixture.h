// What the tests of the host share: a host over the fixture plugins of tests/core/host/fixtures, on a manual executor
// or on real threads, and a cluster that answers from a map.
#pragma once

#include <capnp/schema.h>
#include <cleat/schema/role/runtime.methods.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cleat_folders.h"
#include "core/base/asio_executor.h"
#include "core/base/log.h"
#include "core/base/manual_executor.h"
#include "core/host/messages.h"
#include "core/host/plugin_host.h"
#include "core/host/role_interfaces.h"
#include "tests/core/host/fixtures/echo.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::host {

using namespace std::chrono_literals;

inline std::string fixtureFile(const std::string& name) { return CLEAT_BINARY_DIR "/fixtures/" + name + ".so"; }
// What the plugin of fixtures/echo.cpp does: it takes any number as a method of the role runtime.
inline MethodId echoMethod(uint32_t method) { return {role::runtime::status.interfaceId, method}; }

// Takes the log for a test and finds lines in it.
class Lines {
 public:
  Lines()
      : capture_([this](base::LogLevel level, std::string_view component, std::string_view text) {
          std::lock_guard lock(mutex_);
          all_ +=
              std::string(base::logLevelName(level)) + " " + std::string(component) + ": " + std::string(text) + "\n";
        }) {}
  bool have(std::string_view text) const {
    std::lock_guard lock(mutex_);
    return all_.find(text) != std::string::npos;
  }
  std::string all() const {
    std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::string all_;
  base::LogCapture capture_;
};

class FakeSubscription final : public bus::Subscription {
 public:
  explicit FakeSubscription(std::vector<bus::ClusterChange> changes) : changes_(std::move(changes)) {}
  std::vector<bus::ClusterChange> next(size_t max) override {
    size_t count = std::min(max, changes_.size() - given_);
    given_ += count;
    most = std::max(most, count);
    return {changes_.begin() + static_cast<long>(given_ - count), changes_.begin() + static_cast<long>(given_)};
  }
  void onReady(std::function<void()> ready) override { ready_ = std::move(ready); }
  std::optional<Status> failure() const override { return std::nullopt; }
  static inline size_t most = 0;  // in one batch

 private:
  std::vector<bus::ClusterChange> changes_;
  size_t given_ = 0;
  std::function<void()> ready_;
};

// Holds configmaps by "ns/name" and remembers who asked.
class FakeCluster final : public bus::Cluster {
 public:
  FakeCluster() : kind_(test::kind("ConfigMap")) {}

  void put(const std::string& ns, const std::string& name, uint64_t revision) {
    auto message = makeMessage<meta_v1::AnyObject>([&](meta_v1::AnyObject::Builder object) {
      object.initMetadata().setName(name);
      object.getMetadata().setNamespace(ns);
      object.getMetadata().setResourceVersion(revision);
    });
    objects_[ns + "/" + name] = makeRef<object::Object>(kind_, ns, name, revision, "{}", message);
  }
  std::string lastUser() const { return lastUser_; }
  std::vector<std::string> lastGroups() const { return lastGroups_; }
  const bus::DeleteOptions& lastDelete() const { return lastDelete_; }
  std::string lastManager() const { return lastManager_; }
  bool silent = false;  // `get` does not end until `speakAgain`
  void speakAgain() { never_.complete(true); }

  Task<Result<object::ObjectRef>> get(bus::UserRef user, bus::Target target) override {
    remember(*user);
    if (silent) co_await never_;
    auto found = objects_.find(target.ns + "/" + target.name);
    if (found == objects_.end()) co_return fail(Status::notFound(target.kind->resource(), target.name));
    co_return found->second;
  }
  Task<Result<bus::ListResult>> list(bus::UserRef user, bus::Target, bus::ListOptions options) override {
    remember(*user);
    bus::ListResult result;
    result.revision = 99;
    result.continueToken = options.labelSelector;
    for (auto& [key, object] : objects_) result.objects.push_back(object);
    co_return result;
  }
  Task<Result<std::unique_ptr<bus::Subscription>>> subscribe(bus::UserRef user, bus::Target, std::string,
                                                             std::string) override {
    remember(*user);
    std::vector<bus::ClusterChange> changes;
    for (auto& [key, object] : objects_) {
      changes.push_back({bus::ClusterChange::Type::added, object->revision(), object});
    }
    changes.push_back({bus::ClusterChange::Type::synced, 99, {}});
    co_return std::make_unique<FakeSubscription>(std::move(changes));
  }
  Task<Result<bus::Written>> create(bus::UserRef user, bus::Target target, Ref<Message> body,
                                    bus::WriteOptions options) override {
    remember(*user);
    lastManager_ = options.fieldManager;
    std::string name = textOf(body->meta().getName());
    put(target.ns, name, 7);
    co_return bus::Written{objects_[target.ns + "/" + name], true, false, {"careful"}};
  }
  Task<Result<bus::Written>> update(bus::UserRef, bus::Target target, Ref<Message>, bus::WriteOptions) override {
    co_return fail(Status::conflict(target.kind->resource(), target.name, "the object has been modified"));
  }
  Task<Result<bus::Written>> patch(bus::UserRef, bus::Target, bus::PatchType, std::string, bus::WriteOptions,
                                   bool) override {
    co_return fail(Status::forbidden("no patches"));
  }
  Task<Result<bus::Written>> remove(bus::UserRef user, bus::Target, bus::DeleteOptions options) override {
    remember(*user);
    lastDelete_ = options;
    co_return bus::Written{};
  }
  Task<Result<bus::ListResult>> removeCollection(bus::UserRef, bus::Target, bus::ListOptions,
                                                 bus::DeleteOptions) override {
    co_return bus::ListResult{};
  }

 private:
  void remember(const bus::User& user) {
    lastUser_ = user.name;
    lastGroups_ = user.groups;
  }
  const object::Kind& kind_;
  std::map<std::string, object::ObjectRef> objects_;
  std::string lastUser_, lastManager_;
  std::vector<std::string> lastGroups_;
  bus::DeleteOptions lastDelete_;
  Completion<bool> never_;
};

inline std::string temporaryFolder() {
  std::string pattern = testing::TempDir() + "cleat-host-XXXXXX";
  return mkdtemp(pattern.data());
}

// Runs a task to its end on a manual executor, waiting for other threads and processes where it has to.
template <class T>
T finish(base::ManualExecutor& executor, Task<T> task) {
  std::optional<T> result;
  spawn(std::move(task), [&](T value) { result.emplace(std::move(value)); });
  if (!executor.runUntil([&] { return result.has_value(); })) throw std::runtime_error("the task did not end");
  return std::move(*result);
}
inline void finish(base::ManualExecutor& executor, Task<void> task) {
  bool done = false;
  auto whole = [](Task<void> inner, bool* flag) -> Task<void> {
    co_await std::move(inner);
    *flag = true;
  };
  spawn(whole(std::move(task), &done));
  if (!executor.runUntil([&] { return done; })) throw std::runtime_error("the task did not end");
}

class HostTest : public testing::Test {
 protected:
  HostTest() : folder(temporaryFolder()) {}
  ~HostTest() override {
    if (host) finish(executor, host->stop());
    host.reset();
    std::filesystem::remove_all(folder);
  }

  void makeHost(HostLimits limits = {}) {
    HostOptions options;
    options.dataDir = folder + "/plugins";
    options.program = CLEAT_BINARY_DIR "/fixtures/host_child";
    options.limits = limits;
    options.metrics = &metrics;
    options.installation.nodeName = "node-1";
    host = std::make_unique<PluginHost>(executor, kinds, options);
    host->setCluster(cluster);
  }
  Result<void> load(const std::string& name, bool isolated = false) {
    if (!host) makeHost();
    return finish(executor,
                  host->load({.name = name, .file = fixtureFile(name), .isolated = isolated, .settings = {}}));
  }
  RoleAnswer call(const std::string& plugin, uint32_t method, Ref<const Message> params = emptyMessage(),
                  Arguments objects = {}) {
    return finish(executor, host->call(plugin, {echoMethod(method), params, objects}));
  }

  std::string folder;
  Lines lines;
  base::ManualExecutor executor;
  base::Metrics metrics;
  object::KindRegistry& kinds = test::kinds();
  FakeCluster cluster;
  std::unique_ptr<PluginHost> host;
};

inline Ref<const Message> textMessage(const std::string& text) {
  return makeMessage<wire::Status>([&](wire::Status::Builder status) { status.setMessage(text); });
}
inline std::string textIn(const Message& message) { return textOf(message.root<wire::Status>().getMessage()); }

inline Ref<const Message> refParams(const std::string& name, const std::string& ns = "default") {
  return makeMessage<wire::GetParams>([&](wire::GetParams::Builder params) {
    params.initRef().setResource("configmaps");
    params.getRef().setNamespace(ns);
    params.getRef().setName(name);
  });
}

}  // namespace cleat::host
