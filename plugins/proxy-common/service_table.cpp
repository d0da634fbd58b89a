#include "proxy-common/service_table.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace cleat::proxy {
namespace {

constexpr const char* kIndex = "service";
constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";
constexpr std::string_view kOtherProxyLabel = "service.kubernetes.io/service-proxy-name";
constexpr std::string_view kHeadlessLabel = "service.kubernetes.io/headless";
constexpr int32_t kDefaultAffinitySeconds = 10800;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <class Port>
std::string protocolOf(Port port) {
  return port.getProtocol().size() > 0 ? lower(str(port.getProtocol())) : "tcp";
}

bool isPort(int32_t port) { return port > 0 && port <= 65535; }

void add(std::vector<std::string>& list, Family family, std::string_view text) {
  std::optional<std::string> address = addressOfFamily(family, str(text));
  if (address && std::ranges::find(list, *address) == list.end()) list.push_back(std::move(*address));
}

std::string clusterIpOf(core_v1::ServiceSpec::Reader spec, Family family) {
  std::vector<std::string> addresses;
  add(addresses, family, view(spec.getClusterIP()));
  for (auto ip : spec.getClusterIPs()) add(addresses, family, view(ip));
  return addresses.empty() ? std::string() : addresses.front();
}

// The endpoints of one service port by what they may be used for.
struct Candidates {
  // What the hints of an endpoint say: whether it has any of the sort, and whether one is for the proxy.
  struct Near {
    bool says = false, here = false;
  };
  std::vector<Endpoint> ready, leaving;
  std::vector<Near> byNode, byZone;  // of the ready ones

  static std::vector<Endpoint> unique(std::vector<Endpoint> endpoints) {
    // A slice that does not know the node of an endpoint counts less than one that does.
    std::ranges::sort(endpoints, [](const Endpoint& a, const Endpoint& b) {
      return std::tie(a.address, a.port, b.local) < std::tie(b.address, b.port, a.local);
    });
    auto rest = std::ranges::unique(
        endpoints, [](const Endpoint& a, const Endpoint& b) { return a.address == b.address && a.port == b.port; });
    endpoints.erase(rest.begin(), rest.end());
    return endpoints;
  }
  std::vector<Endpoint> all() const {
    if (ready.empty()) return unique(leaving);
    for (const std::vector<Near>* hints : {&byNode, &byZone}) {
      if (!std::ranges::all_of(*hints, &Near::says) || !std::ranges::any_of(*hints, &Near::here)) continue;
      std::vector<Endpoint> near;
      for (size_t i = 0; i < ready.size(); ++i) {
        if ((*hints)[i].here) near.push_back(ready[i]);
      }
      return unique(std::move(near));
    }
    return unique(ready);
  }
  std::vector<Endpoint> local() const {
    std::vector<Endpoint> here;
    std::ranges::copy_if(ready, std::back_inserter(here), &Endpoint::local);
    if (here.empty()) std::ranges::copy_if(leaving, std::back_inserter(here), &Endpoint::local);
    return unique(std::move(here));
  }
};

template <class Hints>
Candidates::Near nearBy(Hints hints, const std::string& name) {
  Candidates::Near near{.says = hints.size() > 0};
  for (auto hint : hints) near.here = near.here || (!name.empty() && view(hint.getName()) == name);
  return near;
}

// What is looked for: the endpoints of one port, in the slices of one family, as seen from a place.
struct Wanted {
  const ServicePort& port;
  const Place& place;
  Family family;
};

void collect(const Object<EndpointSlice>& slice, const Wanted& wanted, Candidates& candidates) {
  const auto& [port, place, family] = wanted;
  if (view(slice->getAddressType()) != nameOf(family)) return;
  for (auto slicePort : slice->getPorts()) {
    const int32_t number = valueOr(slicePort.getPort(), 0);
    if (view(slicePort.getName()) != port.portName || protocolOf(slicePort) != port.protocol || !isPort(number))
      continue;
    for (auto endpoint : slice->getEndpoints()) {
      if (endpoint.getAddresses().size() == 0) continue;
      auto conditions = endpoint.getConditions();
      const bool local = !place.node.empty() && view(endpoint.getNodeName()) == place.node;
      std::optional<std::string> address = addressOfFamily(family, str(endpoint.getAddresses()[0]));
      if (!address) continue;
      const Endpoint entry{std::move(*address), number, local};
      if (valueOr(conditions.getReady(), true)) {
        candidates.ready.push_back(entry);
        candidates.byNode.push_back(nearBy(endpoint.getHints().getForNodes(), place.node));
        candidates.byZone.push_back(nearBy(endpoint.getHints().getForZones(), place.zone));
      } else if (valueOr(conditions.getServing(), true) && valueOr(conditions.getTerminating(), false)) {
        candidates.leaving.push_back(entry);
      }
    }
  }
}

ServicePort describe(const Object<Service>& service, core_v1::ServicePort::Reader port, Family family) {
  auto spec = service->getSpec();
  ServicePort entry;
  entry.ns = service.ns();
  entry.name = service.name();
  entry.portName = str(port.getName());
  entry.protocol = protocolOf(port);
  entry.port = port.getPort();
  entry.nodePort = isPort(port.getNodePort()) ? port.getNodePort() : 0;
  entry.clusterIp = clusterIpOf(spec, family);
  for (auto ip : spec.getExternalIPs()) add(entry.externalIps, family, view(ip));
  if (view(spec.getType()) == "LoadBalancer") {
    for (auto ingress : service->getStatus().getLoadBalancer().getIngress()) {
      if (view(ingress.getIpMode()) != "Proxy") add(entry.loadBalancerIps, family, view(ingress.getIp()));
    }
    for (auto range : spec.getLoadBalancerSourceRanges()) {
      if (auto network = networkOfFamily(family, str(range))) entry.sourceRanges.push_back(std::move(*network));
    }
  }
  entry.externalLocal = entry.external() && view(spec.getExternalTrafficPolicy()) == "Local";
  entry.internalLocal = view(spec.getInternalTrafficPolicy()) == "Local";
  if (view(spec.getSessionAffinity()) == "ClientIP") {
    entry.affinitySeconds =
        valueOr(spec.getSessionAffinityConfig().getClientIP().getTimeoutSeconds(), kDefaultAffinitySeconds);
  }
  return entry;
}

bool ours(const Object<Service>& service) {
  return view(service->getSpec().getType()) != "ExternalName" && !label(service.meta(), kOtherProxyLabel) &&
         !label(service.meta(), kHeadlessLabel);
}

}  // namespace

std::vector<HealthCheck> makeHealthChecks(const Informer<Service>& services, const Informer<EndpointSlice>& slices,
                                          const std::string& node) {
  std::vector<HealthCheck> checks;
  services.forEach([&](const Object<Service>& service) {
    auto spec = service->getSpec();
    const int32_t port = spec.getHealthCheckNodePort();
    const bool local = view(spec.getType()) == "LoadBalancer" && view(spec.getExternalTrafficPolicy()) == "Local";
    if (!ours(service) || !local || !isPort(port)) return;
    std::map<std::string, std::set<std::string>> here;  // addresses by their family
    for (const Object<EndpointSlice>& slice : slices.byIndex(kIndex, service.key())) {
      for (auto endpoint : slice->getEndpoints()) {
        const bool ready = valueOr(endpoint.getConditions().getReady(), true);
        if (!ready || node.empty() || view(endpoint.getNodeName()) != node) continue;
        for (auto address : endpoint.getAddresses()) here[str(slice->getAddressType())].insert(str(address));
      }
    }
    size_t most = 0;
    for (const auto& [family, addresses] : here) most = std::max(most, addresses.size());
    checks.push_back({static_cast<uint16_t>(port), str(service.ns()), str(service.name()), most});
  });
  std::ranges::sort(checks);
  return checks;
}

void addServiceIndex(Informer<EndpointSlice>& slices) {
  slices.addIndex(kIndex, [](const Object<EndpointSlice>& slice) {
    auto service = label(slice.meta(), kServiceLabel);
    return service ? std::vector<std::string>{keyOf(slice.ns(), *service)} : std::vector<std::string>();
  });
}

std::vector<ServicePort> makeServiceTable(const Informer<Service>& services, const Informer<EndpointSlice>& slices,
                                          const Place& place, Family family) {
  std::vector<ServicePort> table;
  services.forEach([&](const Object<Service>& service) {
    if (!ours(service)) return;
    const std::vector<Object<EndpointSlice>> mine = slices.byIndex(kIndex, service.key());
    for (auto port : service->getSpec().getPorts()) {
      ServicePort entry = describe(service, port, family);
      if (entry.clusterIp.empty() || !isPort(entry.port)) continue;
      Candidates candidates;
      for (const Object<EndpointSlice>& slice : mine) collect(slice, {entry, place, family}, candidates);
      entry.endpoints = candidates.all();
      entry.localEndpoints = candidates.local();
      table.push_back(std::move(entry));
    }
  });
  std::ranges::sort(table, {}, &ServicePort::key);
  return table;
}

}  // namespace cleat::proxy
