#include "pod/pod_spec.h"

#include <capnp/any.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::agent {
namespace {

bool matchesRule(core_v1::ContainerRestartRule::Reader rule, int exitCode) {
  auto codes = rule.getExitCodes();
  bool listed = false;
  for (int32_t code : codes.getValues()) listed = listed || code == exitCode;
  if (view(codes.getOperator()) == "In") return listed;
  return view(codes.getOperator()) == "NotIn" && !listed;
}

RestartPolicy policyNamed(std::string_view name) {
  if (name == "Never") return RestartPolicy::never;
  return name == "OnFailure" ? RestartPolicy::onFailure : RestartPolicy::always;
}

}  // namespace

std::string_view PodContainer::name() const { return view(spec.getName()); }

std::vector<PodContainer> containersOf(core_v1::PodSpec::Reader spec) {
  std::vector<PodContainer> containers;
  containers.reserve(spec.getInitContainers().size() + spec.getContainers().size());
  for (auto container : spec.getInitContainers()) {
    bool sidecar = view(container.getRestartPolicy()) == "Always";
    containers.push_back({container, sidecar ? ContainerRole::sidecar : ContainerRole::init});
  }
  for (auto container : spec.getContainers()) containers.push_back({container, ContainerRole::regular});
  return containers;
}

std::vector<PodContainer> ephemeralContainersOf(core_v1::PodSpec::Reader spec) {
  std::vector<PodContainer> containers;
  for (auto container : spec.getEphemeralContainers()) {
    // It has the fields of a container, laid out alike, and one more.
    auto common = capnp::AnyStruct::Reader(container).as<core_v1::Container>();
    containers.push_back({common, ContainerRole::ephemeral, view(container.getTargetContainerName())});
  }
  return containers;
}

std::vector<PodContainer> allContainersOf(core_v1::PodSpec::Reader spec) {
  std::vector<PodContainer> containers = ephemeralContainersOf(spec);
  for (auto& container : containersOf(spec)) containers.push_back(container);
  return containers;
}

std::vector<core_v1::ContainerPort::Reader> hostPortsOf(core_v1::PodSpec::Reader spec) {
  constexpr int32_t kMostPort = 65535;
  std::vector<core_v1::ContainerPort::Reader> ports;
  for (const auto& container : containersOf(spec)) {
    for (auto port : container.spec.getPorts()) {
      if (port.getHostPort() > 0 && port.getHostPort() <= kMostPort) ports.push_back(port);
    }
  }
  return ports;
}

capnp::List<core_v1::ContainerStatus>::Reader statusesOf(core_v1::PodStatus::Reader status, ContainerRole role) {
  switch (role) {
    case ContainerRole::init:
    case ContainerRole::sidecar: return status.getInitContainerStatuses();
    case ContainerRole::ephemeral: return status.getEphemeralContainerStatuses();
    case ContainerRole::regular: break;
  }
  return status.getContainerStatuses();
}

std::optional<PodContainer> findContainer(core_v1::PodSpec::Reader spec, std::string_view name) {
  for (const auto& container : allContainersOf(spec)) {
    if (container.name() == name) return container;
  }
  return std::nullopt;
}

RestartPolicy restartPolicyOf(core_v1::PodSpec::Reader spec) { return policyNamed(view(spec.getRestartPolicy())); }

bool shouldRestart(core_v1::PodSpec::Reader pod, const PodContainer& container, int exitCode) {
  if (container.role == ContainerRole::sidecar) return true;
  if (container.role == ContainerRole::ephemeral) return false;
  for (auto rule : container.spec.getRestartPolicyRules()) {
    if (view(rule.getAction()) == "Restart" && matchesRule(rule, exitCode)) return true;
  }
  std::string_view own = view(container.spec.getRestartPolicy());
  RestartPolicy policy = own.empty() ? restartPolicyOf(pod) : policyNamed(own);
  if (policy == RestartPolicy::never) return false;
  if (container.role == ContainerRole::init) return exitCode != 0;
  return policy == RestartPolicy::always || exitCode != 0;
}

std::string specHash(core_v1::Container::Reader container) {
  // FNV-1a: it only has to be the same after a restart of the agent.
  uint64_t hash = 14695981039346656037u;
  auto add = [&](std::string_view text) {
    for (unsigned char c : text) hash = (hash ^ c) * 1099511628211u;
    hash = (hash ^ 0xff) * 1099511628211u;
  };
  add(view(container.getName()));
  add(view(container.getImage()));
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, hash >>= 4) text[i] = kDigits[hash & 15];
  return text;
}

int64_t gracePeriodOf(core_v1::Pod::Reader pod) {
  auto meta = pod.getMetadata();
  if (deletionPending(meta) && isSet(meta.getDeletionGracePeriodSeconds())) {
    return std::max<int64_t>(1, meta.getDeletionGracePeriodSeconds().getValue());
  }
  return std::max<int64_t>(1, valueOr(pod.getSpec().getTerminationGracePeriodSeconds(), 30));
}

std::string logFolderName(core_v1::Pod::Reader pod) {
  auto meta = pod.getMetadata();
  return concat(meta.getNamespace(), "_", meta.getName(), "_", meta.getUid());
}

std::string describe(core_v1::Pod::Reader pod) {
  auto meta = pod.getMetadata();
  return concat(meta.getName(), "_", meta.getNamespace(), "(", meta.getUid(), ")");
}

bool isTerminalPhase(std::string_view phase) { return phase == "Succeeded" || phase == "Failed"; }

bool isMirror(core_v1::Pod::Reader pod) {
  return annotation(pod.getMetadata(), "kubernetes.io/config.mirror").has_value();
}

}  // namespace cleat::agent
