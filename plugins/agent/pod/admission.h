// What the node itself has to say before it takes a pod: the scheduler may have been passed by, or have known less.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>

#include "node/abilities.h"
#include "node/resource_ledger.h"
#include "pod/pod_spec.h"

namespace cleat::agent {

struct Refusal {
  std::string reason, message;
};

// Nothing if the pod can run here. `mostPods` may, of which the ledger knows those that are here; `node` is this node
// as the API has it, and has the labels, taints and resources that others have given it.
std::optional<Refusal> refusalOf(core_v1::Pod::Reader pod, const Object<core_v1::Node>& node,
                                 const ResourceLedger& ledger, int64_t mostPods, const NodeAbilities& abilities);

// What of a pod this node cannot do at all, for want of a field's support (pod/field_support.h) or of something in the
// kernel or the runtime.
std::optional<Refusal> unsupportedIn(core_v1::Pod::Reader pod, const NodeAbilities& abilities);
// The same of one container: those that are added to a running pod are looked at when they start.
std::optional<Refusal> unsupportedIn(core_v1::Pod::Reader pod, const PodContainer& container, const std::string& path,
                                     const NodeAbilities& abilities);

}  // namespace cleat::agent
