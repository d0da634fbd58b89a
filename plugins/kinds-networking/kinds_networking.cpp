// kinds-networking: networking.k8s.io/v1. How traffic reaches services from outside, which traffic pods accept, and
// what services take their addresses from.
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"
#include "kinds-networking/networking_kinds.h"

namespace cleat::kinds::networking {

class NetworkingKinds : public KindsPlugin {
 public:
  explicit NetworkingKinds(Context& context) : KindsPlugin(context) {
    addIngresses(table());
    addNetworkPolicies(table());
    addServiceAddresses(table());
  }
};

}  // namespace cleat::kinds::networking

CLEAT_PLUGIN(cleat::kinds::networking::NetworkingKinds, .name = "kinds-networking", .version = "0.1.0",
             .maturity = "alpha", .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
