#include "replica_counts.h"

#include <algorithm>

namespace cleat {

ReplicaCounts countReplicas(const std::vector<const KnownPod*>& active, const std::vector<KnownPod>& all,
                            Duration minReady, WallTime now) {
  ReplicaCounts counts;
  counts.replicas = static_cast<int32_t>(active.size());
  for (const KnownPod& pod : all) counts.terminating += pod.isSelected && pod.isTerminating;
  for (const KnownPod* pod : active) {
    counts.labelled += pod->isLabelled;
    counts.ready += pod->traits.isReady;
    if (!pod->traits.isReady) continue;
    if (minReady == Duration::zero()) {
      ++counts.available;
      continue;
    }
    if (!pod->traits.readySince) continue;
    const auto wait = std::chrono::duration_cast<Duration>(*pod->traits.readySince + minReady - now);
    if (wait <= Duration::zero()) {
      ++counts.available;
    } else {
      counts.nextAvailable = std::min(counts.nextAvailable.value_or(wait), wait);
    }
  }
  return counts;
}

}  // namespace cleat
