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

// A set with pods, when the deployment itself is scaled during a rollout.
struct ShareSize {
  int64_t wanted = 0;
  // The most pods that the deployment could have when the set got its size (its annotation max-replicas). 0: not known.
  int64_t maxBefore = 0;
};
// The sets (oldest first) share the difference to what the deployment may have now, each in proportion to its size and
// the larger ones first. Among equals the newer ones grow first and the older ones shrink first; what rounding leaves
// over is the first one's. `deployed` is how many pods the deployment has, for sets that do not know their share.
std::vector<int64_t> proportionalSizes(int64_t replicas, int64_t maxSurge, int64_t deployed,
                                       const std::vector<ShareSize>& sets);

}  // namespace cleat::deployment
