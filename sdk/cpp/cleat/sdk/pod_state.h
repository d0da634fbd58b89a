// What controllers ask of a pod: whether it counts, whether it is up, and for how long.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/time.h>

#include <cstdint>
#include <optional>

namespace cleat {

// Has a node. For an informer that is concerned with such pods `only`.
inline bool isBound(const AnyRef& pod) { return pod.as<core_v1::Pod>().getSpec().getNodeName().size() > 0; }
// Its containers have ended for good.
bool isTerminal(const Object<core_v1::Pod>& pod);
// Counts: not terminal and not being deleted.
bool isActive(const Object<core_v1::Pod>& pod);
// Being deleted, and its containers may still run.
bool isTerminating(const Object<core_v1::Pod>& pod);

bool isReady(const Object<core_v1::Pod>& pod);
// How long until it has been ready for `minReady`; zero: it is available. Nothing for one that is not ready.
std::optional<Duration> untilAvailable(const Object<core_v1::Pod>& pod, Duration minReady, WallTime now);
inline bool isAvailable(const Object<core_v1::Pod>& pod, Duration minReady, WallTime now) {
  return untilAvailable(pod, minReady, now) == Duration::zero();
}

// How often the container that was restarted most was: of the containers, and of the sidecars.
struct Restarts {
  int32_t containers = 0, sidecars = 0;
  auto operator<=>(const Restarts&) const = default;
};
Restarts restartsOf(const Object<core_v1::Pod>& pod);

}  // namespace cleat
