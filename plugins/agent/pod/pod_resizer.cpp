#include "pod/pod_resizer.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::agent {
namespace {

constexpr const char* kPending = "PodResizePending";
constexpr const char* kInProgress = "PodResizeInProgress";

}  // namespace

Object<core_v1::Pod> PodResizer::grantedNewest() const {
  if (!resize_.granted || resize_.granted.revision() == pod_.pod().revision()) return granted();
  return withResourcesOf(pod_.pod(), resize_.granted->getSpec());
}

void PodResizer::update() {
  grant();
  dueResizes();
}

// Keeps `resize_.granted` at the newest state of the pod, with the resources that it may have.
void PodResizer::grant() {
  Object<core_v1::Pod> wished = pod_.pod();
  if (!resize_.granted) {
    resize_.granted = withReported(wished, ReportedResources::granted);
    resize_.cgroup = withReported(wished, ReportedResources::actual);
    resize_.inProgress = reportedCondition(*wished, kInProgress);
    resize_.pending = reportedCondition(*wished, kPending);
    pod_.node.ledger.grant(pod_.uid, grantOf(resize_.granted->getSpec()));
  } else if (resize_.granted.revision() != wished.revision()) {
    resize_.granted = withResourcesOf(wished, resize_.granted->getSpec());
  }
  if (sameResources(wished->getSpec(), resize_.granted->getSpec())) {
    resize_.granted = wished;
    resize_.pending.reset();
    pod_.node.ledger.stopWaiting(pod_.uid);
    return;
  }
  int64_t generation = wished->getMetadata().getGeneration();
  if (auto lacks = pod_.node.ledger.whyNot(pod_.uid, grantOf(wished->getSpec()))) {
    const std::string why = lacks->message();
    bool known = resize_.pending && resize_.pending->generation == generation;
    WallTime since = resize_.pending ? resize_.pending->since : pod_.node.context.wallNow();
    resize_.pending = ResizeCondition{"Deferred", why, generation, since};
    pod_.node.ledger.wait(pod_.uid, [this] { pod_.loop.signal(); });
    if (!known) {
      pod_.event("Warning", "ResizeDeferred",
                 concat("Pod resize Deferred: ", resizeSummary(wished->getSpec(), generation, why)));
    }
    return;
  }
  resize_.granted = wished;
  resize_.pending.reset();
  resize_.inProgress = ResizeCondition{"", "", generation, pod_.node.context.wallNow()};
  pod_.loop.retryNow(kResizeKey);
  pod_.node.ledger.stopWaiting(pod_.uid);
  pod_.node.ledger.grant(pod_.uid, grantOf(wished->getSpec()));
  pod_.event("Normal", "ResizeStarted",
             concat("Pod resize started: ", resizeSummary(wished->getSpec(), generation, {})));
}

// The containers that do not have what is granted, those first that are to have less memory; those that have to be
// restarted for it are only marked.
std::vector<PodResizer::Resize> PodResizer::dueResizes() {
  std::vector<Resize> due;
  auto seen = pod_.runtime();
  for (const auto& container : containersOf(resize_.granted->getSpec())) {
    const RuntimeContainer* running = seen->newest(container.name());
    if (running == nullptr || !running->running()) continue;
    // One that ran before this agent has what the status says.
    auto [had, isNew] = resize_.broughtAbout.try_emplace(running->id);
    if (isNew) had->second = withReported(pod_.pod(), ReportedResources::actual);
    auto before = findContainer(had->second->getSpec(), container.name());
    auto progress = pod_.progress.find(running->id);
    if (progress != pod_.progress.end()) progress->second.resizeRestart = false;
    if (!before || sameResources(container.spec.getResources(), before->spec.getResources())) continue;
    ResourceAmount limits[] = {limitsOf(before->spec.getResources()), limitsOf(container.spec.getResources())};
    bool restart = resizeRestarts(container.spec, before->spec.getResources());
    if (restart) pod_.progress[running->id].resizeRestart = true;
    bool shrinks = limits[1].memoryBytes && (!limits[0].memoryBytes || *limits[1].memoryBytes < *limits[0].memoryBytes);
    due.push_back({container, running->id, restart, shrinks});
  }
  std::erase_if(resize_.broughtAbout, [&](const auto& item) { return seen->byId(item.first) == nullptr; });
  std::stable_sort(due.begin(), due.end(), [](const Resize& a, const Resize& b) { return a.shrinks > b.shrinks; });
  return due;
}

Task<void> PodResizer::bringAbout() {
  std::vector<Resize> due = dueResizes();
  Object<core_v1::Pod> granted = resize_.granted;
  bool podDiffers = !sameResources(granted->getSpec(), resize_.cgroup->getSpec());
  if (!due.empty() || podDiffers) {
    if (pod_.loop.tooEarly(kResizeKey)) co_return;
    Result<void> done = co_await resizeAll(due, granted);
    if (!done) {
      failed(done.error().message);
      co_return;
    }
  }
  pod_.loop.succeeded(kResizeKey);
  bool waits = std::any_of(due.begin(), due.end(), [](const Resize& each) { return each.restart; });
  if (waits || !resize_.inProgress) co_return;
  int64_t generation = resize_.inProgress->generation;
  resize_.inProgress.reset();
  pod_.event("Normal", "ResizeCompleted",
             concat("Pod resize completed: ", resizeSummary(granted->getSpec(), generation, {})));
}

// The pod as a whole grows before its containers do, and shrinks after them.
Task<Result<void>> PodResizer::resizeAll(std::vector<Resize> due, Object<core_v1::Pod> granted) {
  CLEAT_CO_TRY(co_await checkUsage(due));
  auto seen = pod_.runtime();
  const RuntimeSandbox* sandbox = seen->newestSandbox();
  if (sandbox == nullptr || !sandbox->ready) co_return Result<void>();
  PodLimits now = podLimitsOf(resize_.cgroup->getSpec());
  PodLimits wanted = podLimitsOf(granted->getSpec());
  Result<void> limited = co_await limitPod(sandbox->id, largerOf(now, wanted));
  if (!limited) co_return limited;
  bool waits = false;
  for (const auto& each : due) {
    waits = waits || each.restart;
    if (each.restart) continue;
    std::function<void(role::Resources::Builder)> build = [&](role::Resources::Builder resources) {
      setContainerResources(granted->getSpec(), each.container, pod_.node.machine.memoryBytes, resources);
      setUnlimited(resources);
    };
    CLEAT_CO_TRY(co_await pod_.node.runtime.updateContainer(each.id, build));
    resize_.broughtAbout[each.id] = granted;
  }
  if (waits) co_return Result<void>();
  limited = co_await limitPod(sandbox->id, wanted);
  if (limited) resize_.cgroup = granted;
  co_return limited;
}

Task<Result<void>> PodResizer::limitPod(std::string sandboxId, PodLimits limits) {
  std::function<void(role::Resources::Builder)> build = [&](role::Resources::Builder resources) {
    write(resources, limits);
    setUnlimited(resources);
  };
  co_return co_await pod_.node.runtime.updateSandbox(sandboxId, build);
}

// A memory limit below what is used would have the kernel kill.
Task<Result<void>> PodResizer::checkUsage(std::vector<Resize> due) {
  std::erase_if(due, [](const Resize& each) { return !each.shrinks || each.restart; });
  if (due.empty()) co_return Result<void>();
  auto stats = co_await pod_.node.runtime.stats();
  if (!stats) {
    co_return fail(Status::internal(concat("unable to read memory usage for pod \"", describe(*pod_.pod()), "\"")));
  }
  for (const auto& each : due) {
    int64_t limit = limitsOf(each.container.spec.getResources()).memoryBytes.value_or(0);
    for (auto container : (*stats)->getContainers()) {
      if (view(container.getContainerId()) != each.id) continue;
      if (static_cast<int64_t>(container.getMemoryUsageBytes()) < limit) continue;
      co_return fail(
          Status::internal(concat("attempting to set container \"", each.container.name(), "\" memory limit (", limit,
                                  ") below current usage (", container.getMemoryUsageBytes(), ")")));
    }
  }
  co_return Result<void>();
}

void PodResizer::failed(const std::string& why) {
  if (!resize_.inProgress) {
    int64_t generation = pod_.pod()->getMetadata().getGeneration();
    resize_.inProgress = ResizeCondition{"", "", generation, pod_.node.context.wallNow()};
  }
  auto& condition = *resize_.inProgress;
  pod_.loop.retryLater(kResizeKey);
  if (condition.reason == "Error" && condition.message == why) return;
  condition.reason = "Error";
  condition.message = why;
  condition.since = pod_.node.context.wallNow();
  pod_.event("Warning", "ResizeError",
             concat("Pod resize error: ", resizeSummary(resize_.granted->getSpec(), condition.generation, why)));
}

}  // namespace cleat::agent
