// A deployment's status: counts, and the conditions that say whether it is available and whether its rollout proceeds.
#pragma once

#include <cleat/sdk/time.h>

#include <optional>

#include "replica_sets.h"

namespace cleat::deployment {

// The status that the sets amount to. The draft is a copy of the deployment; `wait` is when to look again, because a
// rollout may have stalled by then.
struct Progress {
  Draft<Deployment> draft;
  Duration wait{};
};
Progress assess(const Object<Deployment>& deployment, const Sets& sets, WallTime now);

// Every pod is of the current template, and up.
bool complete(const Object<Deployment>& deployment, apps_v1::DeploymentStatus::Reader status);

}  // namespace cleat::deployment
