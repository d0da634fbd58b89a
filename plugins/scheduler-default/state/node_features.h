// What pods need of the software of a node that not every node has: a node says in status.declaredFeatures what it has.
// Which features there are, and which pods need them, is Kubernetes' own list.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <cstdint>

namespace cleat::scheduling {

using NodeFeatures = uint8_t;  // a bit for each

// Of what nodes have to do with before a pod is on them: most pods need none.
NodeFeatures featuresNeededBy(core_v1::PodSpec::Reader pod);
bool declares(const Object<core_v1::Node>& node, NodeFeatures needed);

}  // namespace cleat::scheduling
