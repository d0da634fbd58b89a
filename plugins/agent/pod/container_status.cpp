#include "pod/container_status.h"

#include <cleat/sdk/meta.h>

namespace cleat::agent {
namespace {

std::string fullId(const StatusFacts& facts, const std::string& id) { return concat(facts.runtimeName, "://", id); }

std::string_view terminatedReason(const RuntimeContainer& container) {
  if (container.oomKilled) return "OOMKilled";
  if (container.exitCode == 0) return "Completed";
  bool neverStarted = container.startedAt == WallTime{};
  return neverStarted && !container.message.empty() ? "StartError" : "Error";
}

void setTerminated(const RuntimeContainer& container, const StatusFacts& facts,
                   core_v1::ContainerStateTerminated::Builder terminated) {
  terminated.setExitCode(container.exitCode);
  terminated.setReason(std::string(terminatedReason(container)));
  auto message = facts.lastMessages.find(container.id);
  if (message != facts.lastMessages.end() && !message->second.empty()) {
    terminated.setMessage(message->second);
  } else if (!container.message.empty()) {
    terminated.setMessage(container.message);
  }
  WallTime started = container.startedAt == WallTime{} ? container.createdAt : container.startedAt;
  terminated.setStartedAt(formatTime(started));
  terminated.setFinishedAt(formatTime(container.finishedAt == WallTime{} ? started : container.finishedAt));
  terminated.setContainerID(fullId(facts, container.id));
}

void setWaiting(core_v1::ContainerState::Builder state, std::string_view reason, std::string_view message) {
  auto waiting = state.initWaiting();
  waiting.setReason(std::string(reason));
  if (!message.empty()) waiting.setMessage(std::string(message));
}

// A container that the runtime does not know, though it has run: its records were lost.
void buildLost(core_v1::ContainerStatus::Reader before, const StatusFacts& facts, std::string_view waitingReason,
               core_v1::ContainerStatus::Builder status) {
  status.setRestartCount(before.getRestartCount());
  auto old = before.getState();
  if (old.hasTerminated()) {
    if (facts.ended) {
      status.setState(old);
      status.setContainerID(before.getContainerID());
      status.setImageID(before.getImageID());
      return;
    }
    status.initLastState().setTerminated(old.getTerminated());
  } else if (before.hasLastState()) {
    status.setLastState(before.getLastState());
  }
  if (old.hasRunning() || (facts.ended && !old.hasTerminated())) {
    auto terminated = facts.ended ? status.initState().initTerminated() : status.initLastState().initTerminated();
    terminated.setExitCode(137);
    terminated.setReason("ContainerStatusUnknown");
    terminated.setMessage("The container could not be located when the pod was terminated");
    if (old.hasRunning()) terminated.setStartedAt(old.getRunning().getStartedAt());
    if (facts.ended) return;
  }
  setWaiting(status.initState(), waitingReason, {});
}

const ContainerProgress* progressOf(const RuntimeContainer& container, const StatusFacts& facts) {
  auto found = facts.progress.find(container.id);
  return found == facts.progress.end() ? nullptr : &found->second;
}

bool isStarted(const RuntimeContainer& container, const StatusFacts& facts) {
  const ContainerProgress* progress = progressOf(container, facts);
  return progress != nullptr && progress->started();
}

void buildKnown(core_v1::PodSpec::Reader pod, const PodContainer& container, const RuntimeContainer& newest,
                const StatusFacts& facts, std::string_view waitingReason, core_v1::ContainerStatus::Builder status) {
  status.setRestartCount(static_cast<int32_t>(newest.attempt));
  status.setContainerID(fullId(facts, newest.id));
  status.setImageID(newest.imageId);
  const RuntimeContainer* previous = facts.runtime.previous(container.name());
  if (previous != nullptr) setTerminated(*previous, facts, status.initLastState().initTerminated());
  auto waiting = facts.waiting.find(container.name());
  bool waits = waiting != facts.waiting.end();
  switch (newest.state) {
    case RuntimeContainer::State::running:
      if (auto progress = progressOf(newest, facts); progress != nullptr && progress->hookPending) break;
      status.initState().initRunning().setStartedAt(formatTime(newest.startedAt));
      return;
    case RuntimeContainer::State::exited: {
      const ContainerProgress* progress = progressOf(newest, facts);
      if (progress != nullptr && progress->resizeRestart && !facts.ended) {
        setTerminated(newest, facts, status.initLastState().initTerminated());
        break;
      }
      bool again = !facts.ended && shouldRestart(pod, container, newest.exitCode);
      if (again && waits) {
        setTerminated(newest, facts, status.initLastState().initTerminated());
        setWaiting(status.initState(), waiting->second.reason, waiting->second.message);
      } else {
        setTerminated(newest, facts, status.initState().initTerminated());
      }
      return;
    }
    case RuntimeContainer::State::created:
    case RuntimeContainer::State::unknown: break;
  }
  setWaiting(status.initState(), waits ? std::string_view(waiting->second.reason) : waitingReason,
             waits ? std::string_view(waiting->second.message) : std::string_view());
}

bool isReady(const PodContainer& container, const RuntimeContainer* newest, core_v1::ContainerStatus::Reader status,
             const StatusFacts& facts) {
  if (container.role == ContainerRole::init) {
    return status.getState().hasTerminated() && status.getState().getTerminated().getExitCode() == 0;
  }
  if (newest == nullptr || !status.getState().hasRunning() || !isStarted(*newest, facts)) return false;
  return !progressOf(*newest, facts)->unready;
}

void setMounts(core_v1::Container::Reader spec, bool canBeRecursive, core_v1::ContainerStatus::Builder status) {
  if (spec.getVolumeMounts().size() == 0) return;
  auto mounts = status.initVolumeMounts(spec.getVolumeMounts().size());
  for (uint32_t i = 0; i < mounts.size(); ++i) {
    auto mount = spec.getVolumeMounts()[i];
    mounts[i].setName(mount.getName());
    mounts[i].setMountPath(mount.getMountPath());
    mounts[i].setReadOnly(mount.getReadOnly());
    if (!mount.getReadOnly()) continue;
    // What it came to: "IfPossible" is an answer to nobody.
    std::string_view wanted = view(mount.getRecursiveReadOnly());
    bool recursive = wanted == "Enabled" || (wanted == "IfPossible" && canBeRecursive);
    mounts[i].setRecursiveReadOnly(recursive ? "Enabled" : "Disabled");
  }
}

void setUser(const RuntimeContainer& container, core_v1::ContainerStatus::Builder status) {
  if (container.uid < 0) return;
  auto user = status.initUser().initLinux();
  user.setUid(container.uid);
  user.setGid(container.gid);
  // With its own group in front, as the kernel lists them.
  auto groups = user.initSupplementalGroups(static_cast<uint32_t>(container.groups.size() + 1));
  groups.set(0, container.gid);
  for (uint32_t i = 1; i < groups.size(); ++i) groups.set(i, container.groups[i - 1]);
}

// What it has, and what it has been granted; one that does not run has the latter.
void setResources(const PodContainer& container, const RuntimeContainer& newest, const StatusFacts& facts,
                  core_v1::ContainerStatus::Builder status) {
  auto granted = container.spec.getResources();
  auto actual = granted;
  if (facts.resize != nullptr && newest.running()) {
    auto found = facts.resize->broughtAbout.find(newest.id);
    auto had = found == facts.resize->broughtAbout.end() ? std::nullopt
                                                         : findContainer(found->second->getSpec(), container.name());
    if (had) actual = had->spec.getResources();
  }
  auto resources = status.initResources();
  if (actual.hasLimits()) resources.setLimits(actual.getLimits());
  if (actual.hasRequests()) resources.setRequests(actual.getRequests());
  if (granted.hasRequests()) status.setAllocatedResources(granted.getRequests());
}

// What was said last stays when the devices have been given back.
void setDevices(const PodContainer& container, std::optional<core_v1::ContainerStatus::Reader> before,
                const StatusFacts& facts, core_v1::ContainerStatus::Builder status) {
  auto found = facts.devices.find(container.name());
  if (found == facts.devices.end() || found->second.empty()) {
    auto said = before ? before->getAllocatedResourcesStatus() : decltype(before->getAllocatedResourcesStatus())();
    if (said.size() > 0) status.setAllocatedResourcesStatus(said);
    return;
  }
  auto list = status.initAllocatedResourcesStatus(static_cast<uint32_t>(found->second.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    const ResourceDevices& resource = found->second[i];
    list[i].setName(resource.name);
    auto devices = list[i].initResources(static_cast<uint32_t>(resource.devices.size()));
    for (uint32_t j = 0; j < devices.size(); ++j) {
      devices[j].setResourceID(resource.devices[j].id);
      devices[j].setHealth(resource.devices[j].health);
      if (!resource.devices[j].message.empty()) devices[j].setMessage(resource.devices[j].message);
    }
  }
}

}  // namespace

void buildContainerStatus(core_v1::PodSpec::Reader pod, const PodContainer& container,
                          std::optional<core_v1::ContainerStatus::Reader> before, const StatusFacts& facts,
                          bool podInitialized, core_v1::ContainerStatus::Builder status) {
  status.setName(container.spec.getName());
  status.setImage(container.spec.getImage());
  const RuntimeContainer* newest = facts.runtime.newest(container.name());
  bool hasInit = pod.getInitContainers().size() != 0;
  bool initializing = hasInit && (container.role != ContainerRole::regular || !podInitialized);
  std::string_view waitingReason = initializing ? "PodInitializing" : "ContainerCreating";
  if (newest != nullptr) {
    buildKnown(pod, container, *newest, facts, waitingReason, status);
  } else if (auto waiting = facts.waiting.find(container.name()); waiting != facts.waiting.end()) {
    if (before) status.setRestartCount(before->getRestartCount());
    if (before && before->hasLastState()) status.setLastState(before->getLastState());
    setWaiting(status.initState(), waiting->second.reason, waiting->second.message);
  } else if (before && (before->getState().hasRunning() || before->getState().hasTerminated() ||
                        (facts.ended && !initializing))) {
    buildLost(*before, facts, waitingReason, status);
  } else {
    setWaiting(status.initState(), waitingReason, {});
  }
  // Nobody asks an ephemeral one whether it is ready.
  if (container.role != ContainerRole::ephemeral) {
    status.setReady(isReady(container, newest, status.asReader(), facts));
    bool started = newest != nullptr && status.asReader().getState().hasRunning() && isStarted(*newest, facts);
    status.initStarted().setValue(started);
  }
  setMounts(container.spec, facts.recursiveReadOnly, status);
  setDevices(container, before, facts, status);
  if (newest != nullptr) setUser(*newest, status);
  if (newest != nullptr && container.role != ContainerRole::ephemeral) setResources(container, *newest, facts, status);
}

bool hasInitialized(const PodContainer& container, const StatusFacts& facts) {
  const RuntimeContainer* newest = facts.runtime.newest(container.name());
  if (newest == nullptr) return false;
  if (container.role == ContainerRole::sidecar) return newest->running() && isStarted(*newest, facts);
  return newest->exited() && newest->exitCode == 0;
}

}  // namespace cleat::agent
