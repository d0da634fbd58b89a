// Makes services reachable with netfilter rules.
#include "kernel_rules.h"
#include "proxy-common/service_sync.h"

using namespace cleat;
using namespace cleat::proxy;

namespace {

class IptablesProxy : public ProxyPlugin {
 public:
  using ProxyPlugin::ProxyPlugin;

 private:
  Result<void> apply(const std::vector<ServicePort>& services) override { return rules_.write(services); }

  RuleOptions options() const {
    RuleOptions options;
    options.clusterCidr = config().server().clusterCidr;
    options.nodeAddress = config().server().address;
    return options;
  }

  KernelRules rules_{options(), log()};
};

}  // namespace

CLEAT_PLUGIN(
    IptablesProxy, .name = "proxy-iptables", .version = "0.1.0", .maturity = "beta", .roles = "proxy",
    .grants = "- services get,list,watch\n- nodes get,list,watch\ndiscovery.k8s.io endpointslices get,list,watch\n",
    .configSchema = "min_sync_interval duration 100ms # changes that come closer together are written together\n");
