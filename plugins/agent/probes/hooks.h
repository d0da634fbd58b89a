// Lifecycle hooks of containers: a command in the container, a request to it over HTTP, or a wait.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/context.h>

#include <string>

#include "node_services.h"

namespace cleat::agent {

struct HookTarget {
  std::string containerId;
  std::string podIp;
  ObjectReference pod;
};

inline constexpr Duration kHookTimeout = std::chrono::minutes(10);

// `container` and `handler` must stay valid until it has ended.
Task<Result<void>> runHook(NodeServices& node, core_v1::Container::Reader container,
                           core_v1::LifecycleHandler::Reader handler, HookTarget target, Duration timeout);

}  // namespace cleat::agent
