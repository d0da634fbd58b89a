// Gives pods the tolerations of their namespace, and refuses those that it does not allow.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lookup.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_qos.h>

#include "toleration_list.h"

using namespace cleat;
using core_v1::Namespace;
using core_v1::Pod;
using role::Operation;

namespace {

constexpr const char* kDefaults = "scheduler.alpha.kubernetes.io/defaultTolerations";
constexpr const char* kAllowed = "scheduler.alpha.kubernetes.io/tolerationsWhitelist";
constexpr const char* kMemoryPressure =
    R"([{"key":"node.kubernetes.io/memory-pressure","operator":"Exists","effect":"NoSchedule"}])";

class PodTolerationRestriction : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    CLEAT_CO_TRY(defaults_, Tolerations::parse(config().string("default")));
    CLEAT_CO_TRY(allowed_, Tolerations::parse(config().string("whitelist")));
    CLEAT_CO_TRY(memoryPressure_, Tolerations::parse(kMemoryPressure));
    namespaces_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {
        {.resource = "pods", .operations = {Operation::CREATE, Operation::UPDATE}, .mutates = true, .validates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const Object<Pod> asked = request.object<Pod>();
    Draft<Pod> pod(asked);
    auto spec = pod->getSpec();
    bool changed = false;
    auto add = [&](const Tolerations& more) {
      if (more.empty()) return;
      changed = true;
      spec.adoptTolerations(mergedTolerations(orphanageOf(spec), spec.asReader().getTolerations(), more.list()));
    };
    if (request.operation() == Operation::CREATE) {
      Result<std::optional<Tolerations>> own = co_await ofNamespace(request, kDefaults);
      if (!own) co_return fail(own.error());
      add(*own ? **own : defaults_);
    }
    // Who has asked for memory is not kept off a node that is short of it by others.
    if (qosClassOf(spec.asReader()) != QosClass::bestEffort) add(memoryPressure_);
    if (changed) request.replace(std::move(pod));
    co_return Result<void>();
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const Object<Pod> pod = request.object<Pod>();
    auto tolerations = pod->getSpec().getTolerations();
    if (tolerations.size() == 0) co_return Result<void>();
    Result<std::optional<Tolerations>> own = co_await ofNamespace(request, kAllowed);
    if (!own) co_return fail(own.error());
    if (areAllowed(tolerations, *own ? **own : allowed_)) co_return Result<void>();
    co_return request.refuse(
        {.code = 500,
         .reason = "",
         .message = concat("pod tolerations (possibly merged with namespace default tolerations) conflict with its ",
                           *own ? "namespace" : "cluster", " whitelist")});
  }

 private:
  // What the namespace says of itself; nothing where it says nothing.
  Task<Result<std::optional<Tolerations>>> ofNamespace(AdmissionRequest& request, const char* key) {
    Result<Object<Namespace>> found = co_await namespaces_.find("", std::string(request.ns()));
    if (!found && found.error().is(404)) co_return request.refuse(found.error());
    if (!found) co_return request.retry(found.error());
    auto text = annotation(found->meta(), key);
    if (!text) co_return std::optional<Tolerations>();
    Result<Tolerations> parsed = Tolerations::parse(*text);
    if (!parsed) co_return request.refuse(parsed.error());
    co_return std::optional<Tolerations>(*parsed);
  }

  Tolerations defaults_, allowed_, memoryPressure_;
  Lookup<Namespace> namespaces_{context()};
};

}  // namespace

CLEAT_PLUGIN(PodTolerationRestriction, .name = "admission-pod-toleration-restriction", .version = "0.1.0",
             .maturity = "beta", .roles = "admission", .grants = "- namespaces get,list,watch\n",
             .configSchema =
                 "default string # tolerations of pods in namespaces that name none, as JSON\n"
                 "whitelist string # what pods may tolerate in namespaces that do not say, as JSON; empty: anything\n");
