#include "replica_counts.h"

#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/selector.h>

#include <algorithm>

namespace cleat {

ReplicaCounts countReplicas(const std::vector<Object<core_v1::Pod>>& active, core_v1::PodTemplateSpec::Reader pattern,
                            Duration minReady, WallTime now) {
  const LabelSelector labels = LabelSelector::fromMap(pattern.getMetadata().getLabels());
  ReplicaCounts counts;
  counts.replicas = static_cast<int32_t>(active.size());
  for (const Object<core_v1::Pod>& pod : active) {
    counts.labelled += labels.matches(pod);
    const std::optional<Duration> wait = untilAvailable(pod, minReady, now);
    counts.ready += wait || isReady(pod);
    if (!wait) continue;
    if (*wait == Duration::zero()) {
      ++counts.available;
    } else {
      counts.nextAvailable = std::min(counts.nextAvailable.value_or(*wait), *wait);
    }
  }
  return counts;
}

}  // namespace cleat
