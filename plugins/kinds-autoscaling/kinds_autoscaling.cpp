// kinds-autoscaling: autoscaling/v1, of which Scale is the body of the scale subresources.
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds {

class AutoscalingKinds : public KindsPlugin {
 public:
  explicit AutoscalingKinds(Context& context) : KindsPlugin(context) {
    table().add<autoscaling_v1::Scale>({.structFile = "kinds/autoscaling_v1.capnp", .bodyOnly = true});
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::AutoscalingKinds, .name = "kinds-autoscaling", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
