// kinds-core: the kinds of core/v1. What they are is in their own files; here are the calls that need more than the
// object itself.
#include <cleat/sdk/client.h>
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"
#include "kinds-common/metadata.h"
#include "kinds-core/component_statuses.h"
#include "kinds-core/core_kinds.h"
#include "kinds-core/pod_binding.h"
#include "kinds-core/pod_streams.h"
#include "kinds-core/pod_subresources.h"
#include "kinds-core/proxy_target.h"
#include "kinds-core/replication_controllers.h"
#include "kinds-core/service_pools.h"
#include "kinds-core/storage_kinds.h"

namespace cleat::kinds::core {

class CoreKinds : public KindsPlugin {
 public:
  explicit CoreKinds(Context& context) : KindsPlugin(context) {
    addNamespaces(table());
    addNodes(table());
    addPods(table(), config().boolean("scheduling_groups") ? SchedulingGroups::kept : SchedulingGroups::dropped);
    addServices(table());
    addEndpoints(table());
    addConfigMaps(table());
    addSecrets(table());
    addServiceAccounts(table());
    addEvents(table());
    addReplicationControllers(table(), scales_);
    addPodTemplates(table());
    addPersistentVolumes(table());
    addPersistentVolumeClaims(table());
    addLimitRanges(table());
    addResourceQuotas(table());
    addComponentStatuses(table());
  }

 protected:
  // On a node the plugin only says what the kinds look like: addresses and ports are given out in the server.
  void described() override {
    if (config().nodeName().empty()) pools_.start();
  }

  Task<Result<void>> project(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    if (!scales_.has(params.getRef())) co_return noSuchSubresource(params.getRef());
    co_return scales_.project(params, call);
  }

  Task<Result<void>> transform(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    if (scales_.has(params.getRef())) co_return scales_.transform(params, call);
    std::string target = targetOf(params.getRef());
    call.results();
    if (target == "pods/binding") {
      auto binding = call.object<core_v1::Binding>(1);
      CLEAT_CO_TRY(auto bound, bindPod(call.object<core_v1::Pod>(0), *binding, context().wallNow()));
      call.addObject(bound);
    } else if (target == "pods/ephemeralcontainers" || target == "pods/resize") {
      auto change = target == "pods/resize" ? resizePod : addEphemeralContainers;
      CLEAT_CO_TRY(auto changed, change(call.object<core_v1::Pod>(0), *call.object<core_v1::Pod>(1)));
      call.addObject(changed);
    } else if (target == "namespaces/finalize") {
      CLEAT_CO_TRY(auto finalized, finalize(call.object<core_v1::Namespace>(0), *call.object<core_v1::Namespace>(1)));
      call.addObject(finalized);
    } else {
      co_return noSuchSubresource(params.getRef());
    }
    co_return Result<void>();
  }

  // Of the kinds that nothing stores, the only one.
  Task<Result<void>> look(role::LookParams::Reader params, Call<role::LookResults>& call) override {
    if (view(params.getRef().getResource()) != "componentstatuses") co_return nothingToLookAt(params.getRef());
    auto looked = health_.look(params, call);
    co_return co_await std::move(looked);
  }

  void stop() override { health_.stop(); }

  // A create on `bindings` is the older way to write pods/binding.
  Task<Result<void>> review(role::ReviewParams::Reader params, Call<role::ReviewResults>& call) override {
    if (view(params.getRef().getResource()) != "bindings") co_return noSuchSubresource(params.getRef());
    auto binding = call.object<core_v1::Binding>();
    if (binding.name().empty()) co_return fail(Status::badRequest("Name parameter required."));
    Draft<core_v1::Binding> body(binding);
    // Only pods/binding asks for a certain pod.
    body.meta().disownUid();
    body.meta().setResourceVersion(0);
    auto pending = client_.createSubresource<core_v1::Pod>(view(params.getRef().getNamespace()), binding.name(),
                                                           "binding", std::move(body), {.dryRun = params.getDryRun()});
    CLEAT_CO_TRY(co_await std::move(pending));
    call.results();
    co_return Result<void>();
  }

  Task<Result<void>> connect(role::ConnectParams::Reader params, Call<role::ConnectResults>& call) override {
    if (view(params.getRef().getSubresource()) == "proxy") {
      auto done = proxy(params, call);
      co_return co_await std::move(done);
    }
    auto pod = call.object<core_v1::Pod>();
    CLEAT_CO_TRY(auto path, agentPath(*pod, view(params.getRef().getSubresource()), view(params.getQuery())));
    if (path.empty()) {
      call.results();
      co_return Result<void>();
    }
    auto pending = client_.get<core_v1::Node>(view(pod->getSpec().getNodeName()));
    CLEAT_CO_TRY(auto node, co_await std::move(pending));
    CLEAT_CO_TRY(auto address, agentAddress(*node));
    call.results().setUrl(concat(address, path));
    co_return Result<void>();
  }

  Task<Result<void>> beforeCommit(role::BeforeCommitParams::Reader params,
                                  Call<role::BeforeCommitResults>& call) override {
    call.results();
    // What a service had is let go when it is seen gone, not before.
    if (params.getOperation() == role::Operation::DELETE) co_return Result<void>();
    if (view(params.getRef().getResource()) == "persistentvolumes") {
      using core_v1::PersistentVolume;
      call.addObject(
          notePhase(call.object<PersistentVolume>(0), call.object<PersistentVolume>(1), context().wallNow()));
      co_return Result<void>();
    }
    CLEAT_CO_TRY(auto given, co_await pools_.give(call.object<core_v1::Service>(0), call.object<core_v1::Service>(1),
                                                  params.getDryRun()));
    call.addObject(given);
    co_return Result<void>();
  }

 private:
  Task<Result<void>> proxy(role::ConnectParams::Reader params, Call<role::ConnectResults>& call) {
    const std::string_view resource = view(params.getRef().getResource());
    const std::string_view written = view(params.getRef().getName());
    const std::optional<ProxiedName> parts = ProxiedName::parse(written);
    if (!parts) co_return fail(Status::badRequest(concat("invalid request ", inQuotes(written))));
    const ProxiedName& name = *parts;
    ProxyTarget target;
    if (resource == "pods") {
      CLEAT_CO_TRY(target, proxyTarget(*call.object<core_v1::Pod>(), name));
    } else if (resource == "nodes") {
      CLEAT_CO_TRY(target, proxyTarget(*call.object<core_v1::Node>(), name));
    } else {
      auto service = call.object<core_v1::Service>();
      auto pending = client_.get<core_v1::Endpoints>(service.ns(), service.name());
      Result<Object<core_v1::Endpoints>> found = co_await std::move(pending);
      if (!found && !found.error().is(404)) co_return fail(found.error());
      const auto endpoints = found ? **found : core_v1::Endpoints::Reader();
      CLEAT_CO_TRY(target, proxyTarget(*service, endpoints, name, ++turn_));
    }
    auto results = call.results();
    results.setUrl(concat(target.url, pathBehind(params)));
    results.setProxied(true);
    results.setStranger(target.stranger);
    co_return Result<void>();
  }

  static Result<Object<core_v1::Namespace>> finalize(const Object<core_v1::Namespace>& current,
                                                     core_v1::Namespace::Reader body) {
    Findings findings;
    checkFinalizers(body.getSpec().getFinalizers(), Path("spec") / "finalizers", findings);
    if (!findings.empty()) return fail(Status::invalid("Namespace", current.name(), findings.causes()));
    Draft<core_v1::Namespace> finalized(current);
    finalized->getSpec().setFinalizers(body.getSpec().getFinalizers());
    return std::move(finalized).freeze();
  }

  Client client_{context()};
  ServicePools pools_{context()};
  ComponentHealth health_{context()};
  uint64_t turn_ = 0;  // of the endpoints of services that are proxied
  Scales scales_;
};

}  // namespace cleat::kinds::core

CLEAT_PLUGIN(cleat::kinds::core::CoreKinds, .name = "kinds-core", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds",
             .grants =
                 "- nodes get\n"
                 "- endpoints get\n"
                 "- pods/binding create\n"
                 "- services get,list,watch\n"
                 "- events create,patch,update\n"
                 "networking.k8s.io ipaddresses create,delete,get,list,watch\n"
                 "networking.k8s.io servicecidrs get,list,watch\n",
             .configSchema =
                 "scheduling_groups bool false # pods may name the group that they are placed with "
                 "(kinds-scheduling-beta)\n",
             .flags = CLEAT_FLAG_CONCURRENT_CALLS);
