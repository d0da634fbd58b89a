// ServiceTable: what a proxy is to make true on a node: for every port of every service the addresses that it is reached at, and
// the endpoints behind it. Made from the services and endpoint slices that two informers hold.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>

#include <string>
#include <vector>

namespace cleat::proxy {

using core_v1::Service;
using discovery_v1::EndpointSlice;

struct Endpoint {
  std::string address;
  int32_t port = 0;
  bool local = false;  // on this node
  auto operator<=>(const Endpoint&) const = default;
};

struct ServicePort {
  std::string ns, name, portName, protocol;  // protocol: "tcp", "udp" or "sctp"
  int32_t port = 0, nodePort = 0;
  std::string clusterIp;
  std::vector<std::string> externalIps;  // spec.externalIPs and the load balancer's
  bool externalLocal = false;            // externalTrafficPolicy: Local
  bool internalLocal = false;            // internalTrafficPolicy: Local
  int32_t affinitySeconds = 0;           // 0: no session affinity
  // Those to use: the ready ones, or where there is none the ones that still serve while they go.
  std::vector<Endpoint> endpoints;
  auto operator<=>(const ServicePort&) const = default;

  // "default/web:http": unique.
  std::string key() const { return ns + "/" + name + ":" + portName + "/" + protocol; }
  std::vector<Endpoint> localEndpoints() const;
};

// In the order of their keys. Headless services and those of type ExternalName are not in it.
std::vector<ServicePort> makeServiceTable(const Informer<Service>& services, const Informer<EndpointSlice>& slices,
                                          const std::string& nodeName);

// The index that the informer of slices must have: by service.
void addServiceIndex(Informer<EndpointSlice>& slices);

}  // namespace cleat::proxy
