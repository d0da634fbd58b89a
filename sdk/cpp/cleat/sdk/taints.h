// Taints of nodes and the tolerations of pods, matched as Kubernetes matches them.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

namespace cleat {

// An empty effect or key of the toleration stands for every effect or key; an empty key needs the operator Exists.
bool tolerates(core_v1::Toleration::Reader toleration, core_v1::Taint::Reader taint);
// Whether any toleration of the pod does.
bool tolerates(core_v1::PodSpec::Reader spec, core_v1::Taint::Reader taint);

}  // namespace cleat
