// The checks of the level "baseline": known ways out of a container.
#include <cleat/sdk/lists.h>

#include <algorithm>
#include <array>

#include "checks.h"

namespace cleat::pod_security::baseline {
namespace {

constexpr std::array<std::string_view, 13> kCapabilities{
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",      "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT"};

struct AllowedSysctl {
  std::string_view name;
  int since;
};
constexpr std::array<AllowedSysctl, 14> kSysctls{{{"kernel.shm_rmid_forced", 0},
                                                  {"net.ipv4.ip_local_port_range", 0},
                                                  {"net.ipv4.tcp_syncookies", 0},
                                                  {"net.ipv4.ping_group_range", 0},
                                                  {"net.ipv4.ip_unprivileged_port_start", 0},
                                                  {"net.ipv4.ip_local_reserved_ports", 27},
                                                  {"net.ipv4.tcp_keepalive_time", 29},
                                                  {"net.ipv4.tcp_fin_timeout", 29},
                                                  {"net.ipv4.tcp_keepalive_intvl", 29},
                                                  {"net.ipv4.tcp_keepalive_probes", 29},
                                                  {"net.ipv4.tcp_rmem", 32},
                                                  {"net.ipv4.tcp_wmem", 32},
                                                  {"net.ipv4.tcp_slow_start_after_idle", 37},
                                                  {"net.ipv4.tcp_notsent_lowat", 37}}};

constexpr std::string_view kAppArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
constexpr std::string_view kSeccompPod = "seccomp.security.alpha.kubernetes.io/pod";

bool mayBeSeLinuxType(std::string_view type, int minor) {
  if (type == "container_engine_t") return minor >= 31;
  return type.empty() || type == "container_t" || type == "container_init_t" || type == "container_kvm_t";
}

// Before there was a field for it, the profile was said in annotations.
Found seccompAnnotations(const PodView& pod) {
  NameSet wrong;
  auto look = [&](const std::string& key) {
    const std::optional<std::string_view> value = annotation(pod.meta, key);
    if (!value || *value == "runtime/default" || *value == "docker/default" || value->starts_with("localhost/")) return;
    wrong.insert(concat(key, "=\"", *value, "\""));
  };
  look(std::string(kSeccompPod));
  eachContainer(pod.spec, [&](auto container) { look(concat(kSeccompPrefix, container.getName())); });
  if (wrong.empty()) return std::nullopt;
  return Violation{"seccompProfile",
                   concat("forbidden ", plural(wrong.size(), "annotation ", "annotations "), joined(wrong, ", "))};
}

}  // namespace

Found appArmorProfile(const PodView& pod) {
  NameSet types;
  auto isWrong = [&](auto context) {
    if (!context.hasAppArmorProfile() || isKept(view(context.getAppArmorProfile().getType()))) return false;
    types.insert(str(context.getAppArmorProfile().getType()));
    return true;
  };
  const bool podIsWrong = isWrong(pod.spec.getSecurityContext());
  Names containers, annotations;
  eachContainer(pod.spec, [&](auto container) {
    if (isWrong(container.getSecurityContext())) containers.push_back(str(container.getName()));
  });
  for (auto entry : pod.meta.getAnnotations()) {
    const std::string_view key = view(entry.getKey()), value = view(entry.getValue());
    if (!key.starts_with(kAppArmorPrefix)) continue;
    if (value.empty() || value == "runtime/default" || value.starts_with("localhost/")) continue;
    annotations.push_back(concat(key, "=\"", value, "\""));
  }
  if (types.empty() && annotations.empty()) return std::nullopt;
  std::string setters = settersText(podIsWrong, containers);
  if (!annotations.empty()) {
    setters += concat(setters.empty() ? "" : " and ", plural(annotations.size(), "annotation", "annotations"));
  }
  Names values(types.begin(), types.end());
  std::ranges::sort(annotations);
  values.insert(values.end(), annotations.begin(), annotations.end());
  return Violation{plural(values.size(), "forbidden AppArmor profile", "forbidden AppArmor profiles"),
                   concat(setters, " must not set AppArmor profile type to ", quoted(values))};
}

Found capabilities(const PodView& pod) {
  Names containers;
  NameSet added;
  eachContainer(pod.spec, [&](auto container) {
    bool wrong = false;
    for (auto text : container.getSecurityContext().getCapabilities().getAdd()) {
      if (std::ranges::find(kCapabilities, view(text)) != kCapabilities.end()) continue;
      wrong = true;
      added.insert(str(text));
    }
    if (wrong) containers.push_back(str(container.getName()));
  });
  if (containers.empty()) return std::nullopt;
  return Violation{"non-default capabilities", concat(containersText(containers), " must not include ", quoted(added),
                                                      " in securityContext.capabilities.add")};
}

Found hostNamespaces(const PodView& pod) {
  std::string list;
  auto add = [&](bool shared, const char* name) {
    if (shared) list += concat(list.empty() ? "" : ", ", name, "=true");
  };
  add(pod.spec.getHostNetwork(), "hostNetwork");
  add(pod.spec.getHostPID(), "hostPID");
  add(pod.spec.getHostIPC(), "hostIPC");
  if (list.empty()) return std::nullopt;
  return Violation{"host namespaces", list};
}

Found hostPathVolumes(const PodView& pod) {
  Names volumes;
  for (auto volume : pod.spec.getVolumes()) {
    if (volume.hasHostPath()) volumes.push_back(str(volume.getName()));
  }
  if (volumes.empty()) return std::nullopt;
  return Violation{"hostPath volumes", concat(plural(volumes.size(), "volume ", "volumes "), quoted(volumes))};
}

Found hostPorts(const PodView& pod) {
  Names containers;
  NameSet ports;
  eachContainer(pod.spec, [&](auto container) {
    bool wrong = false;
    for (auto port : container.getPorts()) {
      if (port.getHostPort() == 0) continue;
      wrong = true;
      ports.insert(concat(port.getHostPort()));
    }
    if (wrong) containers.push_back(str(container.getName()));
  });
  if (containers.empty()) return std::nullopt;
  return Violation{"hostPort", concat(containersText(containers), plural(containers.size(), " uses ", " use "),
                                      plural(ports.size(), "hostPort ", "hostPorts "), joined(ports, ", "))};
}

Found hostProbesAndHostLifecycle(const PodView& pod) {
  NameSet containers, hosts;
  eachContainer(pod.spec, [&](auto container) {
    auto look = [&](auto handler) {
      for (std::string_view host : {view(handler.getHttpGet().getHost()), view(handler.getTcpSocket().getHost())}) {
        if (host.empty()) continue;
        containers.insert(str(container.getName()));
        hosts.emplace(host);
      }
    };
    look(container.getLivenessProbe());
    look(container.getReadinessProbe());
    look(container.getStartupProbe());
    look(container.getLifecycle().getPostStart());
    look(container.getLifecycle().getPreStop());
  });
  if (hosts.empty()) return std::nullopt;
  return Violation{
      "probe or lifecycle host",
      concat(containersText({containers.begin(), containers.end()}), plural(containers.size(), " uses ", " use "),
             plural(hosts.size(), "probe or lifecycle host ", "probe or lifecycle hosts "), quoted(hosts))};
}

Found privileged(const PodView& pod) {
  Names containers;
  eachContainer(pod.spec, [&](auto container) {
    if (valueOr(container.getSecurityContext().getPrivileged(), false)) containers.push_back(str(container.getName()));
  });
  if (containers.empty()) return std::nullopt;
  return Violation{"privileged", concat(containersText(containers), " must not set securityContext.privileged=true")};
}

Found procMount(const PodView& pod) {
  if (pod.minor >= 35 && pod.hasOwnUsers()) return std::nullopt;
  return restricted::procMount(pod);
}

Found seLinuxOptions(const PodView& pod) {
  NameSet types;
  bool user = false, role = false;
  auto isWrong = [&](auto context) {
    auto options = context.getSeLinuxOptions();
    const bool wrongType = !mayBeSeLinuxType(view(options.getType()), pod.minor);
    if (wrongType) types.insert(str(options.getType()));
    user = user || options.getUser().size() > 0;
    role = role || options.getRole().size() > 0;
    return wrongType || options.getUser().size() > 0 || options.getRole().size() > 0;
  };
  const bool podIsWrong = isWrong(pod.spec.getSecurityContext());
  Names containers;
  eachContainer(pod.spec, [&](auto container) {
    if (isWrong(container.getSecurityContext())) containers.push_back(str(container.getName()));
  });
  if (!podIsWrong && containers.empty()) return std::nullopt;
  std::string what;
  if (!types.empty()) what = concat(plural(types.size(), "type ", "types "), quoted(types));
  if (user) what += concat(what.empty() ? "" : "; ", "user may not be set");
  if (role) what += concat(what.empty() ? "" : "; ", "role may not be set");
  return Violation{"seLinuxOptions", concat(settersText(podIsWrong, containers),
                                            " set forbidden securityContext.seLinuxOptions: ", what)};
}

Found seccompProfile(const PodView& pod) {
  if (pod.minor < 19) return seccompAnnotations(pod);
  NameSet types;
  auto isWrong = [&](auto context) {
    if (!context.hasSeccompProfile() || isKept(view(context.getSeccompProfile().getType()))) return false;
    types.insert(str(context.getSeccompProfile().getType()));
    return true;
  };
  const bool podIsWrong = isWrong(pod.spec.getSecurityContext());
  Names containers;
  eachContainer(pod.spec, [&](auto container) {
    if (isWrong(container.getSecurityContext())) containers.push_back(str(container.getName()));
  });
  if (types.empty()) return std::nullopt;
  return Violation{"seccompProfile", concat(settersText(podIsWrong, containers),
                                            " must not set securityContext.seccompProfile.type to ", quoted(types))};
}

Found sysctls(const PodView& pod) {
  std::string list;
  for (auto sysctl : pod.spec.getSecurityContext().getSysctls()) {
    auto allowed = std::ranges::find(kSysctls, view(sysctl.getName()), &AllowedSysctl::name);
    if (allowed != kSysctls.end() && pod.minor >= allowed->since) continue;
    list += concat(list.empty() ? "" : ", ", sysctl.getName());
  }
  if (list.empty()) return std::nullopt;
  return Violation{"forbidden sysctls", list};
}

Found windowsHostProcess(const PodView& pod) {
  auto isWrong = [](auto context) { return valueOr(context.getWindowsOptions().getHostProcess(), false); };
  const bool podIsWrong = isWrong(pod.spec.getSecurityContext());
  Names containers;
  eachContainer(pod.spec, [&](auto container) {
    if (isWrong(container.getSecurityContext())) containers.push_back(str(container.getName()));
  });
  if (!podIsWrong && containers.empty()) return std::nullopt;
  return Violation{"hostProcess", concat(settersText(podIsWrong, containers),
                                         " must not set securityContext.windowsOptions.hostProcess=true")};
}

}  // namespace cleat::pod_security::baseline
