// The row of a service in `kubectl get`.
#include <cleat/sdk/lists.h>

#include <set>

#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

std::string loadBalancerText(core_v1::LoadBalancerStatus::Reader status) {
  std::set<std::string> entries;
  for (auto ingress : status.getIngress()) {
    if (ingress.getIp().size() != 0) {
      entries.insert(str(ingress.getIp()));
    } else if (ingress.getHostname().size() != 0) {
      entries.insert(str(ingress.getHostname()));
    }
  }
  return joined(entries, ",");
}

std::string externalText(core_v1::Service::Reader service) {
  auto spec = service.getSpec();
  std::string_view type = view(spec.getType());
  std::string ips = joined(strings(spec.getExternalIPs()), ",");
  if (type == "ClusterIP" || type == "NodePort") return ips.empty() ? "<none>" : ips;
  if (type == "ExternalName") return str(spec.getExternalName());
  if (type != "LoadBalancer") return "<unknown>";
  std::string balancer = loadBalancerText(service.getStatus().getLoadBalancer());
  if (balancer.empty()) return ips.empty() ? "<pending>" : ips;
  return ips.empty() ? balancer : concat(balancer, ",", ips);
}

std::string portsText(capnp::List<core_v1::ServicePort>::Reader ports) {
  std::string out;
  for (auto port : ports) {
    if (!out.empty()) out += ',';
    appendTo(out, port.getPort());
    if (port.getNodePort() > 0) appendTo(out, concat(':', port.getNodePort()));
    appendTo(out, concat('/', view(port.getProtocol())));
  }
  return out.empty() ? "<none>" : out;
}

}  // namespace

void printService(core_v1::Service::Reader service, Cells& cells) {
  auto spec = service.getSpec();
  auto ips = spec.getClusterIPs();
  cells.text(service.getMetadata().getName());
  cells.text(spec.getType());
  cells.text(ips.size() > 0 ? view(ips[0]) : std::string_view("<none>"));
  cells.text(externalText(service));
  cells.text(portsText(spec.getPorts()));
  cells.age(service.getMetadata().getCreationTimestamp());
  cells.text(labelsText(spec.getSelector()));
}

}  // namespace cleat::kinds::core
