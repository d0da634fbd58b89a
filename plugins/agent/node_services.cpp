#include "node_services.h"

#include <cleat/sdk/text.h>

namespace cleat::agent {

DnsFacts NodeServices::dnsFacts() const {
  DnsFacts facts = dns;
  if (!facts.clusterDns.empty()) return facts;
  auto service = services.get("kube-system", "kube-dns");
  if (!service) return facts;
  auto spec = service->getSpec();
  for (auto address : spec.getClusterIPs()) facts.clusterDns.push_back(str(address));
  if (facts.clusterDns.empty() && spec.getClusterIP().size() != 0) facts.clusterDns.push_back(str(spec.getClusterIP()));
  std::erase(facts.clusterDns, "None");
  return facts;
}

}  // namespace cleat::agent
