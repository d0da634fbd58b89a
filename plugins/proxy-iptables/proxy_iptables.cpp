// Makes services reachable with netfilter rules.
#include <cleat/sdk/own_address.h>
#include <cleat/sdk/service_ranges.h>

#include "kernel_rules.h"
#include "proxy-common/service_sync.h"

using namespace cleat;
using namespace cleat::proxy;

namespace {

class IptablesProxy : public ProxyPlugin {
 public:
  using ProxyPlugin::ProxyPlugin;

 private:
  Result<void> apply(Family family, const std::vector<ServicePort>& services) override {
    return (family == Family::ipv6 ? ipv6_ : ipv4_).write(services);
  }

  RuleOptions options(Family family) const {
    RuleOptions options{.family = family};
    for (std::string_view pods : podRanges(config().server().clusterCidr)) {
      if (networkOfFamily(family, str(pods))) options.clusterCidr = str(pods);
    }
    options.nodeAddress = family == Family::ipv6 ? ownIpv6Address() : ownIpv4Address();
    return options;
  }

  KernelRules ipv4_{options(Family::ipv4), log()};
  KernelRules ipv6_{options(Family::ipv6), log()};
};

}  // namespace

CLEAT_PLUGIN(
    IptablesProxy, .name = "proxy-iptables", .version = "0.1.0", .maturity = "beta", .roles = "proxy",
    .grants = "- services get,list,watch\n- nodes get,list,watch\ndiscovery.k8s.io endpointslices get,list,watch\n",
    .configSchema = "min_sync_interval duration 100ms # changes that come closer together are written together\n");
