// What the node itself has to say before it takes a pod: the scheduler may have been passed by, or have known less.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>

#include <optional>
#include <string>

#include "node/resource_ledger.h"

namespace cleat::agent {

struct Refusal {
  std::string reason, message;
};

// Nothing if the pod can run here. `mostPods` may, of which the ledger knows those that are here.
std::optional<Refusal> refusalOf(core_v1::Pod::Reader pod, const ResourceLedger& ledger, int64_t mostPods);

// Whether a pod may set the sysctl without the node's operator having said so: it is the pod's alone.
bool isSafeSysctl(std::string name);

}  // namespace cleat::agent
