// What may be changed of a pod's specification beyond an ordinary update, each through a subresource of its own: the
// whole pod comes in, and only that part of it is taken. Pure functions; the results are checked.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/status.h>

namespace cleat::kinds::core {

// pods/ephemeralcontainers: containers are added, and stay as they are from then on.
Result<Object<core_v1::Pod>> addEphemeralContainers(const Object<core_v1::Pod>& current, core_v1::Pod::Reader body);

// pods/resize: what the containers, and the pod as a whole, ask for and are limited to. The node follows.
Result<Object<core_v1::Pod>> resizePod(const Object<core_v1::Pod>& current, core_v1::Pod::Reader body);

}  // namespace cleat::kinds::core
