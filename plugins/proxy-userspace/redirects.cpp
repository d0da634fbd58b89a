#include "redirects.h"

#include <cleat/sdk/text.h>

namespace cleat::proxy {
namespace {

constexpr const char* kPortals = "KUBE-PORTALS";
constexpr const char* kNodePortals = "KUBE-NODEPORTALS";

}  // namespace

std::string makeRedirects(const std::vector<ServicePort>& services, const std::map<std::string, uint16_t>& ports) {
  std::string text = concat("*nat\n:", kPortals, " - [0:0]\n:", kNodePortals, " - [0:0]\n");
  // Cluster IPs come first: an external IP that somebody has given a service takes none of them over.
  std::string external;
  for (const ServicePort& service : services) {
    auto found = ports.find(service.key());
    if (found == ports.end()) continue;
    const std::string protocol = concat("-p ", service.protocol, " -m ", service.protocol, " --dport ");
    const std::string target =
        concat(" -m comment --comment \"", service.title(), "\" -j REDIRECT --to-ports ", found->second, "\n");
    auto lead = [&](const std::string& source, const std::string& ip) {
      return concat("-A ", kPortals, source, " -d ", ip, "/32 ", protocol, service.port, target);
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
  return {{"nat", "PREROUTING", rule}, {"nat", "OUTPUT", rule}};
}

}  // namespace cleat::proxy
