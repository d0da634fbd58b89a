// Makes services reachable with netfilter rules.
#include <cleat/sdk/plugin.h>

#include "kernel_rules.h"
#include "proxy-common/service_sync.h"

using namespace cleat;
using namespace cleat::proxy;

namespace {

class IptablesProxy : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override { return sync_.start(); }

 private:
  RuleOptions options() const {
    RuleOptions options;
    options.clusterCidr = config().server().clusterCidr;
    options.nodeAddress = config().server().address;
    return options;
  }

  KernelRules rules_{options(), log()};
  ServiceSync sync_{context(), config().duration("min_sync_interval"),
                    [this](const std::vector<ServicePort>& services) { return rules_.write(services); }};
};

}  // namespace

CLEAT_PLUGIN(IptablesProxy, .name = "proxy-iptables", .version = "0.1.0", .maturity = "beta", .roles = "proxy",
             .grants = "- services get,list,watch\ndiscovery.k8s.io endpointslices get,list,watch\n",
             .configSchema = "min_sync_interval duration 100ms # changes that come closer together are written together\n");
