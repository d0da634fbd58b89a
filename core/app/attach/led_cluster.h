// LedCluster: the cluster as one attached plugin has it. Everybody reads from one mirror; what the plugin writes goes
// through its own fence.
#pragma once

#include <memory>
#include <utility>

#include "core/bus/mirror.h"

namespace cleat::app {

class LedCluster final : public bus::Cluster {
 public:
  // All of them outlive it; `writer` is fenced.
  LedCluster(base::Executor& executor, object::KindRegistry& kinds, bus::Cluster& mirror,
             std::shared_ptr<http::HttpClient> writer)
      : mirror_(mirror), writes_(executor, kinds, std::move(writer)) {}

  Task<Result<bus::ObjectRef>> get(bus::UserRef user, bus::Target target) override {
    return mirror_.get(std::move(user), std::move(target));
  }
  Task<Result<bus::ListResult>> list(bus::UserRef user, bus::Target target, bus::ListOptions options) override {
    return mirror_.list(std::move(user), std::move(target), std::move(options));
  }
  Task<Result<std::unique_ptr<bus::Subscription>>> subscribe(bus::UserRef user, bus::Target target,
                                                             std::string labelSelector,
                                                             std::string fieldSelector) override {
    return mirror_.subscribe(std::move(user), std::move(target), std::move(labelSelector), std::move(fieldSelector));
  }
  Task<Result<bus::Written>> create(bus::UserRef user, bus::Target target, Ref<bus::Message> body,
                                    bus::WriteOptions options) override {
    return writes_.create(std::move(user), std::move(target), std::move(body), std::move(options));
  }
  Task<Result<bus::Written>> update(bus::UserRef user, bus::Target target, Ref<bus::Message> body,
                                    bus::WriteOptions options) override {
    return writes_.update(std::move(user), std::move(target), std::move(body), std::move(options));
  }
  Task<Result<bus::Written>> patch(bus::UserRef user, bus::Target target, bus::PatchType type, std::string body,
                                   bus::WriteOptions options, bool force) override {
    return writes_.patch(std::move(user), std::move(target), type, std::move(body), std::move(options), force);
  }
  Task<Result<bus::Written>> remove(bus::UserRef user, bus::Target target, bus::DeleteOptions options) override {
    return writes_.remove(std::move(user), std::move(target), std::move(options));
  }
  Task<Result<bus::ListResult>> removeCollection(bus::UserRef user, bus::Target target, bus::ListOptions selection,
                                                 bus::DeleteOptions options) override {
    return writes_.removeCollection(std::move(user), std::move(target), std::move(selection), std::move(options));
  }

 private:
  bus::Cluster& mirror_;
  bus::MirrorCluster writes_;
};

}  // namespace cleat::app
