#include "kernel_rules.h"

#include <cleat/sdk/file.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "proxy-common/netfilter.h"

namespace cleat::proxy {
namespace {

// Bridged packets pass the rules too, and node ports answer at 127.0.0.1 (KUBE-FIREWALL keeps strangers from that).
// What is missing here, such as a bridge, is no reason not to go on.
void prepareKernel(Family family) {
  if (family == Family::ipv6) {
    (void)writeInPlace("/proc/sys/net/ipv6/conf/all/forwarding", "1");
    (void)writeInPlace("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "1");
    return;
  }
  (void)writeInPlace("/proc/sys/net/ipv4/ip_forward", "1");
  (void)writeInPlace("/proc/sys/net/ipv4/conf/all/route_localnet", "1");
  (void)writeInPlace("/proc/sys/net/bridge/bridge-nf-call-iptables", "1");
}

std::vector<UdpRoute> udpRoutes(const std::vector<ServicePort>& services) {
  std::vector<UdpRoute> routes;
  for (const ServicePort& service : services) {
    if (service.protocol != "udp") continue;
    std::set<std::string> targets;
    for (const auto* endpoints : {&service.endpoints, &service.localEndpoints})
      for (const Endpoint& endpoint : *endpoints) targets.insert(udpTarget(endpoint.address, endpoint.port));
    routes.push_back({service.clusterIp, service.port, targets});
    for (const auto* addresses : {&service.externalIps, &service.loadBalancerIps})
      for (const std::string& address : *addresses) routes.push_back({address, service.port, targets});
    if (service.nodePort != 0) routes.push_back({"", service.nodePort, targets});
  }
  return routes;
}

}  // namespace

// Machines that use one family alone are left as they are in the other.
Result<bool> KernelRules::hasNothingToDo(const std::vector<ServicePort>& services) const {
  if (settled_ || options_.family == Family::ipv4 || !services.empty()) return false;
  CLEAT_TRY(auto found, chainsOf(options_.family, "nat", {"KUBE-SERVICES"}));
  return found.empty();
}

Result<void> KernelRules::write(const std::vector<ServicePort>& services) {
  const Family family = options_.family;
  CLEAT_TRY(const bool nothing, hasNothingToDo(services));
  if (nothing) return removeOtherModes(family, "iptables");
  if (!settled_) {
    prepareKernel(family);
    CLEAT_TRY(auto found, chainsOf(family, "nat", {"KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-SEP-", "KUBE-FW-"}));
    chains_ = std::move(found);
  }
  std::vector<std::string> next = serviceChains(services);
  std::vector<std::string> stale;
  std::ranges::sort(chains_);
  std::ranges::sort(next);
  std::ranges::set_difference(chains_, next, std::back_inserter(stale));
  CLEAT_TRY(loadRules(family, makeRules(services, options_, stale)));
  chains_ = std::move(next);
  if (!settled_) {
    CLEAT_TRY(ensureJumps(family, jumps(family)));
    CLEAT_TRY(removeOtherModes(family, "iptables"));
  }
  std::vector<UdpRoute> routes = udpRoutes(services);
  if (!settled_ || routes != udpRoutes_) {
    if (auto done = forgetStaleFlows(family, routes); !done)
      log_.warn("UDP clients may be sent to endpoints that are gone: ", done.error().message);
    udpRoutes_ = std::move(routes);
  }
  settled_ = true;
  return {};
}

}  // namespace cleat::proxy
