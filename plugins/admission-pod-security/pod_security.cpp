// Holds pods to the Pod Security Standards, as the labels of their namespaces ask for.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/batch_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_replication.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>
#include <set>

#include "evaluation.h"
#include "existing_pods.h"

using namespace cleat;
using namespace cleat::pod_security;
using core_v1::Namespace;
using core_v1::Pod;
using role::Operation;

namespace {

// After it was written, a namespace is looked up where it is kept until the informer has heard of that, or for so long.
constexpr std::chrono::seconds kDoubted{30};

// What may change in a container that is there: its image, and what annotations say of it.
template <class Container>
bool differs(Container now, Container old, meta_v1::ObjectMeta::Reader meta, meta_v1::ObjectMeta::Reader oldMeta) {
  const std::string key = concat(kSeccompPrefix, now.getName());
  return view(now.getImage()) != view(old.getImage()) || annotation(meta, key) != annotation(oldMeta, key);
}

template <class List>
bool anyDiffers(List now, List old, const Object<Pod>& pod, const Object<Pod>& oldPod) {
  if (now.size() != old.size()) return true;
  for (uint32_t i = 0; i < now.size(); ++i) {
    if (differs(now[i], old[i], pod.meta(), oldPod.meta())) return true;
  }
  return false;
}

// Whether a change of a pod is one that the standards could mind.
bool isSignificant(const Object<Pod>& pod, const Object<Pod>& old) {
  auto now = pod->getSpec(), before = old->getSpec();
  return anyDiffers(now.getContainers(), before.getContainers(), pod, old) ||
         anyDiffers(now.getInitContainers(), before.getInitContainers(), pod, old) ||
         anyDiffers(now.getEphemeralContainers(), before.getEphemeralContainers(), pod, old);
}

using Template = core_v1::PodTemplateSpec::Reader;

// What makes pods of a template, and where it has the template.
struct Workload {
  const Resource& kind;
  Template (*templateIn)(const AdmissionRequest& request);
};
template <class K>
Workload workload() {
  return {KindOf<K>::resource, [](const AdmissionRequest& request) {
            auto object = request.object<K>();
            if constexpr (requires { object->getTemplate(); }) {
              return Template(object->getTemplate());
            } else if constexpr (requires { object->getSpec().getJobTemplate(); }) {
              return Template(object->getSpec().getJobTemplate().getSpec().getTemplate());
            } else {
              return Template(object->getSpec().getTemplate());
            }
          }};
}
const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all = {
      workload<core_v1::PodTemplate>(), workload<core_v1::ReplicationController>(),
      workload<apps_v1::ReplicaSet>(),  workload<apps_v1::Deployment>(),
      workload<apps_v1::StatefulSet>(), workload<apps_v1::DaemonSet>(),
      workload<batch_v1::Job>(),        workload<batch_v1::CronJob>()};
  return all;
}

class PodSecurity : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    for (auto [into, mode] : {std::pair(&defaults_.enforce, "enforce"), std::pair(&defaults_.audit, "audit"),
                              std::pair(&defaults_.warn, "warn")}) {
      CLEAT_CO_TRY(*into, readSetting(mode));
    }
    auto readNames = [&](const char* setting) {
      const std::vector<std::string> names = config().list(setting);
      return std::set<std::string, std::less<>>(names.begin(), names.end());
    };
    users_ = readNames("exempt_users");
    runtimeClasses_ = readNames("exempt_runtime_classes");
    exemptNamespaces_ = readNames("exempt_namespaces");
    namespaces_.onChange([this](const Object<Namespace>&, const Object<Namespace>& now) {
      if (now) noteKnown(now);
    });
    namespaces_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    const std::vector<Operation> writes{Operation::CREATE, Operation::UPDATE};
    std::vector<AdmissionInterest> interests = {
        {.resource = "namespaces", .operations = writes, .validates = true, .withdraws = true},
        {.resource = "pods", .operations = writes, .validates = true},
        {.resource = "pods/ephemeralcontainers", .operations = writes, .validates = true}};
    for (const Workload& each : workloads()) {
      interests.push_back({.group = std::string(each.kind.group),
                           .resource = std::string(each.kind.resource),
                           .operations = writes,
                           .validates = true});
    }
    return interests;
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const std::string_view resource = request.resource();
    if (resource == "namespaces") co_return co_await checkNamespace(request);
    if (exemptNamespaces_.contains(request.ns()) || users_.contains(view(request.user().getName()))) {
      co_return Result<void>();
    }
    const std::string ns = str(request.ns());
    Result<Object<Namespace>> found = co_await find(ns);
    if (!found && found.error().is(404)) co_return request.refuse(found.error());
    if (!found) co_return request.retry(found.error());
    const PolicyOf policy = policyOf(found->meta().getLabels(), defaults_);
    if (policy.wrongs.empty() && policy.policy.isPrivileged()) co_return Result<void>();
    if (resource == "pods") co_return checkPod(request, policy.policy);
    const auto at = std::ranges::find(workloads(), resource, [](const Workload& each) { return each.kind.resource; });
    if (at == workloads().end()) co_return Result<void>();
    co_return speakOf(request, policy.policy, at->templateIn(request));
  }

  Task<Result<void>> withdraw(AdmissionRequest& request) override {
    const Write none = writeOf(request.object<Namespace>(), request.old<Namespace>());
    drop(request.name(), [&](const Write& write) { return write == none; });
    co_return Result<void>();
  }

 private:
  // Of a namespace, not known yet.
  struct Write {
    std::string uid;
    uint64_t after;  // the revision that it replaces
    bool operator==(const Write&) const = default;
  };
  struct Doubt {
    Instant until;
    std::vector<Write> writes;
  };
  static Write writeOf(const Object<Namespace>& now, const Object<Namespace>& old) {
    return {std::string((old ? old : now).uid()), old.revision()};
  }

  Result<LevelVersion> readSetting(const std::string& mode) {
    const std::string level = config().string(mode), version = config().string(mode + "_version");
    const std::optional<Level> readLevel = parseLevel(level);
    const std::optional<int> readVersion = parseVersion(version);
    if (!readLevel) return fail(Status::badRequest(concat(mode, ": \"", level, "\" ", kLevelRule)));
    if (!readVersion) return fail(Status::badRequest(concat(mode, "_version: \"", version, "\" ", kVersionRule)));
    return LevelVersion{*readLevel, *readVersion};
  }

  Task<Result<Object<Namespace>>> find(std::string name) {
    if (!doubted_.empty()) {
      std::erase_if(doubted_, [now = context().now()](const auto& entry) { return entry.second.until <= now; });
    }
    Object<Namespace> known = doubted_.contains(name) ? Object<Namespace>() : namespaces_.get(name);
    if (known) co_return known;
    co_return co_await client_.get<Namespace>(name);
  }

  // Of what was written over an earlier state the outcome is known by now.
  void noteKnown(const Object<Namespace>& known) {
    drop(known.name(), [&](const Write& write) { return write.uid == known.uid() && known.revision() > write.after; });
  }

  template <class F>
  void drop(std::string_view name, F which) {
    auto found = doubted_.find(name);
    if (found == doubted_.end()) return;
    std::erase_if(found->second.writes, which);
    if (found->second.writes.empty()) doubted_.erase(found);
  }

  bool isExempt(core_v1::PodSpec::Reader spec) const {
    return spec.getRuntimeClassName().size() > 0 && runtimeClasses_.contains(view(spec.getRuntimeClassName()));
  }

  Task<Result<void>> checkNamespace(AdmissionRequest& request) {
    const Object<Namespace> now = request.object<Namespace>(), old = request.old<Namespace>();
    const std::string name = str(request.name());
    if (!request.params().getDryRun()) {
      Doubt& doubt = doubted_[name];
      doubt.until = context().now() + kDoubted;
      doubt.writes.push_back(writeOf(now, old));
    }
    const PolicyOf policy = policyOf(now.meta().getLabels(), defaults_);
    const PolicyOf before = old ? policyOf(old.meta().getLabels(), defaults_) : PolicyOf();
    // Labels that were wrong before are no reason to refuse something else.
    if (!policy.wrongs.empty() && policy.wrongs != before.wrongs) {
      co_return request.refuse(Status::invalid("Namespace", name, policy.wrongs));
    }
    const LevelVersion& enforce = policy.policy.enforce;
    const bool isLess = enforce.minor == before.policy.enforce.minor && enforce.level <= before.policy.enforce.level;
    if (old && (enforce == before.policy.enforce || enforce.level == Level::privileged || isLess)) {
      co_return Result<void>();
    }
    if (exemptNamespaces_.contains(name)) {
      const std::string warning = exemptionWarning(name, policy.policy, defaults_, now.meta().getLabels());
      if (!warning.empty()) request.warn({warning});
      co_return Result<void>();
    }
    if (!old) co_return Result<void>();
    ListOptions options;
    options.ns = name;
    Result<ObjectList<Pod>> pods = co_await client_.list<Pod>(options);
    if (!pods) {
      request.warn({"failed to list pods while checking new PodSecurity enforce level"});
      co_return Result<void>();
    }
    auto exempt = [this](core_v1::PodSpec::Reader spec) { return isExempt(spec); };
    request.warn(warningsOf(name, enforce, std::move(pods->items), exempt));
    co_return Result<void>();
  }

  Result<void> checkPod(AdmissionRequest& request, const Policy& policy) {
    Object<Pod> pod = request.object<Pod>();
    const Object<Pod> old = request.old<Pod>();
    if (request.subresource() == "ephemeralcontainers") {
      // Of the body nothing but these is taken over: what else it says of the pod is not what the pod is.
      Draft<Pod> becomes(old);
      becomes->getSpec().setEphemeralContainers(pod->getSpec().getEphemeralContainers());
      pod = std::move(becomes).freeze();
    }
    if (old && !isSignificant(pod, old)) return {};
    if (isExempt(pod->getSpec())) return {};
    const Violations enforced = evaluate(policy.enforce, pod.meta(), pod->getSpec());
    if (!enforced.empty()) {
      return request.forbid(concat("violates PodSecurity \"", text(policy.enforce), "\": ", enforced.detail()));
    }
    speak(request, policy, pod.meta(), pod->getSpec());
    return {};
  }

  // Of a workload's template, whose pods are what is refused or not.
  Result<void> speakOf(AdmissionRequest& request, const Policy& policy, core_v1::PodTemplateSpec::Reader pods) {
    if (!isExempt(pods.getSpec())) speak(request, policy, pods.getMetadata(), pods.getSpec());
    return {};
  }

  void speak(AdmissionRequest& request, const Policy& policy, meta_v1::ObjectMeta::Reader meta,
             core_v1::PodSpec::Reader spec) {
    auto sentence = [&](const LevelVersion& levelVersion) {
      const Violations violations = evaluate(levelVersion, meta, spec);
      if (violations.empty()) return std::string();
      return concat("would violate PodSecurity \"", text(levelVersion), "\": ", violations.detail());
    };
    if (std::string audit = sentence(policy.audit); !audit.empty()) {
      log().info("audit: ", request.user().getName(), " writes ", request.resource(), " ", request.ns(), "/",
                 request.name(), ": ", audit);
      request.annotate({{"pod-security.kubernetes.io/audit-violations", audit}});
    }
    if (std::string warning = sentence(policy.warn); !warning.empty()) request.warn({warning});
  }

  Policy defaults_;
  std::set<std::string, std::less<>> users_, runtimeClasses_, exemptNamespaces_;
  std::map<std::string, Doubt, std::less<>> doubted_;
  Client client_{context()};
  Informer<Namespace> namespaces_{context()};
};

}  // namespace

CLEAT_PLUGIN(PodSecurity, .name = "admission-pod-security", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "- namespaces get,list,watch\n- pods list\n",
             .configSchema =
                 "enforce string privileged # the level that pods are held to where a namespace does not say\n"
                 "enforce_version string latest # of which version of Kubernetes: latest, or v1.N\n"
                 "audit string privileged # the level below which a pod is written into the log\n"
                 "audit_version string latest\n"
                 "warn string privileged # the level below which whoever writes a pod is warned\n"
                 "warn_version string latest\n"
                 "exempt_users list # whose pods are let through\n"
                 "exempt_runtime_classes list # pods of these classes are let through\n"
                 "exempt_namespaces list # pods in these are let through\n");
