// Services and endpoint slices for the tests of the proxies.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/meta.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/plugins/objects.h"

namespace cleat::proxy::test {

struct PortOf {
  std::string name;
  int32_t port = 80;
  int32_t nodePort = 0;
  std::string protocol = "TCP";
};

inline Draft<core_v1::Service> makeService(const std::string& name, const std::string& clusterIp,
                                           const std::vector<PortOf>& ports, const std::string& type = "ClusterIP") {
  auto service = cleat::test::named<core_v1::Service>("default", name);
  auto spec = service->initSpec();
  spec.setType(type);
  spec.setClusterIP(clusterIp);
  auto list = spec.initPorts(static_cast<unsigned>(ports.size()));
  for (unsigned i = 0; i < ports.size(); ++i) {
    list[i].setName(ports[i].name);
    list[i].setProtocol(ports[i].protocol);
    list[i].setPort(ports[i].port);
    list[i].setNodePort(ports[i].nodePort);
  }
  return service;
}

inline void setExternalIps(core_v1::Service::Builder service, const std::vector<std::string>& addresses) {
  auto list = service.getSpec().initExternalIPs(static_cast<unsigned>(addresses.size()));
  for (unsigned i = 0; i < addresses.size(); ++i) list.set(i, addresses[i]);
}

inline void setLoadBalancerIps(core_v1::Service::Builder service, const std::vector<std::string>& addresses) {
  auto list = service.initStatus().initLoadBalancer().initIngress(static_cast<unsigned>(addresses.size()));
  for (unsigned i = 0; i < addresses.size(); ++i) list[i].setIp(addresses[i]);
}

inline void setAffinity(core_v1::Service::Builder service, int32_t seconds) {
  service.getSpec().setSessionAffinity("ClientIP");
  service.getSpec().initSessionAffinityConfig().initClientIP().initTimeoutSeconds().setValue(seconds);
}

struct EndpointOf {
  std::string address;
  std::string node;
  std::optional<bool> ready, serving, terminating;
};

inline EndpointOf leavingEndpoint(const std::string& address, const std::string& node = {}) {
  return {address, node, false, true, true};
}

// `ports`: the endpoints' own ports, by the names of the service's.
inline Draft<discovery_v1::EndpointSlice> makeSlice(const std::string& service, const std::string& name,
                                                    const std::vector<PortOf>& ports,
                                                    const std::vector<EndpointOf>& endpoints) {
  auto slice =
      cleat::test::named<discovery_v1::EndpointSlice>("default", name, {{"kubernetes.io/service-name", service}});
  const bool ipv6 = !endpoints.empty() && endpoints.front().address.find(':') != std::string::npos;
  slice->setAddressType(ipv6 ? "IPv6" : "IPv4");
  auto portList = slice->initPorts(static_cast<unsigned>(ports.size()));
  for (unsigned i = 0; i < ports.size(); ++i) {
    portList[i].setName(ports[i].name);
    portList[i].setProtocol(ports[i].protocol);
    portList[i].initPort().setValue(ports[i].port);
  }
  auto list = slice->initEndpoints(static_cast<unsigned>(endpoints.size()));
  for (unsigned i = 0; i < endpoints.size(); ++i) {
    const EndpointOf& endpoint = endpoints[i];
    list[i].initAddresses(1).set(0, endpoint.address);
    list[i].setNodeName(endpoint.node);
    auto conditions = list[i].initConditions();
    if (endpoint.ready) conditions.initReady().setValue(*endpoint.ready);
    if (endpoint.serving) conditions.initServing().setValue(*endpoint.serving);
    if (endpoint.terminating) conditions.initTerminating().setValue(*endpoint.terminating);
  }
  return slice;
}

}  // namespace cleat::proxy::test
