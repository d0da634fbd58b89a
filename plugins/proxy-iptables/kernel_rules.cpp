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
void prepareKernel() {
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
      for (const Endpoint& endpoint : *endpoints)
        targets.insert(endpoint.address + ":" + std::to_string(endpoint.port));
    routes.push_back({service.clusterIp, service.port, targets});
    for (const auto* addresses : {&service.externalIps, &service.loadBalancerIps})
      for (const std::string& address : *addresses) routes.push_back({address, service.port, targets});
    if (service.nodePort != 0) routes.push_back({"", service.nodePort, targets});
  }
  return routes;
}

}  // namespace

Result<void> KernelRules::write(const std::vector<ServicePort>& services) {
  if (!settled_) {
    prepareKernel();
    CLEAT_TRY(auto found, chainsOf("nat", {"KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-SEP-", "KUBE-FW-"}));
    chains_ = std::move(found);
  }
  std::vector<std::string> next = serviceChains(services);
  std::vector<std::string> stale;
  std::ranges::sort(chains_);
  std::ranges::sort(next);
  std::ranges::set_difference(chains_, next, std::back_inserter(stale));
  CLEAT_TRY(loadRules(makeRules(services, options_, stale)));
  chains_ = std::move(next);
  if (!settled_) {
    CLEAT_TRY(ensureJumps(jumps()));
    CLEAT_TRY(removeOtherModes("iptables"));
  }
  std::vector<UdpRoute> routes = udpRoutes(services);
  if (!settled_ || routes != udpRoutes_) {
    if (auto done = forgetStaleFlows(routes); !done)
      log_.warn("UDP clients may be sent to endpoints that are gone: ", done.error().message);
    udpRoutes_ = std::move(routes);
  }
  settled_ = true;
  return {};
}

}  // namespace cleat::proxy
