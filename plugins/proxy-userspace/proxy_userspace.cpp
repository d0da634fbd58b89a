// Makes services reachable through a relay in this process.
#include <array>
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
    const std::set<std::string> targets{udpTarget({}, found->second)};
    routes.push_back({service.clusterIp, service.port, targets});
    for (const auto* addresses : {&service.externalIps, &service.loadBalancerIps})
      for (const std::string& address : *addresses) routes.push_back({address, service.port, targets});
    if (service.nodePort != 0) routes.push_back({"", service.nodePort, targets});
  }
  return routes;
}

// The relay of one family, and the rules that lead to it.
class OfFamily {
 public:
  OfFamily(RelayOptions options, const Log& log) : options_(options), log_(log) {}

  Result<void> serve(const std::vector<ServicePort>& services) {
    const Family family = options_.family;
    CLEAT_TRY(const bool nothing, hasNothingToDo(services));
    if (nothing) return removeOtherModes(family, "userspace");
    if (!relay_) relay_.emplace(options_);
    CLEAT_TRY(auto ports, relay_->serve(services));
    CLEAT_TRY(loadRules(family, makeRedirects(family, services, ports)));
    if (!settled_) {
      CLEAT_TRY(ensureJumps(family, redirectJumps()));
      CLEAT_TRY(removeOtherModes(family, "userspace"));
    }
    std::vector<UdpRoute> routes = udpRoutes(services, ports);
    if (!settled_ || routes != udpRoutes_) {
      if (auto done = forgetStaleFlows(family, routes); !done)
        log_.warn("UDP clients may be sent where nobody listens any more: ", done.error().message);
      udpRoutes_ = std::move(routes);
    }
    settled_ = true;
    return {};
  }

 private:
  // Machines that use one family alone are left as they are in the other.
  Result<bool> hasNothingToDo(const std::vector<ServicePort>& services) const {
    if (settled_ || options_.family == Family::ipv4 || !services.empty()) return false;
    CLEAT_TRY(auto found, chainsOf(options_.family, "nat", {"KUBE-PORTALS"}));
    return found.empty();
  }

  const RelayOptions options_;
  const Log& log_;
  std::optional<Relay> relay_;
  bool settled_ = false;  // a first write has come to its end
  std::vector<UdpRoute> udpRoutes_;
};

class UserspaceProxy : public ProxyPlugin {
 public:
  using ProxyPlugin::ProxyPlugin;

  Task<Result<void>> start() override {
    RelayOptions options;
    options.udpIdle = std::chrono::duration_cast<std::chrono::milliseconds>(config().duration("udp_idle"));
    options.maxConnections = static_cast<size_t>(config().integer("max_connections"));
    options.redirectedOnly = true;
    for (Family family : kFamilies) {
      options.family = family;
      families_.at(static_cast<size_t>(family)).emplace(options, log());
    }
    return ProxyPlugin::start();
  }

  void stop() override {
    for (auto& family : families_) family.reset();
  }

 private:
  Result<void> apply(Family family, const std::vector<ServicePort>& services) override {
    return families_.at(static_cast<size_t>(family))->serve(services);
  }

  std::array<std::optional<OfFamily>, kFamilies.size()> families_;
};

}  // namespace

CLEAT_PLUGIN(
    UserspaceProxy, .name = "proxy-userspace", .version = "0.1.0", .maturity = "beta", .roles = "proxy",
    .grants = "- services get,list,watch\n- nodes get,list,watch\ndiscovery.k8s.io endpointslices get,list,watch\n",
    .configSchema =
        "min_sync_interval duration 100ms # changes that come closer together are applied together\n"
        "udp_idle duration 250ms # how long a silent UDP client keeps its endpoint\n"
        "max_connections int 10000 # of each family at most so many at a time; further ones are refused\n");
