#include "node/abilities.h"

#include <cleat/sdk/file.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

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

std::string dotted(std::string name) {
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

bool matches(const std::string& name, std::string pattern) {
  pattern = dotted(std::move(pattern));
  if (!pattern.ends_with('*')) return name == pattern;
  pattern.pop_back();
  return name.starts_with(pattern);
}

}  // namespace

bool isSafeSysctl(std::string name) {
  return std::find(std::begin(kSafeSysctls), std::end(kSafeSysctls), dotted(std::move(name))) != std::end(kSafeSysctls);
}

void NodeAbilities::learn(role::RuntimeStatus::Reader status) {
  auto capabilities = status.getCapabilities();
  userNamespaces = capabilities.getUserNamespaces() && capabilities.getIdMappedMounts();
  appArmor = capabilities.getAppArmor();
  selinux = capabilities.getSelinux();
  seccomp = capabilities.getSeccomp();
  groupsPolicy = capabilities.getSupplementalGroupsPolicy();
  recursiveReadOnly = capabilities.getRecursiveReadOnlyMounts();
  cdi = capabilities.getCdi();
}

void NodeAbilities::look() {
  selinuxIsOn = access("/sys/fs/selinux/enforce", F_OK) == 0;
  appArmorIsOn = readFile("/sys/module/apparmor/parameters/enabled").value_or("").starts_with('Y');
}

bool NodeAbilities::allowsSysctl(std::string name) const {
  name = dotted(std::move(name));
  return isSafeSysctl(name) || std::any_of(unsafeSysctls.begin(), unsafeSysctls.end(),
                                           [&](const std::string& pattern) { return matches(name, pattern); });
}

}  // namespace cleat::agent
