// Keeps the number of pods that each ReplicationController asks for.
#include <cleat/sdk/kinds/core_v1_replication.h>

#include "replicas-common/replica_controller.h"

using namespace cleat;

namespace {

class ReplicationController
    : public ReplicaController<core_v1::ReplicationController, core_v1::ReplicationControllerCondition> {
 public:
  explicit ReplicationController(Context& context)
      : ReplicaController(context, {.name = "replication", .component = "replication-controller"}) {}
};

}  // namespace

CLEAT_PLUGIN(ReplicationController, .name = "controller-replication", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- replicationcontrollers get,list,watch\n- replicationcontrollers/status update\n"
                 "- pods list,watch,create,update,delete\n- events create,patch,update\n");
