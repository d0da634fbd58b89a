// What pods ask for and are limited to, as those see it who bound it. (What a pod takes of a node is another thing: see
// cleat/sdk/pod_request.h.)
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include "quota-common/amounts.h"

namespace cleat::quota {

enum class Asked { requests, limits };

// By its specification alone: the sum of its containers and sidecars, or what its largest init container needs if that
// is more; for what the pod asks for as a whole, that.
Amounts specifiedAmounts(core_v1::PodSpec::Reader spec, Asked asked);

// With its overhead, and what a resize has not given back yet.
Amounts chargedAmounts(core_v1::Pod::Reader pod, Asked asked);

// Whether the pod says as a whole what it needs of cpu, memory or huge pages.
bool asksAsAWhole(core_v1::PodSpec::Reader spec);

}  // namespace cleat::quota
