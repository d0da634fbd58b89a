// Keeps the number of pods that each ReplicaSet asks for.
#include <cleat/sdk/kinds/apps_v1.h>

#include "replicas-common/replica_controller.h"

using namespace cleat;

namespace {

class ReplicaSetController : public ReplicaController<apps_v1::ReplicaSet, apps_v1::ReplicaSetCondition> {
 public:
  explicit ReplicaSetController(Context& context)
      : ReplicaController(context, {.name = "replicaset", .component = "replicaset-controller"}) {}
};

}  // namespace

CLEAT_PLUGIN(ReplicaSetController, .name = "controller-replicaset", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "apps replicasets get,list,watch\napps replicasets/status update\n"
                 "- pods get,list,watch,create,update,delete\n- events create,patch,update\n");
