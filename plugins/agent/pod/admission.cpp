#include "pod/admission.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <iterator>

#include "pod/resources.h"

namespace cleat::agent {
namespace {

constexpr std::string_view kSafeSysctls[] = {"kernel.shm_rmid_forced",
                                             "net.ipv4.ip_local_port_range",
                                             "net.ipv4.tcp_syncookies",
                                             "net.ipv4.ping_group_range",
                                             "net.ipv4.ip_unprivileged_port_start",
                                             "net.ipv4.ip_local_reserved_ports",
                                             "net.ipv4.tcp_keepalive_time",
                                             "net.ipv4.tcp_fin_timeout",
                                             "net.ipv4.tcp_keepalive_intvl",
                                             "net.ipv4.tcp_keepalive_probes",
                                             "net.ipv4.tcp_rmem",
                                             "net.ipv4.tcp_wmem",
                                             "net.ipv4.tcp_slow_start_after_idle",
                                             "net.ipv4.tcp_notsent_lowat"};

}  // namespace

bool isSafeSysctl(std::string name) {
  std::replace(name.begin(), name.end(), '/', '.');
  return std::find(std::begin(kSafeSysctls), std::end(kSafeSysctls), name) != std::end(kSafeSysctls);
}

std::optional<Refusal> refusalOf(core_v1::Pod::Reader pod, const ResourceLedger& ledger, int64_t mostPods) {
  auto spec = pod.getSpec();
  std::string_view os = view(spec.getOs().getName());
  if (!os.empty() && os != "linux") {
    return Refusal{"PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS"};
  }
  for (auto sysctl : spec.getSecurityContext().getSysctls()) {
    if (isSafeSysctl(str(sysctl.getName()))) continue;
    return Refusal{"SysctlForbidden", concat("forbidden sysctl: \"", sysctl.getName(), "\" not allowlisted")};
  }
  std::string uid = str(pod.getMetadata().getUid());
  auto others = static_cast<int64_t>(ledger.countBeside(uid));
  if (others >= mostPods) {
    return Refusal{"OutOfpods", concat("Node didn't have enough resource: pods, requested: 1, used: ", others,
                                       ", capacity: ", mostPods)};
  }
  std::string why = ledger.whyNot(uid, grantOf(spec));
  if (why.empty()) return std::nullopt;
  bool cpu = why.find("resource: cpu") != std::string::npos;
  return Refusal{cpu ? "OutOfcpu" : "OutOfmemory", std::move(why)};
}

}  // namespace cleat::agent
