#include "redirects.h"

#include <cleat/sdk/text.h>

namespace cleat::proxy {
namespace {

constexpr const char* kPortals = "KUBE-PORTALS";
constexpr const char* kNodePortals = "KUBE-NODEPORTALS";
constexpr const char* kRelays = "KUBE-PORTALS-DIRECT";

// The relay listens on every address, since what is redirected arrives at that of the interface it came by. Whoever
// comes to its ports by themselves finds nobody there: a service is open at its own addresses only.
std::string refuseDirect(Family family, const std::vector<ServicePort>& services,
                         const std::map<std::string, uint16_t>& ports) {
  const char* unreachable = family == Family::ipv6 ? "icmp6-port-unreachable" : "icmp-port-unreachable";
  std::string text =
      concat("*filter\n:", kRelays, " - [0:0]\n-A ", kRelays, " -m conntrack --ctstate DNAT -j RETURN\n");
  for (const ServicePort& service : services) {
    auto found = ports.find(service.key());
    if (found == ports.end()) continue;
    const char* how = service.protocol == "tcp" ? "tcp-reset" : unreachable;
    text += concat("-A ", kRelays, " -p ", service.protocol, " -m ", service.protocol, " --dport ", found->second,
                   " -m comment --comment \"", service.title(), "\" -j REJECT --reject-with ", how, "\n");
  }
  return text + "COMMIT\n";
}

}  // namespace

std::string makeRedirects(Family family, const std::vector<ServicePort>& services,
                          const std::map<std::string, uint16_t>& ports) {
  std::string text =
      concat(refuseDirect(family, services, ports), "*nat\n:", kPortals, " - [0:0]\n:", kNodePortals, " - [0:0]\n");
  // Cluster IPs come first: an external IP that somebody has given a service takes none of them over.
  std::string external;
  for (const ServicePort& service : services) {
    auto found = ports.find(service.key());
    if (found == ports.end()) continue;
    const std::string protocol = concat("-p ", service.protocol, " -m ", service.protocol, " --dport ");
    const std::string target =
        concat(" -m comment --comment \"", service.title(), "\" -j REDIRECT --to-ports ", found->second, "\n");
    auto lead = [&](const std::string& source, const std::string& ip) {
      return concat("-A ", kPortals, source, " -d ", ip, "/", addressBits(family), " ", protocol, service.port, target);
    };
    text += lead("", service.clusterIp);
    for (const std::string& ip : service.externalIps) external += lead("", ip);
    for (const std::string& ip : service.loadBalancerIps) {
      if (service.sourceRanges.empty()) external += lead("", ip);
      for (const std::string& range : service.sourceRanges) external += lead(concat(" -s ", range), ip);
    }
    if (service.nodePort != 0) external += concat("-A ", kNodePortals, " ", protocol, service.nodePort, target);
  }
  text += external;
  text += concat("-A ", kPortals, " -m addrtype --dst-type LOCAL -j ", kNodePortals, "\n");
  return text + "COMMIT\n";
}

std::vector<Jump> redirectJumps() {
  const std::vector<std::string> rule = {"-m", "comment", "--comment", "kubernetes service portals", "-j", kPortals};
  const std::vector<std::string> direct = {"-m", "conntrack", "--ctstate", "NEW", "-j", kRelays};
  return {{"filter", "INPUT", direct}, {"nat", "PREROUTING", rule}, {"nat", "OUTPUT", rule}};
}

}  // namespace cleat::proxy
