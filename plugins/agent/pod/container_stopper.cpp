#include "pod/container_stopper.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <cstdint>

#include "probes/hooks.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

// What a process gets after a hook that has used up all the time.
constexpr int64_t kShortestGraceSeconds = 2;
constexpr Duration kStopRetry = 1s;

}  // namespace

// Of the pod, or of the probe that has condemned the container.
int64_t ContainerStopper::graceFor(const RuntimeContainer& container) const {
  if (!pod_.pod()) {
    auto seen = pod_.runtime();
    const RuntimeSandbox* sandbox = seen->newestSandbox();
    return sandbox == nullptr ? 1 : std::max<int64_t>(1, sandbox->gracePeriodSeconds);
  }
  int64_t grace = gracePeriodOf(*pod_.pod());
  auto progress = pod_.progress.find(container.id);
  bool condemned = progress != pod_.progress.end() && !progress->second.condemned.empty();
  if (!condemned || deletionPending(pod_.pod().meta())) return grace;
  auto known = findContainer(pod_.pod()->getSpec(), container.name);
  if (!known) return grace;
  bool startup = progress->second.startupPending;
  auto probe = startup ? known->spec.getStartupProbe() : known->spec.getLivenessProbe();
  auto own = probe.getTerminationGracePeriodSeconds();
  return isSet(own) ? own.getValue() : grace;
}

void ContainerStopper::stop(const RuntimeContainer& container, std::string message) {
  stopWithin(container, graceFor(container), std::move(message));
}

void ContainerStopper::stopWithin(const RuntimeContainer& container, int64_t graceSeconds, std::string message) {
  auto [entry, isNew] = stops_.try_emplace(container.id);
  if (!isNew && graceSeconds >= entry->second.graceSeconds) return;
  entry->second.graceSeconds = graceSeconds;
  bool withHook = !entry->second.hookBegun;
  entry->second.hookBegun = true;
  ++entry->second.calls;
  prober_.ends(container.id);
  if (isNew && pod_.pod()) {
    auto known = findContainer(pod_.pod()->getSpec(), container.name);
    if (known) pod_.node.events.record(pod_.about(*known), "Normal", "Killing", message);
  }
  spawn(run(container.id, container.name, graceSeconds, withHook));
}

// A sidecar is stopped after the others, but its hook does not wait for them.
void ContainerStopper::runHookAhead(const RuntimeContainer& container, std::string message) {
  auto known = findContainer(pod_.pod()->getSpec(), container.name);
  if (!known || !known->spec.getLifecycle().hasPreStop()) return;
  auto [entry, isNew] = stops_.try_emplace(container.id);
  if (!isNew) return;
  // Whatever grace it is stopped with, that is the first.
  entry->second = {.graceSeconds = INT64_MAX, .hookBegun = true, .hookRuns = true};
  prober_.ends(container.id);
  pod_.node.events.record(pod_.about(*known), "Normal", "Killing", message);
  spawn(runAhead(container.id, container.name, graceFor(container)));
}

Task<void> ContainerStopper::runAhead(std::string id, std::string name, int64_t graceSeconds) {
  auto alive = pod_.loop.keepAlive();
  co_await runPreStop(id, name, graceSeconds);
  auto entry = stops_.find(id);
  if (entry != stops_.end()) entry->second.hookRuns = false;
  pod_.loop.signal();
}

// Gives the seconds that it took.
Task<int64_t> ContainerStopper::runPreStop(std::string id, std::string name, int64_t graceSeconds) {
  Object<core_v1::Pod> of = pod_.pod();
  auto known = of ? findContainer(of->getSpec(), name) : std::nullopt;
  if (!known || !known->spec.getLifecycle().hasPreStop()) co_return 0;
  Instant began = pod_.node.context.now();
  HookTarget target{id, pod_.ips.empty() ? std::string() : pod_.ips.front(), referenceTo(of)};
  Result<void> ran = co_await runHook(pod_.node, known->spec, known->spec.getLifecycle().getPreStop(), target,
                                      std::chrono::seconds(graceSeconds));
  if (!ran) {
    pod_.node.events.record(pod_.about(*known), "Warning", "FailedPreStopHook", "PreStopHook failed");
    pod_.node.context.log.info("preStop hook of ", name, " in ", describe(*of), ": ", ran.error());
  }
  co_return std::chrono::duration_cast<std::chrono::seconds>(pod_.node.context.now() - began).count();
}

Task<void> ContainerStopper::run(std::string id, std::string name, int64_t graceSeconds, bool withHook) {
  auto alive = pod_.loop.keepAlive();
  if (withHook) {
    int64_t used = co_await runPreStop(id, name, graceSeconds);
    if (used > 0) graceSeconds = std::max(graceSeconds - used, kShortestGraceSeconds);
    graceSeconds = std::min(graceSeconds, stops_[id].graceSeconds);
  }
  Result<void> stopped = co_await pod_.node.runtime.stopContainer(id, graceSeconds);
  co_await pod_.node.runtime.tryRefresh();
  if (!stopped) pod_.node.context.log.warn("cannot stop the container ", id, ": ", stopped.error());
  const RuntimeContainer* left = pod_.runtime()->byId(id);
  if (left != nullptr && left->running()) co_await pod_.node.context.sleep(kStopRetry);
  if (--stops_[id].calls == 0) stops_.erase(id);
  pod_.loop.signal();
}

bool ContainerStopper::stopAll() {
  if (stoppingAllSince_ == Instant{}) stoppingAllSince_ = pod_.node.context.now();
  auto seen = pod_.runtime();
  std::vector<const RuntimeContainer*> sidecars;
  bool others = false;
  for (const auto& container : seen->containers) {
    if (!container.running()) continue;
    auto known = pod_.pod() ? findContainer(pod_.pod()->getSpec(), container.name) : std::nullopt;
    if (known && known->role == ContainerRole::sidecar) {
      sidecars.push_back(&container);
      continue;
    }
    others = true;
    stop(container, concat("Stopping container ", container.name));
  }
  for (const RuntimeContainer* sidecar : sidecars) {
    runHookAhead(*sidecar, concat("Stopping container ", sidecar->name));
  }
  if (!others && !sidecars.empty()) stopLastOf(sidecars);
  return others || !sidecars.empty();
}

// In reverse order, one after the other, in what is left of the time.
void ContainerStopper::stopLastOf(const std::vector<const RuntimeContainer*>& sidecars) {
  std::vector<PodContainer> order = containersOf(pod_.pod()->getSpec());
  for (auto container = order.rbegin(); container != order.rend(); ++container) {
    auto isOf = [&](const RuntimeContainer* sidecar) { return sidecar->name == container->name(); };
    auto last = std::find_if(sidecars.begin(), sidecars.end(), isOf);
    if (last == sidecars.end()) continue;
    auto passed = std::chrono::duration_cast<std::chrono::seconds>(pod_.node.context.now() - stoppingAllSince_).count();
    int64_t left = graceFor(**last) - passed;
    auto under = stops_.find((*last)->id);
    if (under != stops_.end() && under->second.hookRuns && left > 0) {
      pod_.loop.wakeAfter(std::chrono::seconds(left));
    } else {
      stopWithin(**last, std::max(left, kShortestGraceSeconds), concat("Stopping container ", (*last)->name));
    }
    return;
  }
}

}  // namespace cleat::agent
