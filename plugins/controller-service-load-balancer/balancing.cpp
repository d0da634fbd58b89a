#include <cleat/sdk/meta.h>

#include "balancing.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <tuple>

namespace cleat::balancer {
namespace {

constexpr const char* kExcluded = "node.kubernetes.io/exclude-from-external-load-balancers";
constexpr std::string_view kLeaving = "ToBeDeletedByClusterAutoscaler";

bool isOlder(const Object<Service>& a, const Object<Service>& b) {
  const auto age = [](const Object<Service>& service) {
    return std::tuple(str(service.meta().getCreationTimestamp()), str(service.ns()), str(service.name()));
  };
  return age(a) < age(b);
}

std::string_view protocolOf(core_v1::ServicePort::Reader port) {
  const std::string_view protocol = view(port.getProtocol());
  return protocol.empty() ? "TCP" : protocol;
}

bool shares(core_v1::ServicePort::Reader port, const Object<Service>& other) {
  for (auto each : other->getSpec().getPorts()) {
    if (each.getPort() == port.getPort() && protocolOf(each) == protocolOf(port)) return true;
  }
  return false;
}

bool isOfFamily(std::string_view address, core_v1::ServiceSpec::Reader spec) {
  const std::string_view family = address.contains(':') ? "IPv6" : "IPv4";
  if (spec.getIpFamilies().size() == 0) return family == "IPv4";
  return contains(spec.getIpFamilies(), family);
}

std::set<std::string> nodesWithEndpoints(const std::vector<Object<EndpointSlice>>& slices) {
  std::set<std::string> nodes;
  for (const auto& slice : slices) {
    for (auto endpoint : slice->getEndpoints()) {
      const auto ready = endpoint.getConditions().getReady();
      if (!isSet(ready) || ready.getValue()) nodes.insert(str(endpoint.getNodeName()));
    }
  }
  return nodes;
}

}  // namespace

bool wantsBalancer(const Object<Service>& service) {
  auto spec = service->getSpec();
  return !service.meta().hasDeletionTimestamp() && view(spec.getType()) == "LoadBalancer" &&
         spec.getLoadBalancerClass().size() == 0;
}

bool isAvailable(const Object<Node>& node) {
  if (node.meta().hasDeletionTimestamp() || label(node.meta(), kExcluded)) return false;
  for (auto taint : node->getSpec().getTaints()) {
    if (view(taint.getKey()) == kLeaving) return false;
  }
  return conditionIs(node->getStatus().getConditions(), "Ready", "True");
}

std::string refusalOf(const Object<Service>& service, const std::vector<Object<Service>>& others,
                      const std::set<uint16_t>& reserved) {
  for (auto port : service->getSpec().getPorts()) {
    const std::string named = concat("port ", port.getPort(), "/", protocolOf(port));
    if (protocolOf(port) == "TCP" && reserved.contains(static_cast<uint16_t>(port.getPort()))) {
      return concat(named, " is one of the nodes' own");
    }
    for (const Object<Service>& other : others) {
      if (other.uid() == service.uid() || !wantsBalancer(other) || !isOlder(other, service)) continue;
      if (shares(port, other)) return concat(named, " is taken by the service ", other.ns(), "/", other.name());
    }
  }
  return {};
}

std::vector<std::string> addressesFor(const Object<Service>& service, const std::vector<Object<Node>>& nodes,
                                      const std::vector<Object<EndpointSlice>>& slices) {
  auto spec = service->getSpec();
  const bool isLocal = view(spec.getExternalTrafficPolicy()) == "Local";
  const std::set<std::string> local = isLocal ? nodesWithEndpoints(slices) : std::set<std::string>();
  std::set<std::string> addresses;
  for (const Object<Node>& node : nodes) {
    if (!isAvailable(node) || (isLocal && !local.contains(str(node.name())))) continue;
    for (std::string_view type : {"ExternalIP", "InternalIP"}) {
      bool found = false;
      for (auto address : node->getStatus().getAddresses()) {
        if (view(address.getType()) != type || !isOfFamily(view(address.getAddress()), spec)) continue;
        addresses.insert(str(address.getAddress()));
        found = true;
      }
      if (found) break;
    }
  }
  return {addresses.begin(), addresses.end()};
}

std::vector<std::string> addressesOf(const Object<Service>& service) {
  std::vector<std::string> addresses;
  for (auto ingress : service->getStatus().getLoadBalancer().getIngress()) addresses.push_back(str(ingress.getIp()));
  return addresses;
}

}  // namespace cleat::balancer
