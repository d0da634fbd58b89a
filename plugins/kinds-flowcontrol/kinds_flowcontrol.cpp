// kinds-flowcontrol: flowcontrol.apiserver.k8s.io/v1, how an API server divides its capacity among requests.
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"
#include "kinds-flowcontrol/flow_kinds.h"

namespace cleat::kinds::flowcontrol {

class FlowControlKinds : public KindsPlugin {
 public:
  explicit FlowControlKinds(Context& context) : KindsPlugin(context) {
    addFlowSchemas(table());
    addPriorityLevels(table());
  }
};

}  // namespace cleat::kinds::flowcontrol

CLEAT_PLUGIN(cleat::kinds::flowcontrol::FlowControlKinds, .name = "kinds-flowcontrol", .version = "0.1.0",
             .maturity = "alpha", .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
