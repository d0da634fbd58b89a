#include "kinds-core/pod_status_rules.h"

#include <cleat/sdk/meta.h>

#include <limits>
#include <set>

#include "kinds-common/addresses.h"
#include "kinds-common/names.h"

namespace cleat::kinds::core {
namespace {

constexpr std::string_view kOfOneFamily = "may specify no more than one IP for each IP family";

// `Addresses`: lists of PodIP or of HostIP, which have the same field.
template <class Addresses>
Shown shownAddresses(Addresses addresses) {
  std::string all;
  for (auto address : addresses)
    all += concat(all.empty() ? "" : ",", "{\"IP\":", jsonText(view(address.getIp())), "}");
  return Shown::plain(concat("[", all, "]"));
}

template <class Addresses>
void checkEach(Addresses old, Addresses now, const Path& path, Findings& findings) {
  std::set<std::string_view> had;
  for (auto address : old) had.insert(view(address.getIp()));
  for (uint32_t i = 0; i < now.size(); ++i) {
    if (!had.contains(view(now[i].getIp()))) checkStrictIp(view(now[i].getIp()), path[i], findings);
  }
}

// Of each family at most one.
template <class Addresses>
void checkFamilies(Addresses addresses, const Path& path, Findings& findings) {
  std::set<std::string_view> families;
  bool twice = false;
  for (auto address : addresses) {
    const auto ip = Ip::parse(view(address.getIp()));
    if (!ip) return;  // said already
    twice |= !families.insert(familyOf(*ip)).second;
  }
  if (twice) findings.invalid(path, shownAddresses(addresses), kOfOneFamily);
}

void checkUsers(capnp::List<core_v1::ContainerStatus>::Reader statuses, bool isWindows, const Path& path,
                Findings& findings) {
  constexpr int64_t kMaxUser = std::numeric_limits<uint32_t>::max();
  for (uint32_t i = 0; i < statuses.size(); ++i) {
    if (!statuses[i].getUser().hasLinux()) continue;
    const Path at = path[i] / "user" / "linux";
    if (isWindows) {
      findings.forbidden(at, "cannot be set for a windows pod");
      continue;
    }
    const auto user = statuses[i].getUser().getLinux();
    if (user.getUid() < 0 || user.getUid() > kMaxUser) {
      findings.invalid(at / "uid", user.getUid(), rangeError(0, kMaxUser));
    }
    findings.invalidEach(at / "gid", user.getGid(), wrongId(user.getGid()));
    for (uint32_t j = 0; j < user.getSupplementalGroups().size(); ++j) {
      const int64_t group = user.getSupplementalGroups()[j];
      findings.invalidEach((at / "supplementalGroups")[j], group, wrongId(group));
    }
  }
}

}  // namespace

void checkPodAddresses(core_v1::PodStatus::Reader old, core_v1::PodStatus::Reader now, Findings& findings) {
  const Path path = Path("status") / "podIPs";
  auto ips = now.getPodIPs();
  checkEach(old.getPodIPs(), ips, path, findings);
  checkFamilies(ips, path, findings);
  if ((now.getPodIP().size() > 0) != (ips.size() > 0)) {
    findings.invalid(path, shownAddresses(ips), "podIP and podIPs must either both be set or both be unset");
  } else if (ips.size() > 0 && view(now.getPodIP()) != view(ips[0].getIp())) {
    findings.invalid(path[0] / "ip", ips[0].getIp(), "must be equal to `podIP`");
  }
  const Path hosts = Path("status") / "hostIPs";
  auto hostIps = now.getHostIPs();
  if (hostIps.size() == 0) return;
  if (view(now.getHostIP()) != view(hostIps[0].getIp())) {
    findings.invalid(hosts[0] / "ip", hostIps[0].getIp(), "must be equal to `hostIP`");
  }
  checkEach(old.getHostIPs(), hostIps, hosts, findings);
  checkFamilies(hostIps, hosts, findings);
}

void checkNomination(core_v1::Pod::Reader old, core_v1::PodStatus::Reader now, Findings& findings) {
  const Path path = Path("status") / "nominatedNodeName";
  const std::string_view name = view(now.getNominatedNodeName());
  if (name.empty() || name == view(old.getStatus().getNominatedNodeName())) return;
  findings.invalidEach(path, name, wrongDns1123Subdomain(name));
  if (old.getSpec().getNodeName().size() > 0) {
    findings.forbidden(path, "may not be set on pods that are already bound to a node");
  }
}

void checkContainerUsers(core_v1::Pod::Reader pod, Findings& findings) {
  const bool isWindows = view(pod.getSpec().getOs().getName()) == "windows";
  const Path path("status");
  auto status = pod.getStatus();
  checkUsers(status.getContainerStatuses(), isWindows, path / "containerStatuses", findings);
  checkUsers(status.getInitContainerStatuses(), isWindows, path / "initContainerStatuses", findings);
  checkUsers(status.getEphemeralContainerStatuses(), isWindows, path / "ephemeralContainerStatuses", findings);
}

}  // namespace cleat::kinds::core
