// kinds-core: the kinds of core/v1.
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

class CoreKinds : public KindsPlugin {
 public:
  explicit CoreKinds(Context& context) : KindsPlugin(context) {
    addNamespaces(table());
    addNodes(table());
    addPods(table());
    addServices(table());
    addEndpoints(table());
    addConfigMaps(table());
    addSecrets(table());
    addServiceAccounts(table());
    addEvents(table());
  }
};

}  // namespace cleat::kinds::core

CLEAT_PLUGIN(cleat::kinds::core::CoreKinds, .name = "kinds-core", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
