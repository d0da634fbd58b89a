#include "pod/admission.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>
#include <cleat/sdk/taints.h>

#include <utility>

#include "pod/field_support.h"
#include "pod/resources.h"

namespace cleat::agent {
namespace {

constexpr const char* kUnsupported = "UnsupportedField";

Refusal unsupported(std::string message) { return {kUnsupported, std::move(message)}; }

// As the kubelet has it: a profile that has to be there and cannot be is no reason to run without it.
std::optional<Refusal> checkAppArmor(core_v1::AppArmorProfile::Reader profile, const NodeAbilities& abilities) {
  std::string_view type = view(profile.getType());
  if (type.empty() || type == "Unconfined" || abilities.appArmor) return std::nullopt;
  if (!abilities.appArmorIsOn) {
    return Refusal{"AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host"};
  }
  return Refusal{"AppArmor", "Cannot enforce AppArmor: the container runtime applies no AppArmor profiles"};
}

// In the annotation that was there before the field.
std::optional<Refusal> checkAppArmorAnnotations(core_v1::Pod::Reader pod, const NodeAbilities& abilities) {
  for (auto entry : pod.getMetadata().getAnnotations()) {
    bool named = view(entry.getKey()).starts_with("container.apparmor.security.beta.kubernetes.io/");
    if (!named || view(entry.getValue()) == "unconfined" || entry.getValue().size() == 0 || abilities.appArmor)
      continue;
    return Refusal{"AppArmor", abilities.appArmorIsOn
                                   ? "Cannot enforce AppArmor: the container runtime applies no AppArmor profiles"
                                   : "Cannot enforce AppArmor: AppArmor is not enabled on the host"};
  }
  return std::nullopt;
}

// What contexts of pods and of containers have in common.
template <class Context>
std::optional<Refusal> checkProfiles(Context context, const std::string& path, const NodeAbilities& abilities) {
  if (context.hasAppArmorProfile()) {
    if (auto refusal = checkAppArmor(context.getAppArmorProfile(), abilities)) return refusal;
  }
  if (context.hasSeLinuxOptions() && abilities.selinuxIsOn && !abilities.selinux) {
    return unsupported(concat(path, ".seLinuxOptions: SELinux is on, and the runtime does not apply labels"));
  }
  std::string_view seccomp = view(context.getSeccompProfile().getType());
  if (!seccomp.empty() && seccomp != "Unconfined" && !abilities.seccomp) {
    return unsupported(concat(path, ".seccompProfile: there is no seccomp on this node"));
  }
  return std::nullopt;
}

std::optional<Refusal> checkMounts(core_v1::Container::Reader container, const std::string& path,
                                   const NodeAbilities& abilities) {
  auto mounts = container.getVolumeMounts();
  for (uint32_t i = 0; i < mounts.size(); ++i) {
    if (view(mounts[i].getRecursiveReadOnly()) != "Enabled" || abilities.recursiveReadOnly) continue;
    return unsupported(concat(path, ".volumeMounts[", i, "].recursiveReadOnly: volume \"", mounts[i].getName(),
                              "\" requested recursive read-only mode, but it is not supported by the runtime"));
  }
  return std::nullopt;
}

std::optional<Refusal> checkPodContext(core_v1::Pod::Reader pod, const NodeAbilities& abilities) {
  auto spec = pod.getSpec();
  auto context = spec.getSecurityContext();
  for (auto sysctl : context.getSysctls()) {
    if (abilities.allowsSysctl(str(sysctl.getName()))) continue;
    return Refusal{"SysctlForbidden", concat("forbidden sysctl: \"", sysctl.getName(), "\" not allowlisted")};
  }
  if (!valueOr(spec.getHostUsers(), true) && !abilities.userNamespaces) {
    return unsupported("can't set `spec.hostUsers: false`, runtime does not support user namespaces");
  }
  if (view(context.getSupplementalGroupsPolicy()) == "Strict" && !abilities.groupsPolicy) {
    return Refusal{"SupplementalGroupsPolicyNotSupported",
                   "SupplementalGroupsPolicy=Strict is not supported in this node"};
  }
  if (auto refusal = checkAppArmorAnnotations(pod, abilities)) return refusal;
  return checkProfiles(context, "spec.securityContext", abilities);
}

std::string pathOf(const PodContainer& container, uint32_t index) {
  switch (container.role) {
    case ContainerRole::regular: return concat("spec.containers[", index, "]");
    case ContainerRole::ephemeral: return concat("spec.ephemeralContainers[", index, "]");
    default: return concat("spec.initContainers[", index, "]");
  }
}

std::optional<Refusal> checkOs(core_v1::Pod::Reader pod) {
  auto label = lookup(pod.getMetadata().getLabels(), "kubernetes.io/os");
  if (label && *label != "linux") {
    return Refusal{"PodOSSelectorNodeLabelDoesNotMatch",
                   "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label"};
  }
  std::string_view os = view(pod.getSpec().getOs().getName());
  if (os.empty() || os == "linux") return std::nullopt;
  return Refusal{"PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS"};
}

// A resource that the node does not have at all is one that it has too little of: there is nobody on the way who would
// provide it.
std::optional<Refusal> checkResources(core_v1::Pod::Reader pod, const Object<core_v1::Node>& node,
                                      const ResourceLedger& ledger, int64_t mostPods) {
  const std::string uid = str(pod.getMetadata().getUid());
  const auto pods = static_cast<int64_t>(ledger.countBeside(uid));
  Grant wanted = grantOf(pod.getSpec());
  const std::map<std::string, int64_t> others = amountsIn(node->getStatus().getAllocatable()).others;
  // What devices were allocated for the node need not have.
  for (auto mapping : pod.getStatus().getExtendedResourceClaimStatus().getRequestMappings()) {
    const std::string resource = str(mapping.getResourceName());
    if (!others.contains(resource)) wanted.others.erase(resource);
  }
  std::optional<Shortage> lacks;
  if (pods >= mostPods) lacks = Shortage{"pods", 1, pods, mostPods};
  if (!lacks) lacks = ledger.whyNot(uid, wanted);
  if (!lacks) lacks = ledger.whyNotOthers(uid, wanted, others);
  if (!lacks) return std::nullopt;
  return Refusal{concat("OutOf", lacks->resource), lacks->message()};
}

// What the scheduler would have seen to, if it was asked.
std::optional<Refusal> checkPlacement(core_v1::Pod::Reader pod, const Object<core_v1::Node>& node,
                                      const ResourceLedger& ledger) {
  auto spec = pod.getSpec();
  auto failed = [](std::string_view predicate, std::string_view why) {
    return Refusal{std::string(predicate), concat("Predicate ", predicate, " failed: ", why)};
  };
  if (!matchesNodeSelection(spec, node)) {
    return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  }
  if (!ledger.hasPorts(str(pod.getMetadata().getUid()), takenHostPorts(spec))) {
    return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  }
  // The other effects are for who places pods.
  for (auto taint : node->getSpec().getTaints()) {
    if (view(taint.getEffect()) != "NoExecute" || isMirror(pod) || tolerates(spec, taint)) continue;
    return failed("TaintToleration", "node(s) had taints that the pod didn't tolerate");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> unsupportedIn(core_v1::Pod::Reader pod, const PodContainer& container, const std::string& path,
                                     const NodeAbilities& abilities) {
  if (auto field = unsupportedField(container.spec, path)) return unsupported(std::move(*field));
  auto context = container.spec.getSecurityContext();
  std::string contextPath = path + ".securityContext";
  bool ownUsers = !valueOr(pod.getSpec().getHostUsers(), true);
  if (view(context.getProcMount()) == "Unmasked" && !ownUsers) {
    return unsupported(contextPath + ".procMount: `hostUsers` must be false to use `Unmasked`");
  }
  if (auto refusal = checkProfiles(context, contextPath, abilities)) return refusal;
  return checkMounts(container.spec, path, abilities);
}

std::optional<Refusal> unsupportedIn(core_v1::Pod::Reader pod, const NodeAbilities& abilities) {
  if (auto refusal = checkPodContext(pod, abilities)) return refusal;
  if (auto field = unsupportedField(pod.getSpec())) return unsupported(std::move(*field));
  uint32_t index = 0;
  ContainerRole last = ContainerRole::ephemeral;
  for (const auto& container : allContainersOf(pod.getSpec())) {
    ContainerRole list = container.role == ContainerRole::sidecar ? ContainerRole::init : container.role;
    if (std::exchange(last, list) != list) index = 0;
    if (auto refusal = unsupportedIn(pod, container, pathOf(container, index++), abilities)) return refusal;
  }
  return std::nullopt;
}

std::optional<Refusal> refusalOf(core_v1::Pod::Reader pod, const Object<core_v1::Node>& node,
                                 const ResourceLedger& ledger, int64_t mostPods, const NodeAbilities& abilities) {
  if (auto refusal = checkOs(pod)) return refusal;
  if (auto refusal = unsupportedIn(pod, abilities)) return refusal;
  if (auto refusal = checkResources(pod, node, ledger, mostPods)) return refusal;
  return checkPlacement(pod, node, ledger);
}

}  // namespace cleat::agent
