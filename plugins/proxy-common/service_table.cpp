#include "proxy-common/service_table.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::proxy {
namespace {

constexpr const char* kIndex = "service";
constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";
constexpr int32_t kDefaultAffinitySeconds = 10800;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void collect(const Object<EndpointSlice>& slice, const ServicePort& port, const std::string& nodeName,
             std::vector<Endpoint>& ready, std::vector<Endpoint>& leaving) {
  if (view(slice->getAddressType()) != "IPv4") return;
  for (auto slicePort : slice->getPorts()) {
    const std::string protocol = slicePort.getProtocol().size() > 0 ? lower(str(slicePort.getProtocol())) : "tcp";
    if (view(slicePort.getName()) != port.portName || protocol != port.protocol) continue;
    for (auto endpoint : slice->getEndpoints()) {
      if (endpoint.getAddresses().size() == 0) continue;
      auto conditions = endpoint.getConditions();
      Endpoint entry{str(endpoint.getAddresses()[0]), valueOr(slicePort.getPort(), 0),
                     view(endpoint.getNodeName()) == nodeName};
      if (valueOr(conditions.getReady(), true)) {
        ready.push_back(entry);
      } else if (valueOr(conditions.getServing(), false) && valueOr(conditions.getTerminating(), false)) {
        leaving.push_back(entry);
      }
    }
  }
}

void sortUnique(std::vector<Endpoint>& endpoints) {
  std::ranges::sort(endpoints);
  auto rest = std::ranges::unique(endpoints);
  endpoints.erase(rest.begin(), rest.end());
}

ServicePort describe(const Object<Service>& service, core_v1::ServicePort::Reader port) {
  auto spec = service->getSpec();
  ServicePort entry;
  entry.ns = service.ns();
  entry.name = service.name();
  entry.portName = str(port.getName());
  entry.protocol = port.getProtocol().size() > 0 ? lower(str(port.getProtocol())) : "tcp";
  entry.port = port.getPort();
  entry.nodePort = port.getNodePort();
  entry.clusterIp = str(spec.getClusterIP());
  for (auto ip : spec.getExternalIPs()) entry.externalIps.push_back(str(ip));
  for (auto ingress : service->getStatus().getLoadBalancer().getIngress()) {
    if (ingress.getIp().size() > 0 && view(ingress.getIpMode()) != "Proxy") entry.externalIps.push_back(str(ingress.getIp()));
  }
  entry.externalLocal = view(spec.getExternalTrafficPolicy()) == "Local";
  entry.internalLocal = view(spec.getInternalTrafficPolicy()) == "Local";
  if (view(spec.getSessionAffinity()) == "ClientIP") {
    entry.affinitySeconds =
        valueOr(spec.getSessionAffinityConfig().getClientIP().getTimeoutSeconds(), kDefaultAffinitySeconds);
  }
  return entry;
}

}  // namespace

std::vector<Endpoint> ServicePort::localEndpoints() const {
  std::vector<Endpoint> local;
  std::ranges::copy_if(endpoints, std::back_inserter(local), &Endpoint::local);
  return local;
}

void addServiceIndex(Informer<EndpointSlice>& slices) {
  slices.addIndex(kIndex, [](const Object<EndpointSlice>& slice) {
    auto service = label(slice.meta(), kServiceLabel);
    return service ? std::vector<std::string>{keyOf(slice.ns(), *service)} : std::vector<std::string>();
  });
}

std::vector<ServicePort> makeServiceTable(const Informer<Service>& services, const Informer<EndpointSlice>& slices,
                                          const std::string& nodeName) {
  std::vector<ServicePort> table;
  services.forEach([&](const Object<Service>& service) {
    auto spec = service->getSpec();
    const std::string_view ip = view(spec.getClusterIP());
    if (view(spec.getType()) == "ExternalName" || ip.empty() || ip == "None") return;
    const std::vector<Object<EndpointSlice>> mine = slices.byIndex(kIndex, service.key());
    for (auto port : spec.getPorts()) {
      ServicePort entry = describe(service, port);
      std::vector<Endpoint> ready, leaving;
      for (const Object<EndpointSlice>& slice : mine) collect(slice, entry, nodeName, ready, leaving);
      entry.endpoints = ready.empty() ? std::move(leaving) : std::move(ready);
      sortUnique(entry.endpoints);
      table.push_back(std::move(entry));
    }
  });
  std::ranges::sort(table, {}, &ServicePort::key);
  return table;
}

}  // namespace cleat::proxy
