// Ending one container of a pod: its preStop hook, the stop signal, and SIGKILL when its time is over.
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <cstdint>

#include "pod/pod_worker.h"
#include "probes/hooks.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

// What a process gets after a hook that has used up all the time.
constexpr int64_t kShortestGraceSeconds = 2;
constexpr Duration kRetry = 1s;

}  // namespace

int64_t PodWorker::graceFor(const RuntimeContainer& container) const {
  if (!pod()) {
    auto seen = runtime();
    const RuntimeSandbox* sandbox = seen->newestSandbox();
    return sandbox == nullptr ? 1 : std::max<int64_t>(1, sandbox->gracePeriodSeconds);
  }
  int64_t grace = gracePeriodOf(*pod());
  auto progress = progress_.find(container.id);
  if (progress == progress_.end() || progress->second.condemned.empty() || deletionPending(pod().meta())) return grace;
  auto known = findContainer(pod()->getSpec(), container.name);
  if (!known) return grace;
  bool startup = progress->second.startupPending;
  auto own = (startup ? known->spec.getStartupProbe() : known->spec.getLivenessProbe()).getTerminationGracePeriodSeconds();
  return isSet(own) ? own.getValue() : grace;
}

// Begins to end the container, or cuts short the time it was given before.
void PodWorker::kill(const RuntimeContainer& container, int64_t graceSeconds, std::string message) {
  auto [entry, isNew] = killing_.try_emplace(container.id);
  if (!isNew && graceSeconds >= entry->second.graceSeconds) return;
  entry->second.graceSeconds = graceSeconds;
  bool withHook = !entry->second.hookBegun;
  entry->second.hookBegun = true;
  ++entry->second.calls;
  prober_.stop(container.id);
  if (isNew && pod()) {
    auto known = findContainer(pod()->getSpec(), container.name);
    if (known) node_.events.record(about(*known), "Normal", "Killing", message);
  }
  spawn(endContainer(container.id, container.name, graceSeconds, withHook));
}

// A sidecar is stopped after the others, but its hook does not wait for them.
void PodWorker::runHookAhead(const RuntimeContainer& container, int64_t graceSeconds, std::string message) {
  auto known = findContainer(pod()->getSpec(), container.name);
  if (!known || !known->spec.getLifecycle().hasPreStop()) return;
  auto [entry, isNew] = killing_.try_emplace(container.id);
  if (!isNew) return;
  // Whatever grace it is stopped with, that is the first.
  entry->second = {.graceSeconds = INT64_MAX, .hookBegun = true, .hookRuns = true};
  prober_.stop(container.id);
  node_.events.record(about(*known), "Normal", "Killing", message);
  spawn(runAhead(container.id, container.name, graceSeconds));
}

Task<void> PodWorker::runAhead(std::string id, std::string name, int64_t graceSeconds) {
  auto self = shared_from_this();
  co_await runPreStop(id, name, graceSeconds);
  auto entry = killing_.find(id);
  if (entry != killing_.end()) entry->second.hookRuns = false;
  signal();
}

// Gives the seconds that it took.
Task<int64_t> PodWorker::runPreStop(std::string id, std::string name, int64_t graceSeconds) {
  Object<core_v1::Pod> of = pod();
  auto known = of ? findContainer(of->getSpec(), name) : std::nullopt;
  if (!known || !known->spec.getLifecycle().hasPreStop()) co_return 0;
  Instant began = node_.context.now();
  HookTarget target{id, podIps_.empty() ? std::string() : podIps_.front(), referenceTo(of)};
  Result<void> ran = co_await runHook(node_, known->spec, known->spec.getLifecycle().getPreStop(), target,
                                      std::chrono::seconds(graceSeconds));
  if (!ran) {
    node_.events.record(about(*known), "Warning", "FailedPreStopHook", "PreStopHook failed");
    node_.context.log.info("preStop hook of ", name, " in ", describe(*of), ": ", ran.error());
  }
  co_return std::chrono::duration_cast<std::chrono::seconds>(node_.context.now() - began).count();
}

Task<void> PodWorker::endContainer(std::string id, std::string name, int64_t graceSeconds, bool withHook) {
  auto self = shared_from_this();
  if (withHook) {
    int64_t used = co_await runPreStop(id, name, graceSeconds);
    if (used > 0) graceSeconds = std::max(graceSeconds - used, kShortestGraceSeconds);
    graceSeconds = std::min(graceSeconds, killing_[id].graceSeconds);
  }
  Result<void> stopped = co_await node_.runtime.stopContainer(id, graceSeconds);
  co_await node_.runtime.refresh();
  if (!stopped) node_.context.log.warn("cannot stop the container ", id, ": ", stopped.error());
  const RuntimeContainer* left = runtime()->byId(id);
  if (left != nullptr && left->running()) co_await node_.context.sleep(kRetry);
  if (--killing_[id].calls == 0) killing_.erase(id);
  signal();
}

}  // namespace cleat::agent
