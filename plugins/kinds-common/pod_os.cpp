// What of a pod depends on the operating system of its node: what only Linux has, and the options of Windows.
#include <algorithm>
#include <string>

#include "kinds-common/pod_parts.h"

namespace cleat::kinds {
namespace {

constexpr std::string_view kNotOnWindows = "cannot be set for a windows pod";
constexpr size_t kSpecKiB = 64, kDomainLimit = 256, kUserLimit = 104, kNetBiosLimit = 15;

// Calls `visit(security context or nothing, path)` for each container, in Kubernetes' order.
template <class Visit>
void eachContainer(core_v1::PodSpec::Reader spec, const Path& path, Visit visit) {
  const auto all = [&](auto containers, const char* field) {
    for (uint32_t i = 0; i < containers.size(); ++i) visit(containers[i], (path / field)[i] / "securityContext");
  };
  all(spec.getInitContainers(), "initContainers");
  all(spec.getContainers(), "containers");
  all(spec.getEphemeralContainers(), "ephemeralContainers");
}

// What both kinds of security contexts have and Windows has not.
template <class Context>
void checkCommonOnWindows(Context context, const Path& path, Findings& findings) {
  if (context.hasAppArmorProfile()) findings.forbidden(path / "appArmorProfile", kNotOnWindows);
  if (context.hasSeLinuxOptions()) findings.forbidden(path / "seLinuxOptions", kNotOnWindows);
  if (context.hasSeccompProfile()) findings.forbidden(path / "seccompProfile", kNotOnWindows);
}

template <class Context>
void checkIdsOnWindows(Context context, const Path& path, Findings& findings) {
  if (isSet(context.getRunAsUser())) findings.forbidden(path / "runAsUser", kNotOnWindows);
  if (isSet(context.getRunAsGroup())) findings.forbidden(path / "runAsGroup", kNotOnWindows);
}

void checkPodOnWindows(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  const auto context = spec.getSecurityContext();
  const Path at = path / "securityContext";
  checkCommonOnWindows(context, at, findings);
  if (isSet(context.getFsGroup())) findings.forbidden(at / "fsGroup", kNotOnWindows);
  if (context.hasFsGroupChangePolicy()) findings.forbidden(at / "fsGroupChangePolicy", kNotOnWindows);
  if (context.getSysctls().size() > 0) findings.forbidden(at / "sysctls", kNotOnWindows);
  checkIdsOnWindows(context, at, findings);
  if (context.hasSupplementalGroups()) findings.forbidden(at / "supplementalGroups", kNotOnWindows);
  if (context.hasSupplementalGroupsPolicy()) findings.forbidden(at / "supplementalGroupsPolicy", kNotOnWindows);
  if (context.hasSeLinuxChangePolicy()) findings.forbidden(at / "seLinuxChangePolicy", kNotOnWindows);
  if (isSet(spec.getHostUsers())) findings.forbidden(path / "hostUsers", kNotOnWindows);
  if (spec.getHostPID()) findings.forbidden(path / "hostPID", kNotOnWindows);
  if (spec.getHostIPC()) findings.forbidden(path / "hostIPC", kNotOnWindows);
  if (isSet(spec.getShareProcessNamespace())) findings.forbidden(path / "shareProcessNamespace", kNotOnWindows);
  eachContainer(spec, path, [&](auto container, const Path& here) {
    const auto own = container.getSecurityContext();
    checkCommonOnWindows(own, here, findings);
    if (own.hasCapabilities()) findings.forbidden(here / "capabilities", kNotOnWindows);
    if (isSet(own.getReadOnlyRootFilesystem())) findings.forbidden(here / "readOnlyRootFilesystem", kNotOnWindows);
    if (isSet(own.getPrivileged())) findings.forbidden(here / "privileged", kNotOnWindows);
    if (isSet(own.getAllowPrivilegeEscalation())) findings.forbidden(here / "allowPrivilegeEscalation", kNotOnWindows);
    if (own.hasProcMount()) findings.forbidden(here / "procMount", kNotOnWindows);
    checkIdsOnWindows(own, here, findings);
  });
}

void checkPodOnLinux(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  const auto refuse = [&](auto context, const Path& at) {
    if (context.hasWindowsOptions()) {
      findings.forbidden(at / "windowsOptions", "windows options cannot be set for a linux pod");
    }
  };
  refuse(spec.getSecurityContext(), path / "securityContext");
  eachContainer(spec, path, [&](auto container, const Path& at) { refuse(container.getSecurityContext(), at); });
}

bool hasAnyOf(std::string_view text, std::string_view characters) {
  return text.find_first_of(characters) != std::string_view::npos;
}

bool isNetBiosName(std::string_view name) {
  constexpr std::string_view kNever = "\\/:*?\"<>|";
  return !name.empty() && name.front() != '.' && name.size() <= kNetBiosLimit && !hasAnyOf(name, kNever);
}

bool isControl(char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }

// USER or DOMAIN\USER.
void checkUserName(std::string_view name, const Path& path, Findings& findings) {
  const auto refuse = [&](const std::string& why) { findings.invalid(path, Shown::plain(jsonText(name)), why); };
  if (name.empty()) return refuse("runAsUserName cannot be an empty string");
  if (std::ranges::any_of(name, isControl)) return refuse("runAsUserName cannot contain control characters");
  if (std::ranges::count(name, '\\') > 1) return refuse("runAsUserName cannot contain more than one backslash");
  const size_t slash = name.find('\\');
  const bool hasDomain = slash != std::string_view::npos;
  const std::string_view domain = hasDomain ? name.substr(0, slash) : std::string_view();
  const std::string_view user = hasDomain ? name.substr(slash + 1) : name;
  if (domain.size() >= kDomainLimit) {
    refuse(concat("runAsUserName's Domain length must be under ", kDomainLimit, " characters"));
  }
  if (hasDomain && !isNetBiosName(domain) && !wrongDns1123Subdomain(domain).empty()) {
    refuse("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user.empty()) {
    refuse("runAsUserName's User cannot be empty");
  } else if (user.size() > kUserLimit) {
    refuse(concat("runAsUserName's User length must not be longer than ", kUserLimit, " characters"));
  }
  if (!user.empty() && user.find_first_not_of(". ") == std::string_view::npos) {
    refuse("runAsUserName's User cannot contain only periods or spaces");
  }
  if (hasAnyOf(user, "\"/\\:;|=,+*?<>@[]")) {
    refuse("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
  }
}

}  // namespace

void checkWindowsOptions(core_v1::WindowsSecurityContextOptions::Reader options, const Path& path, Findings& findings) {
  if (options.hasGmsaCredentialSpecName()) {
    checkDnsSubdomain(view(options.getGmsaCredentialSpecName()), path / "gmsaCredentialSpecName", findings);
  }
  if (options.hasGmsaCredentialSpec()) {
    const std::string_view text = view(options.getGmsaCredentialSpec());
    const Path at = path / "gmsaCredentialSpec";
    if (text.empty())
      findings.invalid(at, Shown::plain(jsonText(text)), "gmsaCredentialSpec cannot be an empty string");
    if (text.size() > kSpecKiB * 1024) {
      findings.invalid(at, Shown::plain(jsonText(text)),
                       concat("gmsaCredentialSpec size must be under ", kSpecKiB, " KiB"));
    }
  }
  if (options.hasRunAsUserName()) checkUserName(view(options.getRunAsUserName()), path / "runAsUserName", findings);
}

void checkHostProcesses(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  const auto ofPod = spec.getSecurityContext().getWindowsOptions().getHostProcess();
  size_t containers = 0, ofHost = 0;
  eachContainer(spec, path, [&](auto container, const Path& at) {
    ++containers;
    const auto own = container.getSecurityContext().getWindowsOptions().getHostProcess();
    if (isSet(ofPod) && isSet(own) && ofPod.getValue() != own.getValue()) {
      findings.invalid(at / "windowsOptions" / "hostProcess", own.getValue(),
                       concat("pod hostProcess value must be identical if both are specified, was ",
                              ofPod.getValue() ? "true" : "false"));
    }
    if (valueOr(own, valueOr(ofPod, false))) ++ofHost;
  });
  if (ofHost == 0) return;
  if (ofHost != containers) {
    findings.invalid(path, "",
                     "If pod contains any hostProcess containers then all containers must be HostProcess containers");
  }
  if (!spec.getHostNetwork()) {
    findings.invalid(path / "hostNetwork", false,
                     "hostNetwork must be true if pod contains any hostProcess containers");
  }
}

void checkOs(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  if (!spec.hasOs()) return;
  const std::string_view name = view(spec.getOs().getName());
  if (name.empty()) return findings.required(path / "os" / "name");
  if (name == "linux") return checkPodOnLinux(spec, path, findings);
  if (name == "windows") return checkPodOnWindows(spec, path, findings);
  findings.notSupported(path / "os", name, {"linux", "windows"});
}

}  // namespace cleat::kinds
