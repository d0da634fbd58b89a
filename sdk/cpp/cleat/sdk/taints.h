// Taints of nodes and the tolerations of pods, matched and put together as Kubernetes does it.
#pragma once

#include <capnp/orphan.h>
#include <cleat/schema/kinds/core_v1.capnp.h>

namespace cleat {

// An empty effect or key of the toleration stands for every effect or key; an empty key needs the operator Exists.
bool tolerates(core_v1::Toleration::Reader toleration, core_v1::Taint::Reader taint);
// Whether any toleration of the pod does.
bool tolerates(core_v1::PodSpec::Reader spec, core_v1::Taint::Reader taint);

using TolerationList = capnp::List<core_v1::Toleration>;

// Whether `wide` tolerates all that `narrow` does, and at least as long. A narrow one without an operator is covered by
// its equal alone.
bool covers(core_v1::Toleration::Reader wide, core_v1::Toleration::Reader narrow);
// The tolerations of both, for a pod's adoptTolerations, without those that another of them covers.
capnp::Orphan<TolerationList> mergedTolerations(capnp::Orphanage orphanage, TolerationList::Reader first,
                                                TolerationList::Reader second);

}  // namespace cleat
