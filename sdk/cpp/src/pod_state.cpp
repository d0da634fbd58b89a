#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>

#include <algorithm>

namespace cleat {

using core_v1::Pod;

bool isTerminal(const Object<Pod>& pod) {
  std::string_view phase = view(pod->getStatus().getPhase());
  return phase == "Succeeded" || phase == "Failed";
}

bool isActive(const Object<Pod>& pod) { return !isTerminal(pod) && !deletionPending(pod.meta()); }

bool isTerminating(const Object<Pod>& pod) { return !isTerminal(pod) && deletionPending(pod.meta()); }

bool isReady(const Object<Pod>& pod) { return conditionIs(pod->getStatus().getConditions(), "Ready", "True"); }

std::optional<Duration> untilAvailable(const Object<Pod>& pod, Duration minReady, WallTime now) {
  auto condition = findCondition(pod->getStatus().getConditions(), "Ready");
  if (!condition || view(condition->getStatus()) != "True") return std::nullopt;
  if (minReady == Duration::zero()) return Duration::zero();
  auto since = parseTime(condition->getLastTransitionTime());
  if (!since) return std::nullopt;
  return std::max(Duration::zero(), std::chrono::duration_cast<Duration>(*since + minReady - now));
}

Restarts restartsOf(const Object<Pod>& pod) {
  Restarts most;
  for (auto status : pod->getStatus().getContainerStatuses()) {
    most.containers = std::max(most.containers, status.getRestartCount());
  }
  for (auto container : pod->getSpec().getInitContainers()) {
    if (view(container.getRestartPolicy()) != "Always") continue;
    for (auto status : pod->getStatus().getInitContainerStatuses()) {
      if (status.getName() != container.getName()) continue;
      most.sidecars = std::max(most.sidecars, status.getRestartCount());
    }
  }
  return most;
}

}  // namespace cleat
