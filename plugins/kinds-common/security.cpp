// Security contexts: as whom a pod and its containers run, and what they may do.
#include <algorithm>

#include "kinds-common/pod_parts.h"
#include "kinds-common/shown_struct.h"

namespace cleat::kinds {

namespace {

constexpr size_t kProfileLimit = 4095;  // PATH_MAX - 1
constexpr size_t kSysctlLimit = 253;

void checkId(meta_v1::Int64Value::Reader id, const Path& path, Findings& findings) {
  if (!isSet(id)) return;
  Wrongs wrongs = wrongId(id.getValue());
  if (!wrongs.empty()) findings.invalidEach(path, id.getValue(), wrongs);
}

void checkSeccomp(core_v1::SeccompProfile::Reader profile, const Path& path, Findings& findings) {
  std::string_view type = view(profile.getType());
  if (type.empty()) {
    findings.required(path / "type", "type is required when seccompProfile is set");
  } else {
    checkOneOf(type, path / "type", {"Localhost", "RuntimeDefault", "Unconfined"}, findings);
  }
  const Path local = path / "localhostProfile";
  if (type == "Localhost") {
    if (!profile.hasLocalhostProfile()) {
      findings.required(local, "must be set when seccomp type is Localhost");
    } else {
      checkLocalPath(view(profile.getLocalhostProfile()), local, findings);
    }
  } else if (profile.hasLocalhostProfile()) {
    findings.invalid(local,
                     Shown::plain(concat("{\"Type\":", jsonText(type),
                                         ",\"LocalhostProfile\":", jsonText(view(profile.getLocalhostProfile())), "}")),
                     "can only be set when seccomp type is Localhost");
  }
}

void checkAppArmor(core_v1::AppArmorProfile::Reader profile, const Path& path, Findings& findings) {
  std::string_view type = view(profile.getType());
  const Path local = path / "localhostProfile";
  if (type == "Localhost") {
    std::string_view name = view(profile.getLocalhostProfile());
    bool padded = !name.empty() && (name.front() == ' ' || name.back() == ' ');
    if (name.empty()) {
      findings.required(local, "must be set when AppArmor type is Localhost");
    } else if (padded) {
      findings.invalid(local, name, "must not be padded with whitespace");
    }
    if (name.size() > kProfileLimit) findings.tooLong(local, kProfileLimit);
  } else if (type == "RuntimeDefault" || type == "Unconfined") {
    if (profile.hasLocalhostProfile()) {
      findings.invalid(local, profile.getLocalhostProfile(), "can only be set when AppArmor type is Localhost");
    }
  } else if (type.empty()) {
    findings.required(path / "type", "type is required when appArmorProfile is set");
  } else {
    findings.notSupported(path / "type", type, {"Localhost", "RuntimeDefault", "Unconfined"});
  }
}

// Segments of lower-case letters, digits, '-' and '_', with dots or slashes between them.
bool isSysctlName(std::string_view name) {
  auto edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  bool atStart = true;
  for (size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    if (c == '.' || c == '/') {
      if (atStart || !edge(name[i - 1])) return false;
      atStart = true;
      continue;
    }
    if (atStart ? !edge(c) : !edge(c) && c != '-' && c != '_') return false;
    atStart = false;
  }
  return !name.empty() && !atStart && edge(name.back()) && name.size() <= kSysctlLimit;
}

void checkSysctls(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  std::set<std::string_view> seen;
  auto sysctls = spec.getSecurityContext().getSysctls();
  for (uint32_t i = 0; i < sysctls.size(); ++i) {
    const Path at = path[i] / "name";
    std::string_view name = view(sysctls[i].getName());
    if (name.empty()) {
      findings.required(at);
    } else if (!isSysctlName(name)) {
      findings.invalid(
          at, name,
          concat(
              "must have at most ", kSysctlLimit,
              " characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"));
    } else if (!seen.insert(name).second) {
      findings.duplicate(at, name);
    }
    std::string dotted(name);
    std::replace(dotted.begin(), dotted.end(), '/', '.');
    if (spec.getHostNetwork() && dotted.starts_with("net.")) {
      findings.invalid(at, name, "may not be specified when 'hostNetwork' is true");
    }
    bool ipc = dotted.starts_with("kernel.shm") || dotted.starts_with("kernel.msg") || dotted == "kernel.sem" ||
               dotted.starts_with("fs.mqueue.");
    if (spec.getHostIPC() && ipc) findings.invalid(at, name, "may not be specified when 'hostIPC' is true");
  }
}

Shown shownContext(core_v1::SecurityContext::Reader context) {
  return shownWhole(context, {"Capabilities", "Privileged", "SELinuxOptions", "WindowsOptions", "RunAsUser",
                              "RunAsGroup", "RunAsNonRoot", "ReadOnlyRootFilesystem", "AllowPrivilegeEscalation",
                              "ProcMount", "SeccompProfile", "AppArmorProfile"});
}

void checkEscalation(core_v1::SecurityContext::Reader context, const Path& path, Findings& findings) {
  if (!isSet(context.getAllowPrivilegeEscalation()) || context.getAllowPrivilegeEscalation().getValue()) return;
  if (valueOr(context.getPrivileged(), false)) {
    findings.invalid(path, shownContext(context),
                     "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
  }
  for (auto capability : context.getCapabilities().getAdd()) {
    if (view(capability) != "CAP_SYS_ADMIN") continue;
    findings.invalid(path, shownContext(context),
                     "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
  }
}

}  // namespace

void checkSecurityContext(core_v1::SecurityContext::Reader context, bool hostUsers, const Path& path,
                          Findings& findings) {
  checkId(context.getRunAsUser(), path / "runAsUser", findings);
  checkId(context.getRunAsGroup(), path / "runAsGroup", findings);
  if (context.hasProcMount()) {
    std::string_view mount = view(context.getProcMount());
    checkOneOf(mount, path / "procMount", {"Default", "Unmasked"}, findings);
    if (mount == "Unmasked" && hostUsers) {
      findings.invalid(path / "procMount", mount, "`hostUsers` must be false to use `Unmasked`");
    }
  }
  if (context.hasSeccompProfile()) checkSeccomp(context.getSeccompProfile(), path / "seccompProfile", findings);
  checkEscalation(context, path, findings);
  if (context.hasWindowsOptions()) checkWindowsOptions(context.getWindowsOptions(), path / "windowsOptions", findings);
  if (context.hasAppArmorProfile()) checkAppArmor(context.getAppArmorProfile(), path / "appArmorProfile", findings);
}

void checkPodSecurityContext(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  auto context = spec.getSecurityContext();
  checkId(context.getFsGroup(), path / "fsGroup", findings);
  checkId(context.getRunAsUser(), path / "runAsUser", findings);
  checkId(context.getRunAsGroup(), path / "runAsGroup", findings);
  auto groups = context.getSupplementalGroups();
  for (uint32_t i = 0; i < groups.size(); ++i) {
    Wrongs wrongs = wrongId(groups[i]);
    if (!wrongs.empty()) findings.invalidEach((path / "supplementalGroups")[i], groups[i], wrongs);
  }
  checkSysctls(spec, path / "sysctls", findings);
  if (context.getFsGroupChangePolicy().size() > 0) {
    checkOneOf(view(context.getFsGroupChangePolicy()), path / "fsGroupChangePolicy", {"Always", "OnRootMismatch"},
               findings);
  }
  if (context.hasSeccompProfile()) checkSeccomp(context.getSeccompProfile(), path / "seccompProfile", findings);
  if (context.hasWindowsOptions()) checkWindowsOptions(context.getWindowsOptions(), path / "windowsOptions", findings);
  if (context.hasAppArmorProfile()) checkAppArmor(context.getAppArmorProfile(), path / "appArmorProfile", findings);
  if (context.getSupplementalGroupsPolicy().size() > 0) {
    checkOneOf(view(context.getSupplementalGroupsPolicy()), path / "supplementalGroupsPolicy", {"Merge", "Strict"},
               findings);
  }
  if (context.getSeLinuxChangePolicy().size() > 0) {
    checkOneOf(view(context.getSeLinuxChangePolicy()), path / "seLinuxChangePolicy", {"MountOption", "Recursive"},
               findings);
  }
}

void checkHostUsers(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  if (valueOr(spec.getHostUsers(), true)) return;
  constexpr std::string_view kWhen = "when `hostUsers` is false";
  if (spec.getHostNetwork()) findings.forbidden(path / "hostNetwork", kWhen);
  // As Kubernetes spells them here.
  if (spec.getHostPID()) findings.forbidden(path / "HostPID", kWhen);
  if (spec.getHostIPC()) findings.forbidden(path / "HostIPC", kWhen);
}

}  // namespace cleat::kinds
