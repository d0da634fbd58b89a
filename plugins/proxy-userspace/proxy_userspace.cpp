// Makes services reachable through a relay in this process.
#include <optional>

#include "proxy-common/connection_tracking.h"
#include "proxy-common/service_sync.h"
#include "redirects.h"
#include "relay.h"

using namespace cleat;
using namespace cleat::proxy;

namespace {

std::vector<UdpRoute> udpRoutes(const std::vector<ServicePort>& services,
                                const std::map<std::string, uint16_t>& ports) {
  std::vector<UdpRoute> routes;
  for (const ServicePort& service : services) {
    auto found = ports.find(service.key());
    if (service.protocol != "udp" || found == ports.end()) continue;
    const std::set<std::string> targets{":" + std::to_string(found->second)};
    routes.push_back({service.clusterIp, service.port, targets});
    for (const auto* addresses : {&service.externalIps, &service.loadBalancerIps})
      for (const std::string& address : *addresses) routes.push_back({address, service.port, targets});
    if (service.nodePort != 0) routes.push_back({"", service.nodePort, targets});
  }
  return routes;
}

class UserspaceProxy : public ProxyPlugin {
 public:
  using ProxyPlugin::ProxyPlugin;

  Task<Result<void>> start() override {
    RelayOptions options;
    options.udpIdle = std::chrono::duration_cast<std::chrono::milliseconds>(config().duration("udp_idle"));
    options.maxConnections = static_cast<size_t>(config().integer("max_connections"));
    options.redirectedOnly = true;
    relay_.emplace(options);
    return ProxyPlugin::start();
  }

  void stop() override { relay_.reset(); }

 private:
  Result<void> apply(const std::vector<ServicePort>& services) override {
    CLEAT_TRY(auto ports, relay_->serve(services));
    CLEAT_TRY(loadRules(makeRedirects(services, ports)));
    if (!settled_) {
      CLEAT_TRY(ensureJumps(redirectJumps()));
      CLEAT_TRY(removeOtherModes("userspace"));
    }
    std::vector<UdpRoute> routes = udpRoutes(services, ports);
    if (!settled_ || routes != udpRoutes_) {
      if (auto done = forgetStaleFlows(routes); !done)
        log().warn("UDP clients may be sent where nobody listens any more: ", done.error().message);
      udpRoutes_ = std::move(routes);
    }
    settled_ = true;
    return {};
  }

  std::optional<Relay> relay_;
  bool settled_ = false;  // a first write has come to its end
  std::vector<UdpRoute> udpRoutes_;
};

}  // namespace

CLEAT_PLUGIN(
    UserspaceProxy, .name = "proxy-userspace", .version = "0.1.0", .maturity = "beta", .roles = "proxy",
    .grants = "- services get,list,watch\n- nodes get,list,watch\ndiscovery.k8s.io endpointslices get,list,watch\n",
    .configSchema =
        "min_sync_interval duration 100ms # changes that come closer together are applied together\n"
        "udp_idle duration 250ms # how long a silent UDP client keeps its endpoint\n"
        "max_connections int 10000 # at most so many at a time; further ones are refused\n");
