// Putting a pod on a node: what a write to pods/binding makes of the pod.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

namespace cleat::kinds::core {

// The pod on the node that the binding names; 409 when it is on one already or on its way out.
Result<Object<core_v1::Pod>> bindPod(const Object<core_v1::Pod>& pod, core_v1::Binding::Reader binding, WallTime now);

}  // namespace cleat::kinds::core
