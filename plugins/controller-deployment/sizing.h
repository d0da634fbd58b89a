// The arithmetic of a rollout: how many pods the new and the old replica sets may have.
#pragma once

#include <cleat/sdk/kinds/apps_v1.h>

#include <cstdint>
#include <vector>

namespace cleat::deployment {

struct Bounds {
  int64_t maxSurge = 0;
  int64_t maxUnavailable = 0;
};

// Percentages of `replicas`: surge rounds up, unavailable rounds down; never both zero.
Bounds rollingBounds(apps_v1::DeploymentSpec::Reader spec, int64_t replicas);

// What a replica set asks for and what of it is up.
struct SetSize {
  int64_t wanted = 0;     // spec.replicas
  int64_t available = 0;  // status.availableReplicas
};

// The next size of the new set in a rolling update.
int64_t nextNewSize(int64_t replicas, Bounds bounds, SetSize newSet, const std::vector<SetSize>& oldSets);
// The next sizes of the old sets (oldest first): unhealthy pods go first, then as many as availability allows.
std::vector<int64_t> nextOldSizes(int64_t replicas, Bounds bounds, SetSize newSet, const std::vector<SetSize>& oldSets);
// When the deployment itself is scaled during a rollout: the sets share the difference in proportion to their sizes.
std::vector<int64_t> proportionalSizes(int64_t allowed, const std::vector<int64_t>& sizes);

}  // namespace cleat::deployment
