// How many of a set's pods there are, and how far they have come: what its status says.
#pragma once

#include <cleat/sdk/time.h>

#include <optional>
#include <vector>

#include "pod_ledger.h"

namespace cleat {

struct ReplicaCounts {
  int32_t replicas = 0;
  int32_t terminating = 0;  // and not among those
  int32_t labelled = 0;     // with all labels of the template
  int32_t ready = 0;
  int32_t available = 0;
  std::optional<Duration> nextAvailable;  // how long until one more is, by waiting alone
};
// `active` are those that the set keeps, `all` what it owns.
ReplicaCounts countReplicas(const std::vector<const KnownPod*>& active, const std::vector<KnownPod>& all,
                            Duration minReady, WallTime now);

}  // namespace cleat
