// How many of a set's pods there are, and how far they have come: what its status says.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <optional>
#include <vector>

namespace cleat {

struct ReplicaCounts {
  int32_t replicas = 0;
  int32_t labelled = 0;  // with all labels of the template
  int32_t ready = 0;
  int32_t available = 0;
  std::optional<Duration> nextAvailable;  // how long until one more is, by waiting alone
};
ReplicaCounts countReplicas(const std::vector<Object<core_v1::Pod>>& active, core_v1::PodTemplateSpec::Reader pattern,
                            Duration minReady, WallTime now);

}  // namespace cleat
