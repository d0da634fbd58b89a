// A pod's containers: regular, init and ephemeral ones.
#include "kinds-common/pod_parts.h"

namespace cleat::kinds {

namespace {

using Ports = capnp::List<core_v1::ContainerPort>::Reader;

void checkPorts(Ports ports, const Path& path, Findings& findings) {
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < ports.size(); ++i) {
    auto port = ports[i];
    const Path at = path[i];
    if (port.getName().size() > 0) {
      Wrongs wrongs = wrongPortName(view(port.getName()));
      checkName(view(port.getName()), wrongs, at / "name", findings);
      if (wrongs.empty() && !names.insert(view(port.getName())).second) findings.duplicate(at / "name", port.getName());
    }
    auto checkNumber = [&](int32_t number, const char* field) {
      Wrongs wrongs = wrongPortNumber(number);
      if (!wrongs.empty()) findings.invalidEach(at / field, number, wrongs);
    };
    if (port.getContainerPort() == 0) {
      findings.required(at / "containerPort");
    } else {
      checkNumber(port.getContainerPort(), "containerPort");
    }
    if (port.getHostPort() != 0) checkNumber(port.getHostPort(), "hostPort");
    if (port.getProtocol().size() == 0) {
      findings.required(at / "protocol");
    } else {
      checkOneOf(view(port.getProtocol()), at / "protocol", {"SCTP", "TCP", "UDP"}, findings);
    }
  }
}

void checkHostPorts(Ports ports, std::set<std::string>& taken, const Path& path, Findings& findings) {
  for (uint32_t i = 0; i < ports.size(); ++i) {
    if (ports[i].getHostPort() == 0) continue;
    std::string port =
        concat(view(ports[i].getProtocol()), "/", view(ports[i].getHostIP()), "/", ports[i].getHostPort());
    if (!taken.insert(port).second) findings.duplicate(path[i] / "hostPort", port);
  }
}

void checkResizePolicies(capnp::List<core_v1::ContainerResizePolicy>::Reader policies, const PodFacts& pod,
                         const Path& path, Findings& findings) {
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < policies.size(); ++i) {
    std::string_view resource = view(policies[i].getResourceName()), restart = view(policies[i].getRestartPolicy());
    if (!seen.insert(resource).second) findings.duplicate(path[i], resource);
    const auto checkWord = [&](std::string_view word, std::initializer_list<std::string_view> known) {
      if (word.empty()) return findings.required(path);
      checkOneOf(word, path, known, findings);
    };
    checkWord(resource, {"cpu", "memory"});
    checkWord(restart, {"NotRequired", "RestartContainer"});
    if (pod.restartPolicy == "Never" && restart != "NotRequired") {
      findings.invalid(path, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
    }
  }
}

void checkImage(std::string_view image, const PodFacts& pod, const Path& path, Findings& findings) {
  constexpr std::string_view kSpace = " \t\r\n";
  if (image.empty()) {
    findings.required(path);
  } else if (pod.isPod && (kSpace.find(image.front()) != std::string_view::npos ||
                           kSpace.find(image.back()) != std::string_view::npos)) {
    findings.invalid(path, image, "must not have leading or trailing whitespace");
  }
}

// What every container has: a Container or an EphemeralContainer.
template <class Container>
void checkCommon(Container container, const PodFacts& pod, const Path& path, Findings& findings) {
  if (container.getName().size() == 0) {
    findings.required(path / "name");
  } else {
    checkDnsLabel(view(container.getName()), path / "name", findings);
  }
  checkImage(view(container.getImage()), pod, path / "image", findings);
  checkOneOf(view(container.getTerminationMessagePolicy()), path / "terminationMessagePolicy",
             {"File", "FallbackToLogsOnError"}, findings);
  checkPorts(container.getPorts(), path / "ports", findings);
  checkEnvironment(container.getEnv(), path / "env", findings);
  checkEnvironmentFiles(container.getEnv(), pod.volumes, path / "env", findings);
  checkEnvironmentSources(container.getEnvFrom(), path / "envFrom", findings);
  bool privileged = valueOr(container.getSecurityContext().getPrivileged(), false);
  checkMounts(container.getVolumeMounts(), container.getVolumeDevices(), privileged, pod, path, findings);
  checkOneOf(view(container.getImagePullPolicy()), path / "imagePullPolicy", {"Always", "IfNotPresent", "Never"},
             findings);
  checkResources(container.getResources(), pod.claims, path / "resources", findings);
  checkResizePolicies(container.getResizePolicy(), pod, path / "resizePolicy", findings);
  if (container.hasSecurityContext()) {
    checkSecurityContext(container.getSecurityContext(), pod.hostUsers, path / "securityContext", findings);
  }
}

void checkProbesAndHooks(core_v1::Container::Reader container, const PodFacts& pod, const Path& path,
                         Findings& findings) {
  if (container.hasLifecycle()) checkLifecycle(container.getLifecycle(), pod, path / "lifecycle", findings);
  if (container.hasLivenessProbe()) {
    checkProbe(container.getLivenessProbe(), ProbeKind::liveness, pod, path / "livenessProbe", findings);
  }
  if (container.hasReadinessProbe()) {
    checkProbe(container.getReadinessProbe(), ProbeKind::readiness, pod, path / "readinessProbe", findings);
  }
  if (container.hasStartupProbe()) {
    checkProbe(container.getStartupProbe(), ProbeKind::startup, pod, path / "startupProbe", findings);
  }
}

// Of one that is to run before the others, rules without a policy are looked at no further.
enum class Sort { regular, init };
void checkRestartRules(core_v1::Container::Reader container, Sort sort, const Path& path, Findings& findings) {
  auto rules = container.getRestartPolicyRules();
  if (rules.size() > 0 && !container.hasRestartPolicy()) {
    findings.required(path / "restartPolicy", "must specify restartPolicy when restart rules are used");
    if (sort == Sort::init) return;
  }
  if (rules.size() > 20) findings.tooMany(path / "restartPolicyRules", rules.size(), 20);
  for (uint32_t i = 0; i < rules.size(); ++i) {
    const Path at = (path / "restartPolicyRules")[i];
    checkOneOf(view(rules[i].getAction()), at / "action", {"Restart", "RestartAllContainers"}, findings);
    if (!rules[i].hasExitCodes()) {
      findings.required(at / "exitCodes", "must be specified");
      continue;
    }
    checkOneOf(view(rules[i].getExitCodes().getOperator()), at / "exitCodes" / "operator", {"In", "NotIn"}, findings);
    if (rules[i].getExitCodes().getValues().size() > 255) {
      findings.tooMany(at / "exitCodes" / "values", rules[i].getExitCodes().getValues().size(), 255);
    }
  }
}

void checkRegular(core_v1::PodSpec::Reader spec, const PodFacts& pod, const Path& path, Findings& findings) {
  auto containers = spec.getContainers();
  if (containers.size() == 0) {
    findings.required(path);
    return;
  }
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < containers.size(); ++i) {
    auto container = containers[i];
    const Path at = path[i];
    checkCommon(container, pod, at, findings);
    if (!names.insert(view(container.getName())).second) findings.duplicate(at / "name", container.getName());
    checkProbesAndHooks(container, pod, at, findings);
    if (container.hasRestartPolicy()) {
      checkOneOf(view(container.getRestartPolicy()), at / "restartPolicy", {"Always", "Never", "OnFailure"}, findings);
    }
    checkRestartRules(container, Sort::regular, at, findings);
  }
  std::set<std::string> taken;
  for (uint32_t i = 0; i < containers.size(); ++i) {
    checkHostPorts(containers[i].getPorts(), taken, path[i] / "ports", findings);
  }
}

void checkInit(core_v1::PodSpec::Reader spec, const PodFacts& pod, const Path& path, Findings& findings) {
  std::set<std::string_view> names;
  for (auto container : spec.getContainers()) names.insert(view(container.getName()));
  auto containers = spec.getInitContainers();
  for (uint32_t i = 0; i < containers.size(); ++i) {
    auto container = containers[i];
    const Path at = path[i];
    checkCommon(container, pod, at, findings);
    if (container.hasRestartPolicy()) {
      checkOneOf(view(container.getRestartPolicy()), at / "restartPolicy", {"Always", "Never", "OnFailure"}, findings);
    }
    checkRestartRules(container, Sort::init, at, findings);
    if (!names.insert(view(container.getName())).second) findings.duplicate(at / "name", container.getName());
    // They run one after the other, so each has the ports for itself.
    std::set<std::string> taken;
    checkHostPorts(container.getPorts(), taken, at / "ports", findings);
    if (view(container.getRestartPolicy()) == "Always") {
      checkProbesAndHooks(container, pod, at, findings);
      continue;
    }
    constexpr std::string_view kSidecarsOnly = "may not be set for init containers without restartPolicy=Always";
    if (container.hasLifecycle()) findings.forbidden(at / "lifecycle", kSidecarsOnly);
    if (container.hasLivenessProbe()) findings.forbidden(at / "livenessProbe", kSidecarsOnly);
    if (container.hasReadinessProbe()) findings.forbidden(at / "readinessProbe", kSidecarsOnly);
    if (container.hasStartupProbe()) findings.forbidden(at / "startupProbe", kSidecarsOnly);
    auto policies = container.getResizePolicy();
    for (uint32_t j = 0; j < policies.size(); ++j) {
      if (view(policies[j].getRestartPolicy()) != "RestartContainer") continue;
      findings.invalid((at / "resizePolicy")[j] / "restartPolicy", policies[j].getRestartPolicy(),
                       "must not be set to 'RestartContainer' for non-sidecar initContainers");
    }
  }
}

void checkEphemeral(core_v1::PodSpec::Reader spec, const PodFacts& pod, const Path& path, Findings& findings) {
  std::set<std::string_view> others;
  for (auto container : spec.getContainers()) others.insert(view(container.getName()));
  for (auto container : spec.getInitContainers()) others.insert(view(container.getName()));
  std::set<std::string_view> all = others;
  auto containers = spec.getEphemeralContainers();
  constexpr std::string_view kNotHere = "cannot be set for an Ephemeral Container";
  for (uint32_t i = 0; i < containers.size(); ++i) {
    auto container = containers[i];
    const Path at = path[i];
    checkCommon(container, pod, at, findings);
    if (!all.insert(view(container.getName())).second) findings.duplicate(at / "name", container.getName());
    std::string_view target = view(container.getTargetContainerName());
    if (!target.empty() && !others.contains(target)) findings.notFound(at / "targetContainerName", target);
    auto resources = container.getResources();
    const std::pair<const char*, bool> absent[] = {
        {"ports", container.getPorts().size() > 0},
        {"resources",
         resources.getRequests().size() > 0 || resources.getLimits().size() > 0 || resources.getClaims().size() > 0},
        {"resizePolicy", container.getResizePolicy().size() > 0},
        {"restartPolicy", container.hasRestartPolicy()},
        {"restartPolicyRules", container.getRestartPolicyRules().size() > 0},
        {"livenessProbe", container.hasLivenessProbe()},
        {"readinessProbe", container.hasReadinessProbe()},
        {"startupProbe", container.hasStartupProbe()},
        {"lifecycle", container.hasLifecycle()}};
    for (const auto& [field, isSet] : absent) {
      if (isSet) findings.forbidden(at / field, kNotHere);
    }
    auto mounts = container.getVolumeMounts();
    for (uint32_t j = 0; j < mounts.size(); ++j) {
      const Path mount = (at / "volumeMounts")[j];
      if (mounts[j].getSubPath().size() > 0) findings.forbidden(mount / "subPath", kNotHere);
      if (mounts[j].getSubPathExpr().size() > 0) findings.forbidden(mount / "subPathExpr", kNotHere);
    }
  }
}

}  // namespace

void checkContainers(core_v1::PodSpec::Reader spec, const PodFacts& pod, const Path& path, Findings& findings) {
  checkRegular(spec, pod, path / "containers", findings);
  checkInit(spec, pod, path / "initContainers", findings);
  checkEphemeral(spec, pod, path / "ephemeralContainers", findings);
}

}  // namespace cleat::kinds
