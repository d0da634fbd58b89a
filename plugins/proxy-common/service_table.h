// ServiceTable: what a proxy is to make true on a node: for every port of every service the addresses that it is
// reached at, and the endpoints behind it. Made from the services and endpoint slices that two informers hold; one
// table for each family of addresses, since a service of both is served by what it has of either alone.
//
// Every address in it is one of the family and every port a number between 1 and 65535, whatever the objects say: one
// that is not would make netfilter refuse the rules of all services.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>

#include <string>
#include <vector>

#include "proxy-common/family.h"
#include "proxy-common/health_checks.h"

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
  std::vector<std::string> externalIps;      // spec.externalIPs
  std::vector<std::string> loadBalancerIps;  // those that are not themselves proxies
  std::vector<std::string> sourceRanges;     // the networks that may use loadBalancerIps; empty: all
  bool externalLocal = false;                // externalTrafficPolicy: Local
  bool internalLocal = false;                // internalTrafficPolicy: Local
  int32_t affinitySeconds = 0;               // 0: no session affinity
  // Those to use: the ready ones, or where there is none the ones that still serve while they go.
  std::vector<Endpoint> endpoints;
  // Those to use of this node, chosen among them alone: going ones serve while the ready ones are all elsewhere.
  std::vector<Endpoint> localEndpoints;
  auto operator<=>(const ServicePort&) const = default;

  // "default/web:http/tcp": unique.
  std::string key() const { return title() + "/" + protocol; }
  // "default/web:http", as people look for it.
  std::string title() const { return ns + "/" + name + (portName.empty() ? "" : ":" + portName); }
  bool external() const { return nodePort != 0 || !externalIps.empty() || !loadBalancerIps.empty(); }
};

// Where the proxy is.
struct Place {
  std::string node, zone;
};

// Endpoints near the proxy are preferred as their hints say: those for its node, or else those for its zone, where
// every ready endpoint has such a hint and there is one for the proxy.
//
// In the order of their keys. Not in it are services without a cluster IP of the family, headless ones, those of type
// ExternalName, and those that another proxy is responsible for (label service.kubernetes.io/service-proxy-name).
std::vector<ServicePort> makeServiceTable(const Informer<Service>& services, const Informer<EndpointSlice>& slices,
                                          const Place& place, Family family);

// What load balancers may ask this node for: how many addresses, ready and of this node, stand behind a service. Of one
// with both families that has more of one the larger number.
std::vector<HealthCheck> makeHealthChecks(const Informer<Service>& services, const Informer<EndpointSlice>& slices,
                                          const std::string& node);

// The index that the informer of slices must have: by service.
void addServiceIndex(Informer<EndpointSlice>& slices);

}  // namespace cleat::proxy
