#include "kinds-common/pod_spec.h"

#include <cleat/sdk/lists.h>

#include <limits>

#include "kinds-common/addresses.h"
#include "kinds-common/metadata.h"
#include "kinds-common/pod_parts.h"
#include "kinds-common/shown_struct.h"

namespace cleat::kinds {

namespace {

constexpr size_t kMaxNameservers = 3, kMaxSearches = 32, kMaxSearchLength = 2048;

void checkSearches(capnp::List<capnp::Text>::Reader searches, const Path& path, Findings& findings) {
  size_t length = searches.size() == 0 ? 0 : searches.size() - 1;
  for (auto search : searches) length += search.size();
  if (searches.size() > kMaxSearches) {
    findings.invalid(path, Shown::list(strings(searches)),
                     concat("must not have more than ", kMaxSearches, " search paths"));
  }
  if (length > kMaxSearchLength) {
    findings.invalid(
        path, Shown::list(strings(searches)),
        concat("must not have more than ", kMaxSearchLength, " characters (including spaces) in the search list"));
  }
  for (uint32_t i = 0; i < searches.size(); ++i) {
    std::string_view search = view(searches[i]);
    if (search == ".") continue;
    if (search.ends_with('.')) search.remove_suffix(1);
    checkName(search, wrongSearchDomain(search), path[i], findings);
  }
}

void checkDns(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  checkOneOf(view(spec.getDnsPolicy()), path / "dnsPolicy",
             {"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"}, findings);
  const Path config = path / "dnsConfig";
  auto nameservers = spec.getDnsConfig().getNameservers();
  if (view(spec.getDnsPolicy()) == "None") {
    if (!spec.hasDnsConfig()) {
      findings.required(config, "must provide `dnsConfig` when `dnsPolicy` is None");
      return;
    }
    if (nameservers.size() == 0) {
      findings.required(config / "nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None");
      return;
    }
  }
  if (nameservers.size() > kMaxNameservers) {
    findings.invalid(config / "nameservers", Shown::list(strings(nameservers)),
                     concat("must not have more than ", kMaxNameservers, " nameservers"));
  }
  for (uint32_t i = 0; i < nameservers.size(); ++i) {
    checkStrictIp(view(nameservers[i]), (config / "nameservers")[i], findings);
  }
  checkSearches(spec.getDnsConfig().getSearches(), config / "searches", findings);
  auto options = spec.getDnsConfig().getOptions();
  for (uint32_t i = 0; i < options.size(); ++i) {
    if (options[i].getName().size() == 0) findings.required((config / "options")[i], "must not be empty");
  }
}

void checkNames(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  auto subdomain = [&](capnp::Text::Reader text, const char* field) {
    if (text.size() > 0) checkDnsSubdomain(view(text), path / field, findings);
  };
  subdomain(spec.getServiceAccountName(), "serviceAccountName");
  subdomain(spec.getNodeName(), "nodeName");
  subdomain(spec.getPriorityClassName(), "priorityClassName");
  if (spec.hasRuntimeClassName())
    checkDnsSubdomain(view(spec.getRuntimeClassName()), path / "runtimeClassName", findings);
  if (spec.getHostname().size() > 0) checkDnsLabel(view(spec.getHostname()), path / "hostname", findings);
  if (spec.getSubdomain().size() > 0) checkDnsLabel(view(spec.getSubdomain()), path / "subdomain", findings);
  auto aliases = spec.getHostAliases();
  for (uint32_t i = 0; i < aliases.size(); ++i) {
    const Path at = (path / "hostAliases")[i];
    checkStrictIp(view(aliases[i].getIp()), at / "ip", findings);
    auto hostnames = aliases[i].getHostnames();
    for (uint32_t j = 0; j < hostnames.size(); ++j)
      checkDnsSubdomain(view(hostnames[j]), (at / "hostnames")[j], findings);
  }
}

void checkHostname(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  if (!spec.hasHostnameOverride()) return;
  constexpr size_t kLimit = 64;  // of a host name in Linux
  const Path at = path / "hostnameOverride";
  const std::string_view name = view(spec.getHostnameOverride());
  if (valueOr(spec.getSetHostnameAsFQDN(), false)) {
    findings.forbidden(at, "may not be specified when setHostnameAsFQDN is true");
  }
  if (spec.getHostNetwork()) findings.forbidden(at, "may not be specified when hostNetwork is true");
  if (name.size() > kLimit) findings.tooLong(at, kLimit);
  checkDnsSubdomain(name, at, findings);
}

void checkGates(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  auto readiness = spec.getReadinessGates();
  for (uint32_t i = 0; i < readiness.size(); ++i) {
    std::string_view type = view(readiness[i].getConditionType());
    checkName(type, wrongQualifiedName(type), (path / "readinessGates")[i] / "conditionType", findings);
  }
  auto scheduling = spec.getSchedulingGates();
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < scheduling.size(); ++i) {
    std::string_view name = view(scheduling[i].getName());
    checkName(name, wrongQualifiedName(name), (path / "schedulingGates")[i], findings);
    if (!seen.insert(name).second) findings.duplicate((path / "schedulingGates")[i], name);
  }
}

std::set<std::string_view> checkClaims(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  std::set<std::string_view> names;
  auto claims = spec.getResourceClaims();
  for (uint32_t i = 0; i < claims.size(); ++i) {
    std::string_view name = view(claims[i].getName());
    const Path at = path[i];
    if (name.empty()) {
      findings.required(at / "name");
    } else if (!names.insert(name).second) {
      findings.duplicate(at / "name", name);
    } else {
      checkDnsLabel(name, at / "name", findings);
    }
    const bool direct = claims[i].hasResourceClaimName(), templated = claims[i].hasResourceClaimTemplateName();
    if (direct && templated) {
      findings.invalid(at, shownWhole(claims[i]),
                       "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
    } else if (!direct && !templated) {
      findings.invalid(at, shownWhole(claims[i]),
                       "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    }
    if (direct) checkDnsSubdomain(view(claims[i].getResourceClaimName()), at / "resourceClaimName", findings);
    if (templated) {
      checkDnsSubdomain(view(claims[i].getResourceClaimTemplateName()), at / "resourceClaimTemplateName", findings);
    }
  }
  return names;
}

void checkHostNetworkPorts(core_v1::PodSpec::Reader spec, bool isPod, const Path& path, Findings& findings) {
  if (!spec.getHostNetwork()) return;
  auto containers = spec.getContainers();
  for (uint32_t i = 0; i < containers.size(); ++i) {
    auto ports = containers[i].getPorts();
    for (uint32_t j = 0; j < ports.size(); ++j) {
      int32_t host = ports[j].getHostPort();
      if ((!isPod && host == 0) || host == ports[j].getContainerPort()) continue;
      findings.invalid(((path / "containers")[i] / "ports")[j] / "hostPort", host,
                       "must match `containerPort` when `hostNetwork` is true");
    }
  }
}

void checkRest(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  if (valueOr(spec.getShareProcessNamespace(), false) && spec.getHostPID()) {
    findings.invalid(path / "shareProcessNamespace", true, "ShareProcessNamespace and HostPID cannot both be enabled");
  }
  checkOneOf(view(spec.getRestartPolicy()), path / "restartPolicy", {"Always", "OnFailure", "Never"}, findings);
  checkLabels(spec.getNodeSelector(), path / "nodeSelector", findings);
  constexpr int64_t kMaxSeconds = std::numeric_limits<int32_t>::max();
  if (isSet(spec.getActiveDeadlineSeconds())) {
    int64_t seconds = spec.getActiveDeadlineSeconds().getValue();
    if (seconds < 1 || seconds > kMaxSeconds) {
      findings.invalid(path / "activeDeadlineSeconds", seconds, rangeError(1, kMaxSeconds));
    }
  }
  if (spec.hasPreemptionPolicy()) {
    checkOneOf(view(spec.getPreemptionPolicy()), path / "preemptionPolicy", {"PreemptLowerPriority", "Never"},
               findings);
  }
  if (spec.getOverhead().size() > 0) checkOverhead(spec.getOverhead(), path / "overhead", findings);
}

}  // namespace

void checkPodSpec(core_v1::PodSpec::Reader spec, PodSpecOf of, const Path& path, Findings& findings) {
  PodFacts pod{.restartPolicy = view(spec.getRestartPolicy()),
               .hostUsers = valueOr(spec.getHostUsers(), true),
               .isPod = of == PodSpecOf::pod};
  if (isSet(spec.getTerminationGracePeriodSeconds())) {
    pod.gracePeriodSeconds = spec.getTerminationGracePeriodSeconds().getValue();
  } else {
    findings.required(path / "terminationGracePeriodSeconds");
  }
  pod.volumes = checkVolumes(spec, path / "volumes", findings);
  pod.claims = checkClaims(spec, path / "resourceClaims", findings);
  checkContainers(spec, pod, path, findings);
  if (spec.hasResources()) checkPodResources(spec, pod.claims, path / "resources", findings);
  checkHostNetworkPorts(spec, pod.isPod, path, findings);
  checkRest(spec, path, findings);
  checkDns(spec, path, findings);
  checkPodSecurityContext(spec, path / "securityContext", findings);
  if (spec.hasAffinity()) checkAffinity(spec.getAffinity(), path / "affinity", findings);
  checkGates(spec, path, findings);
  checkSpreading(spec.getTopologySpreadConstraints(), path / "topologySpreadConstraints", findings);
  checkHostProcesses(spec, path, findings);
  checkHostUsers(spec, path, findings);
  checkHostname(spec, path, findings);
  checkNames(spec, path, findings);
  checkTolerations(spec.getTolerations(), path / "tolerations", findings);
  checkOs(spec, path, findings);
}

void checkPodTemplate(core_v1::PodTemplateSpec::Reader pod, const Path& path, Findings& findings) {
  checkLabels(pod.getMetadata().getLabels(), path / "labels", findings);
  checkAnnotations(pod.getMetadata().getAnnotations(), path / "annotations", findings);
  checkPodSpec(pod.getSpec(), PodSpecOf::podTemplate, path / "spec", findings);
  if (pod.getSpec().getEphemeralContainers().size() > 0) {
    findings.forbidden(path / "spec" / "ephemeralContainers", "ephemeral containers not allowed in pod template");
  }
}

}  // namespace cleat::kinds
