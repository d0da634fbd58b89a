#include "pod/container_config.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>

#include "pod/resources.h"
#include "pod/user_ranges.h"
#include "runtime_view.h"

namespace cleat::agent {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

void setPairs(capnp::List<role::Pair>::Builder list, const Pairs& pairs) {
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setKey(pairs[i].first);
    list[i].setValue(pairs[i].second);
  }
}

Pairs podLabels(core_v1::Pod::Reader pod) {
  auto meta = pod.getMetadata();
  return {{kPodNameLabel, str(meta.getName())},
          {kPodNamespaceLabel, str(meta.getNamespace())},
          {kPodUidLabel, str(meta.getUid())}};
}

// The container's own setting, or else the pod's, or else nothing.
template <class Box>
Box firstSet(Box own, Box pods) {
  return isSet(own) ? own : pods;
}

void setSeccomp(core_v1::PodSecurityContext::Reader pod, core_v1::SecurityContext::Reader own,
                role::Security::Builder out) {
  if (!own.hasSeccompProfile() && !pod.hasSeccompProfile()) return;
  auto profile = own.hasSeccompProfile() ? own.getSeccompProfile() : pod.getSeccompProfile();
  if (view(profile.getType()) == "Localhost") {
    out.setSeccompProfile(concat("Localhost/", profile.getLocalhostProfile()));
  } else {
    out.setSeccompProfile(profile.getType());
  }
}

// What the pod says for all of its containers; "Localhost/NAME" as seccomp profiles are written.
template <class Context>
void setAppArmor(Context context, role::Security::Builder out) {
  if (!context.hasAppArmorProfile()) return;
  auto profile = context.getAppArmorProfile();
  bool local = view(profile.getType()) == "Localhost";
  out.setAppArmorProfile(local ? concat("Localhost/", profile.getLocalhostProfile()) : str(profile.getType()));
}

template <class Context>
void setSelinux(Context context, role::Security::Builder out) {
  if (!context.hasSeLinuxOptions()) return;
  auto from = context.getSeLinuxOptions();
  auto to = out.initSelinux();
  to.setUser(from.getUser());
  to.setRole(from.getRole());
  to.setType(from.getType());
  to.setLevel(from.getLevel());
}

// The container's own over the pod's.
void setProfiles(core_v1::PodSecurityContext::Reader pod, core_v1::SecurityContext::Reader own,
                 role::Security::Builder out) {
  setSeccomp(pod, own, out);
  setAppArmor(pod, out);
  setAppArmor(own, out);
  setSelinux(pod, out);
  setSelinux(own, out);
}

void setSecurity(core_v1::PodSpec::Reader spec, core_v1::SecurityContext::Reader own, role::Security::Builder out) {
  auto pod = spec.getSecurityContext();
  bool privileged = valueOr(own.getPrivileged(), false);
  out.setPrivileged(privileged);
  out.setReadOnlyRootfs(valueOr(own.getReadOnlyRootFilesystem(), false));
  out.setNoNewPrivileges(!valueOr(own.getAllowPrivilegeEscalation(), true));
  out.adoptAddCapabilities(textList(orphanageOf(out), strings(own.getCapabilities().getAdd())));
  out.adoptDropCapabilities(textList(orphanageOf(out), strings(own.getCapabilities().getDrop())));
  out.setRunAsUser(valueOr(firstSet(own.getRunAsUser(), pod.getRunAsUser()), -1));
  out.setRunAsGroup(valueOr(firstSet(own.getRunAsGroup(), pod.getRunAsGroup()), -1));
  out.setRunAsNonRoot(valueOr(firstSet(own.getRunAsNonRoot(), pod.getRunAsNonRoot()), false));
  std::vector<int64_t> groups;
  for (int64_t group : pod.getSupplementalGroups()) groups.push_back(group);
  if (isSet(pod.getFsGroup())) groups.push_back(pod.getFsGroup().getValue());
  auto list = out.initSupplementalGroups(static_cast<uint32_t>(groups.size()));
  for (uint32_t i = 0; i < list.size(); ++i) list.set(i, groups[i]);
  setProfiles(pod, own, out);
  out.setMaskedPaths(view(own.getProcMount()) != "Unmasked" && !privileged);
  out.setSupplementalGroupsPolicy(pod.getSupplementalGroupsPolicy());
}

void setUsers(uint32_t firstId, role::UserNamespace::Builder out) {
  for (auto list : {out.initUidMappings(1), out.initGidMappings(1)}) {
    list[0].setHostId(firstId);
    list[0].setLength(UserRanges::kLength);
  }
}

void setDns(const Resolver& resolver, role::DnsConfig::Builder out) {
  out.adoptServers(textList(orphanageOf(out), resolver.nameservers));
  out.adoptSearches(textList(orphanageOf(out), resolver.searches));
  out.adoptOptions(textList(orphanageOf(out), resolver.options));
}

void setPorts(core_v1::PodSpec::Reader spec, role::SandboxConfig::Builder out) {
  std::vector<core_v1::ContainerPort::Reader> ports = hostPortsOf(spec);
  auto list = out.initPortMappings(static_cast<uint32_t>(ports.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setProtocol(ports[i].getProtocol().size() == 0 ? "TCP" : ports[i].getProtocol());
    list[i].setContainerPort(static_cast<uint16_t>(ports[i].getContainerPort()));
    list[i].setHostPort(static_cast<uint16_t>(ports[i].getHostPort()));
    list[i].setHostIp(ports[i].getHostIP());
  }
}

std::vector<std::string> expanded(capnp::List<capnp::Text>::Reader texts, const Environment& environment) {
  std::vector<std::string> out;
  out.reserve(texts.size());
  for (auto text : texts) out.push_back(expand(view(text), environment));
  return out;
}

}  // namespace

std::string logPathOf(std::string_view containerName, uint32_t attempt) {
  return concat(containerName, "/", attempt, ".log");
}

Result<void> checkUser(core_v1::Pod::Reader pod, const PodContainer& container, const std::string& imageUser) {
  auto own = container.spec.getSecurityContext();
  auto shared = pod.getSpec().getSecurityContext();
  if (!valueOr(firstSet(own.getRunAsNonRoot(), shared.getRunAsNonRoot()), false)) return {};
  std::string whose = concat(" (pod: \"", describe(pod), "\", container: ", container.name(), ")");
  auto user = firstSet(own.getRunAsUser(), shared.getRunAsUser());
  if (isSet(user)) {
    if (user.getValue() != 0) return {};
    return fail(Status::badRequest(concat("container's runAsUser breaks non-root policy", whose)));
  }
  std::string name = imageUser.substr(0, imageUser.find(':'));
  bool number = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!number) {
    return fail(Status::badRequest(concat("container has runAsNonRoot and image has non-numeric user (", name,
                                          "), cannot verify user is non-root", whose)));
  }
  // However it is written: "0", "00", or not at all.
  if (name.find_first_not_of('0') == std::string::npos) {
    return fail(Status::badRequest(concat("container has runAsNonRoot and image will run as root", whose)));
  }
  return {};
}

void buildContainerConfig(core_v1::Pod::Reader pod, const PodContainer& container, const ContainerFacts& facts,
                          role::ContainerConfig::Builder out) {
  auto spec = container.spec;
  out.setSandboxId(facts.sandboxId);
  out.setTargetContainerId(facts.targetContainerId);
  out.setName(spec.getName());
  out.setAttempt(facts.attempt);
  out.setImage(spec.getImage());
  out.adoptCommand(textList(orphanageOf(out), expanded(spec.getCommand(), facts.environment)));
  out.adoptArgs(textList(orphanageOf(out), expanded(spec.getArgs(), facts.environment)));
  out.setWorkingDir(spec.getWorkingDir());

  Pairs environment{{"HOSTNAME", facts.hostname}};
  for (const auto& variable : facts.environment) {
    if (variable.first == "HOSTNAME") {
      environment.front() = variable;
    } else {
      environment.push_back(variable);
    }
  }
  setPairs(out.initEnv(static_cast<uint32_t>(environment.size())), environment);

  auto mounts = out.initMounts(static_cast<uint32_t>(facts.mounts.size()));
  bool ownUsers = !valueOr(pod.getSpec().getHostUsers(), true);
  for (uint32_t i = 0; i < mounts.size(); ++i) {
    mounts[i].setRecursiveReadOnly(facts.mounts[i].recursiveReadOnly);
    mounts[i].setIdMapped(ownUsers);
    mounts[i].setContainerPath(facts.mounts[i].containerPath);
    mounts[i].setHostPath(facts.mounts[i].hostPath);
    mounts[i].setReadOnly(facts.mounts[i].readOnly);
    mounts[i].setPropagation(facts.mounts[i].propagation);
    mounts[i].setImage(facts.mounts[i].image);
    mounts[i].setImageSubPath(facts.mounts[i].imageSubPath);
  }

  auto devices = out.initDevices(static_cast<uint32_t>(facts.devices.size()));
  for (uint32_t i = 0; i < devices.size(); ++i) {
    devices[i].setHostPath(facts.devices[i].hostPath);
    devices[i].setContainerPath(facts.devices[i].containerPath);
    devices[i].setPermissions(facts.devices[i].readOnly ? "rm" : "rwm");
  }

  Pairs labels = podLabels(pod);
  labels.emplace_back(kContainerNameLabel, str(spec.getName()));
  setPairs(out.initLabels(static_cast<uint32_t>(labels.size())), labels);
  Pairs annotations{{kContainerHash, specHash(spec)},
                    {kTerminationMessageFile, facts.terminationMessageFile},
                    {kTerminationMessagePolicy, str(spec.getTerminationMessagePolicy())}};
  setPairs(out.initAnnotations(static_cast<uint32_t>(annotations.size())), annotations);

  out.adoptCdiDevices(textList(orphanageOf(out), facts.cdiDevices));
  out.setStopSignal(spec.getLifecycle().getStopSignal());
  out.setLogPath(logPathOf(container.name(), facts.attempt));
  out.setStdin(spec.getStdin());
  out.setStdinOnce(spec.getStdinOnce());
  out.setTty(spec.getTty());
  setContainerResources(pod.getSpec(), container, facts.machineMemoryBytes, out.initResources());
  setSecurity(pod.getSpec(), spec.getSecurityContext(), out.initSecurity());
}

void buildSandboxConfig(core_v1::Pod::Reader pod, const SandboxFacts& facts, role::SandboxConfig::Builder out) {
  auto meta = pod.getMetadata();
  auto spec = pod.getSpec();
  out.setPodNamespace(meta.getNamespace());
  out.setPodName(meta.getName());
  out.setPodUid(meta.getUid());
  out.setAttempt(facts.attempt);
  if (!spec.getHostNetwork()) out.setHostname(facts.hostname);
  out.setLogDirectory(facts.logFolder);
  out.setHostNetwork(spec.getHostNetwork());
  out.setHostPid(spec.getHostPID());
  out.setHostIpc(spec.getHostIPC());
  out.setSharePid(spec.getShareProcessNamespace().getValue());
  Pairs sysctls;
  for (auto sysctl : spec.getSecurityContext().getSysctls()) {
    sysctls.emplace_back(str(sysctl.getName()), str(sysctl.getValue()));
  }
  setPairs(out.initSysctls(static_cast<uint32_t>(sysctls.size())), sysctls);
  Pairs labels = podLabels(pod);
  setPairs(out.initLabels(static_cast<uint32_t>(labels.size())), labels);
  Pairs annotations{{kGracePeriod, concat(valueOr(spec.getTerminationGracePeriodSeconds(), 30))}};
  setPairs(out.initAnnotations(1), annotations);
  setPodResources(spec, out.initResources());
  if (facts.firstUserId) setUsers(*facts.firstUserId, out.initUserNamespace());
  setDns(facts.dns, out.initDns());
  setPorts(spec, out);
  setProfiles(spec.getSecurityContext(), {}, out.initSecurity());
}

}  // namespace cleat::agent
