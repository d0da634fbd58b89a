// Which pods of several go first when there are too many.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/time.h>

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace cleat {

// Orders the pods so that those to delete first stand first: without a node, not running, not ready, cheap by their
// annotation `controller.kubernetes.io/pod-deletion-cost`, on a node with many of `related` (which the pods are part
// of: those of all generations of a Deployment, say), ready for a short time, often restarted, young. Ages count by
// their magnitude (powers of two), and among those alike the uid decides, so that not always the newest ones go.
void rankForDeletion(std::vector<Object<core_v1::Pod>>& pods, const std::vector<Object<core_v1::Pod>>& related,
                     WallTime now);

// What that asks of a pod, for who keeps it because it ranks the same pods over and over. The texts are the pod's.
struct DeletionTraits {
  std::string_view uid, node;
  bool isActive = false, isReady = false;
  int phase = 0;  // the later the phase, the more
  int64_t cost = 0;
  Restarts restarts;
  std::optional<WallTime> readySince, created;
};
DeletionTraits deletionTraits(const Object<core_v1::Pod>& pod);

// The places in `pods` of the `count` to delete first, or of all, in their order.
std::vector<size_t> firstToDelete(std::span<const DeletionTraits* const> pods,
                                  std::span<const DeletionTraits* const> related, WallTime now, size_t count);

}  // namespace cleat
