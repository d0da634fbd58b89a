// Which pods of a ReplicaSet go first when there are too many.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <optional>
#include <vector>

namespace cleat {

using core_v1::Pod;

bool isReady(core_v1::PodStatus::Reader status);
// How long until it has been ready for `minReady`; zero: it is available. Nothing for one that is not ready.
std::optional<Duration> untilAvailable(core_v1::PodStatus::Reader status, Duration minReady, WallTime now);
// Counts: not finished and not being deleted.
bool isActive(const Object<Pod>& pod);

// Orders the pods so that those to delete first stand first.
void rankForDeletion(std::vector<Object<Pod>>& pods);

}  // namespace cleat
