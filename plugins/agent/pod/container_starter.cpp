#include "pod/container_starter.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

#include "pod/container_facts.h"
#include "probes/hooks.h"

namespace cleat::agent {
namespace {

std::string backoffKey(const PodContainer& container) {
  return concat(container.name(), "/", specHash(container.spec));
}

}  // namespace

Task<void> ContainerStarter::start(std::vector<std::string> names) {
  Object<core_v1::Pod> of = resizer_.granted();
  for (const auto& container : allContainersOf(of->getSpec())) {
    if (std::find(names.begin(), names.end(), container.name()) != names.end()) {
      co_await startOne(container);
      if (pod_.mustEnd()) co_return;
    }
    // Those after it wait for a postStart hook, as in Kubernetes.
    auto seen = pod_.runtime();
    const RuntimeContainer* newest = seen->newest(container.name());
    auto progress = newest == nullptr ? pod_.progress.end() : pod_.progress.find(newest->id);
    if (progress != pod_.progress.end() && progress->second.hookPending) co_return;
  }
}

Task<void> ContainerStarter::startOne(PodContainer container) {
  std::string name(container.name());
  auto seen = pod_.runtime();
  const RuntimeContainer* last = seen->newest(name);
  if (last != nullptr && stopper_.isStopping(last->id)) co_return;
  if (last != nullptr && last->exited() && backsOff(container, *last)) co_return;
  if (pod_.loop.tooEarly(name)) co_return;
  const ImageOutcome* image = images_.of(container);
  if (lacks(container, image)) co_return;
  std::string imageUser = image->user;
  if (lacks(container, images_.mountedBy(container))) co_return;
  images_.forget(name);
  if (last != nullptr && last->exited()) restarts_.next(backoffKey(container), pod_.node.context.now());
  Result<ContainerFacts> facts = co_await gatherFacts(pod_, volumes_, resizer_.granted(), container, imageUser);
  if (!facts) {
    failed(container, "CreateContainerConfigError", facts.error().message);
    co_return;
  }
  facts->cdiDevices = devices_.cdiDevicesOf(pod_.pod(), container);
  if (!facts->cdiDevices.empty() && !pod_.node.abilities.cdi) {
    failed(container, "CreateContainerConfigError", "this node's runtime takes no devices by name (CDI)");
    co_return;
  }
  co_await createAndStart(container, std::move(*facts));
}

// Whether the image is not there, or not yet. Says why when that is known.
bool ContainerStarter::lacks(const PodContainer& container, const ImageOutcome* image) {
  if (image != nullptr && !image->present) waiting_[std::string(container.name())] = image->why;
  return image == nullptr || !image->present;
}

// Whether it is too early to restart the container. Says so once for each time that it has ended.
bool ContainerStarter::backsOff(const PodContainer& container, const RuntimeContainer& last) {
  std::string name(container.name());
  std::string key = backoffKey(container);
  const Context& context = pod_.node.context;
  Instant now = context.now();
  Instant ended = now - std::max<Duration>(context.wallNow() - last.finishedAt, Duration::zero());
  Duration left = restarts_.remaining(key, ended, now);
  if (left <= Duration::zero()) return false;
  pod_.loop.wakeAfter(left);
  std::string pod = describe(*pod_.pod());
  std::string whose = concat("restarting failed container=", name, " pod=", pod);
  Waiting waiting{"CrashLoopBackOff", concat("back-off ", formatDuration(restarts_.delayOf(key)), " ", whose)};
  auto& present = waiting_[name];
  if (present != waiting) {
    present = waiting;
    pod_.node.events.record(pod_.about(container), "Warning", "BackOff",
                            concat("Back-off restarting failed container ", name, " in pod ", pod));
  }
  return true;
}

Task<void> ContainerStarter::createAndStart(PodContainer container, ContainerFacts facts) {
  Object<core_v1::Pod> of = resizer_.granted();
  RuntimeClient& runtime = pod_.node.runtime;
  std::string name(container.name());
  // It may have been granted other resources meanwhile.
  if (auto newest = findContainer(of->getSpec(), name)) container = *newest;
  std::function<void(role::ContainerConfig::Builder)> build = [&](role::ContainerConfig::Builder config) {
    buildContainerConfig(*of, container, facts, config);
  };
  Result<std::string> id = co_await runtime.createContainer(build);
  if (!id) {
    co_await runtime.tryRefresh();
    failed(container, "CreateContainerError", id.error().message);
    co_return;
  }
  pod_.node.events.record(pod_.about(container), "Normal", "Created", "Container created");
  resizer_.created(*id, of);
  bool hasHook = container.spec.getLifecycle().hasPostStart();
  pod_.progress[*id] = {.hookPending = hasHook,
                        .startupPending = container.spec.hasStartupProbe(),
                        .unready = container.spec.hasReadinessProbe()};
  Result<void> started = co_await runtime.startContainer(*id);
  Result<void> listed = co_await runtime.refresh();
  if (!started) {
    failed(container, "RunContainerError", started.error().message);
    co_return;
  }
  pod_.node.events.record(pod_.about(container), "Normal", "Started", "Container started");
  waiting_.erase(name);
  pod_.loop.succeeded(name);
  // Until it is seen to run, the plan says that it is to be started: not at once a second time.
  if (!listed) pod_.loop.retryLater(name);
  if (hasHook) spawn(runPostStart(*id, name));
}

void ContainerStarter::failed(const PodContainer& container, std::string reason, std::string message) {
  std::string name(container.name());
  pod_.node.events.record(pod_.about(container), "Warning", "Failed", concat("Error: ", message));
  waiting_[name] = {std::move(reason), std::move(message)};
  pod_.loop.retryLater(name);
}

Task<void> ContainerStarter::runPostStart(std::string id, std::string name) {
  auto alive = pod_.loop.keepAlive();
  Object<core_v1::Pod> of = pod_.pod();
  auto container = findContainer(of->getSpec(), name);
  if (!container) co_return;
  HookTarget target{id, pod_.ips.empty() ? std::string() : pod_.ips.front(), referenceTo(of)};
  Result<void> ran =
      co_await runHook(pod_.node, container->spec, container->spec.getLifecycle().getPostStart(), target, kHookTimeout);
  auto progress = pod_.progress.find(id);
  if (progress != pod_.progress.end()) progress->second.hookPending = false;
  if (!ran) {
    pod_.node.events.record(pod_.about(*container), "Warning", "FailedPostStartHook", "PostStartHook failed");
    pod_.node.context.log.info("postStart hook of ", name, " in ", describe(*of), ": ", ran.error());
    if (progress != pod_.progress.end()) progress->second.condemned = "failed postStart hook";
  }
  pod_.loop.signal();
}

}  // namespace cleat::agent
