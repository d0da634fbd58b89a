#include "kinds-common/pod_warnings.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <map>
#include <set>
#include <utility>

#include "kinds-common/addresses.h"
#include "kinds-common/names.h"
#include "kinds-common/node_labels.h"

namespace cleat::kinds {

namespace {

using Spec = core_v1::PodSpec::Reader;
using Meta = meta_v1::ObjectMeta::Reader;

constexpr std::string_view kSeccompOfPod = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view kSeccompOfContainer = "container.seccomp.security.alpha.kubernetes.io/";
constexpr std::string_view kAppArmor = "container.apparmor.security.beta.kubernetes.io/";
constexpr const char* kNoSelector = ": a null labelSelector results in matching no pod";
constexpr const char* kUseSeccompProfile = ": non-functional in v1.27+; use the \"seccompProfile\" field instead";

struct OldAnnotation {
  std::string_view key, message;
};
constexpr OldAnnotation kOldAnnotations[] = {
    {"scheduler.alpha.kubernetes.io/critical-pod",
     "non-functional in v1.16+; use the \"priorityClassName\" field instead"},
    {"security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"},
    {"security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"},
};

// Where the parts of a pod stand, and what says so.
struct Writing {
  Spec spec;
  Meta meta;
  Path specPath, annotations;
  bool isTemplate;
  Findings& findings;

  void warn(const Path& path, std::string_view what) const { findings.warn(concat(path.text(), what)); }
};

// visit(container, path) for each container, whatever it is for.
void eachContainer(const Writing& pod, auto visit) {
  auto each = [&](const char* field, auto containers) {
    for (uint32_t i = 0; i < containers.size(); ++i) visit(containers[i], (pod.specPath / field)[i]);
  };
  each("initContainers", pod.spec.getInitContainers());
  each("containers", pod.spec.getContainers());
  each("ephemeralContainers", pod.spec.getEphemeralContainers());
}

// -- Labels of nodes, and where pods go --

void warnOfTerm(core_v1::NodeSelectorTerm::Reader term, bool checksValues, const Path& path, const Writing& pod) {
  auto expressions = term.getMatchExpressions();
  for (uint32_t i = 0; i < expressions.size(); ++i) {
    const Path at = (path / "matchExpressions")[i];
    const std::string_view key = view(expressions[i].getKey()), old = deprecationOfNodeLabel(key);
    if (!old.empty()) pod.warn(at / "key", concat(": ", key, " is ", old));
    if (!checksValues) continue;
    auto values = expressions[i].getValues();
    for (uint32_t j = 0; j < values.size(); ++j) {
      for (const std::string& wrong : wrongLabelValue(view(values[j]))) {
        pod.warn((at / "values")[j], concat(": ", values[j], " is invalid, ", wrong));
      }
    }
  }
}

void warnOfNodeLabels(const Writing& pod) {
  for (auto entry : pod.spec.getNodeSelector()) {
    const std::string_view key = view(entry.getKey()), old = deprecationOfNodeLabel(key);
    if (!old.empty()) pod.warn((pod.specPath / "nodeSelector")[key], concat(": ", old));
  }
  auto affinity = pod.spec.getAffinity().getNodeAffinity();
  const Path path = pod.specPath / "affinity" / "nodeAffinity";
  auto required = affinity.getRequiredDuringSchedulingIgnoredDuringExecution().getNodeSelectorTerms();
  for (uint32_t i = 0; i < required.size(); ++i) {
    warnOfTerm(required[i], false, (path / "requiredDuringSchedulingIgnoredDuringExecution" / "nodeSelectorTerms")[i],
               pod);
  }
  auto preferred = affinity.getPreferredDuringSchedulingIgnoredDuringExecution();
  for (uint32_t i = 0; i < preferred.size(); ++i) {
    warnOfTerm(preferred[i].getPreference(), true,
               (path / "preferredDuringSchedulingIgnoredDuringExecution")[i] / "preference", pod);
  }
  auto spread = pod.spec.getTopologySpreadConstraints();
  for (uint32_t i = 0; i < spread.size(); ++i) {
    const Path at = (pod.specPath / "topologySpreadConstraints")[i];
    const std::string_view key = view(spread[i].getTopologyKey()), old = deprecationOfNodeLabel(key);
    if (!old.empty()) pod.warn(at / "topologyKey", concat(": ", key, " is ", old));
    if (!spread[i].hasLabelSelector()) pod.warn(at / "labelSelector", kNoSelector);
  }
}

template <class Affinity>
void warnOfPodTerms(Affinity affinity, const Path& path, const Writing& pod) {
  auto required = affinity.getRequiredDuringSchedulingIgnoredDuringExecution();
  for (uint32_t i = 0; i < required.size(); ++i) {
    if (required[i].hasLabelSelector()) continue;
    pod.warn((path / "requiredDuringSchedulingIgnoredDuringExecution")[i] / "labelSelector", kNoSelector);
  }
  auto preferred = affinity.getPreferredDuringSchedulingIgnoredDuringExecution();
  for (uint32_t i = 0; i < preferred.size(); ++i) {
    if (preferred[i].getPodAffinityTerm().hasLabelSelector()) continue;
    pod.warn((path / "preferredDuringSchedulingIgnoredDuringExecution")[i] / "podAffinityTerm" / "labelSelector",
             kNoSelector);
  }
}

// -- Annotations that fields have taken the place of --

void warnOfAnnotations(const Writing& pod) {
  for (const OldAnnotation& old : kOldAnnotations) {
    if (annotation(pod.meta, old.key)) pod.warn(pod.annotations[old.key], concat(": ", old.message));
  }
}

void warnOfSecurityAnnotations(const Writing& pod) {
  if (!pod.spec.getSecurityContext().hasSeccompProfile() && annotation(pod.meta, kSeccompOfPod)) {
    pod.warn(pod.annotations[kSeccompOfPod], kUseSeccompProfile);
  }
  eachContainer(pod, [&](auto container, const Path&) {
    const std::string seccomp = concat(kSeccompOfContainer, container.getName());
    if (!container.getSecurityContext().hasSeccompProfile() && annotation(pod.meta, seccomp)) {
      pod.warn(pod.annotations[seccomp], kUseSeccompProfile);
    }
    const std::string appArmor = concat(kAppArmor, container.getName());
    const bool own = container.getSecurityContext().hasAppArmorProfile();
    const bool ofPod = pod.spec.getSecurityContext().hasAppArmorProfile();
    // What a pod's annotation says has become its container's field by now.
    if ((pod.isTemplate ? !own && !ofPod : own || !ofPod) && annotation(pod.meta, appArmor)) {
      pod.warn(pod.annotations[appArmor], ": deprecated since v1.30; use the \"appArmorProfile\" field instead");
    }
  });
}

// -- Amounts, names and addresses --

void warnOfFractions(TextMapReader amounts, const Path& path, const Writing& pod) {
  for (const char* name : {"memory", "ephemeral-storage"}) {
    auto text = lookup(amounts, name);
    auto amount = text ? Quantity::parse(*text) : std::nullopt;
    if (!amount || amount->milliValue() % 1000 == 0) continue;
    pod.warn(path[name], concat(": fractional byte value ", quoted(amount->text()), " is invalid, must be an integer"));
  }
}

template <class List, class Name>
void warnOfDuplicates(List list, const Path& path, const char* field, Name nameOf, const char* what,
                      const Writing& pod) {
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < list.size(); ++i) {
    const std::string_view name = nameOf(list[i]);
    if (!seen.insert(name).second) pod.warn(path[i] / field, concat(": duplicate ", what, " ", quoted(name)));
  }
}

void warnOfNames(const Writing& pod) {
  auto aliases = pod.spec.getHostAliases();
  const Path aliasPath = pod.specPath / "hostAliases", secretPath = pod.specPath / "imagePullSecrets";
  warnOfDuplicates(aliases, aliasPath, "ip", [](auto alias) { return view(alias.getIp()); }, "ip", pod);
  auto secrets = pod.spec.getImagePullSecrets();
  warnOfDuplicates(secrets, secretPath, "name", [](auto secret) { return view(secret.getName()); }, "name", pod);
  for (uint32_t i = 0; i < secrets.size(); ++i) {
    if (secrets[i].getName().size() == 0) pod.warn(secretPath[i] / "name", ": invalid empty name \"\"");
  }
}

void warnOfAddresses(const Writing& pod) {
  auto servers = pod.spec.getDnsConfig().getNameservers();
  for (uint32_t i = 0; i < servers.size(); ++i) {
    warnOfIp(view(servers[i]), (pod.specPath / "dnsConfig" / "nameservers")[i], pod.findings);
  }
  auto aliases = pod.spec.getHostAliases();
  for (uint32_t i = 0; i < aliases.size(); ++i) {
    warnOfIp(view(aliases[i].getIp()), (pod.specPath / "hostAliases")[i] / "ip", pod.findings);
  }
}

// -- Containers --

// A second value of a variable makes use of the first one, or hides it.
void warnOfEnvironment(capnp::List<core_v1::EnvVar>::Reader variables, const Path& path, const Writing& pod) {
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < variables.size(); ++i) {
    const std::string_view name = view(variables[i].getName()), value = view(variables[i].getValue());
    if (seen.insert(name).second) continue;
    const std::string reference = concat("$(", name, ")");
    if (!variables[i].hasValueFrom() && value != reference && value.contains(reference)) continue;
    pod.warn(path[i],
             concat(": hides previous definition of ", quoted(name), ", which may be dropped when using apply"));
  }
}

void warnOfContainers(const Writing& pod) {
  eachContainer(pod, [&](auto container, const Path& path) {
    warnOfFractions(container.getResources().getLimits(), path / "resources" / "limits", pod);
    warnOfFractions(container.getResources().getRequests(), path / "resources" / "requests", pod);
    warnOfEnvironment(container.getEnv(), path / "env", pod);
  });
}

struct PlacedPort {
  core_v1::ContainerPort::Reader port;
  Path path;
};

// What is odd about a second port of the same number and protocol; empty: nothing.
std::string_view oddity(core_v1::ContainerPort::Reader a, core_v1::ContainerPort::Reader b) {
  const std::string_view ip = view(a.getHostIP()), other = view(b.getHostIP());
  if (ip == other && a.getHostPort() == b.getHostPort()) return "duplicate";
  if (a.getHostPort() == 0 || b.getHostPort() == 0) return "overlapping";
  if (a.getHostPort() == b.getHostPort() && ip.empty() != other.empty()) return "dangerously ambiguous";
  return {};
}

void warnOfPorts(const Writing& pod) {
  std::map<std::pair<int32_t, std::string_view>, std::vector<PlacedPort>> all;
  eachContainer(pod, [&](auto container, const Path& path) {
    auto ports = container.getPorts();
    for (uint32_t i = 0; i < ports.size(); ++i) {
      core_v1::ContainerPort::Reader port = ports[i];
      const Path at = (path / "ports")[i];
      if (port.getHostIP().size() > 0 && port.getHostPort() == 0) {
        pod.warn(at, concat(": hostIP set without hostPort: {Name:", port.getName(),
                            " HostPort:0 ContainerPort:", port.getContainerPort(), " Protocol:", port.getProtocol(),
                            " HostIP:", port.getHostIP(), "}"));
      }
      auto& same = all[{port.getContainerPort(), view(port.getProtocol())}];
      for (const PlacedPort& other : same) {
        const std::string_view odd = oddity(port, other.port);
        if (!odd.empty()) pod.warn(at, concat(": ", odd, " port definition with ", other.path.text()));
      }
      same.push_back({port, at});
    }
  });
}

void warnOfPortNames(const Writing& pod) {
  std::map<std::string_view, std::string> first;
  eachContainer(pod, [&](auto container, const Path& path) {
    auto ports = container.getPorts();
    for (uint32_t i = 0; i < ports.size(); ++i) {
      const std::string_view name = view(ports[i].getName());
      if (name.empty()) continue;
      const Path at = (path / "ports")[i];
      auto [known, fresh] = first.emplace(name, at.text());
      if (fresh) continue;
      pod.warn(at, concat(": duplicate port name ", quoted(name), " with ", known->second,
                          ", services and probes that select ports by name will use ", known->second));
    }
  });
}

void warnOf(const Writing& pod) {
  warnOfNodeLabels(pod);
  warnOfAnnotations(pod);
  warnOfVolumes(pod.spec, pod.specPath, pod.findings);
  warnOfNames(pod);
  warnOfFractions(pod.spec.getOverhead(), pod.specPath / "overhead", pod);
  warnOfSecurityAnnotations(pod);
  warnOfContainers(pod);
  warnOfPorts(pod);
  warnOfPortNames(pod);
  if (valueOr(pod.spec.getTerminationGracePeriodSeconds(), 0) < 0) {
    pod.warn(pod.specPath / "terminationGracePeriodSeconds",
             ": must be >= 0; negative values are invalid and will be treated as 1");
  }
  const Path affinity = pod.specPath / "affinity";
  warnOfPodTerms(pod.spec.getAffinity().getPodAffinity(), affinity / "podAffinity", pod);
  warnOfPodTerms(pod.spec.getAffinity().getPodAntiAffinity(), affinity / "podAntiAffinity", pod);
  warnOfAddresses(pod);
}

}  // namespace

void warnOfPod(core_v1::Pod::Reader pod, Findings& findings) {
  if (const Wrongs wrongs = wrongDns1123Label(view(pod.getMetadata().getName())); !wrongs.empty()) {
    findings.warn(concat(
        "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label "
        "is recommended: [",
        joined(wrongs, " "), "]"));
  }
  warnOf({pod.getSpec(), pod.getMetadata(), Path("spec"), Path("metadata") / "annotations", false, findings});
}

void warnOfPodTemplate(core_v1::PodTemplateSpec::Reader pod, const Path& path, Findings& findings) {
  warnOf({pod.getSpec(), pod.getMetadata(), path / "spec", path / "metadata" / "annotations", true, findings});
}

void warnOfPodNames(meta_v1::ObjectMeta::Reader meta, Findings& findings) {
  const Wrongs wrongs = wrongDns1123Label(view(meta.getName()));
  if (wrongs.empty()) return;
  findings.warn(
      concat("metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; "
             "a DNS label is recommended: [",
             joined(wrongs, " "), "]"));
}

}  // namespace cleat::kinds
