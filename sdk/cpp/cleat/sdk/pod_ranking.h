// Which pods of several go first when there are too many.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <vector>

namespace cleat {

// Orders the pods so that those to delete first stand first: without a node, not running, not ready, cheap by their
// annotation `controller.kubernetes.io/pod-deletion-cost`, on a node with many of `related` (which the pods are part
// of: those of all generations of a Deployment, say), ready for a short time, often restarted, young. Ages count by
// their magnitude (powers of two), and among those alike the uid decides, so that not always the newest ones go.
void rankForDeletion(std::vector<Object<core_v1::Pod>>& pods, const std::vector<Object<core_v1::Pod>>& related,
                     WallTime now);

}  // namespace cleat
