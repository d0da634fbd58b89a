#include "runtime_view.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace cleat::agent {
namespace {

using PairList = capnp::List<role::Pair>::Reader;

std::string_view valueOf(PairList pairs, std::string_view key) {
  for (auto pair : pairs) {
    if (view(pair.getKey()) == key) return view(pair.getValue());
  }
  return {};
}

WallTime wall(int64_t nanosecondsSinceEpoch) { return WallTime(Duration(nanosecondsSinceEpoch)); }

RuntimeContainer::State stateOf(role::ContainerState state) {
  switch (state) {
    case role::ContainerState::CREATED: return RuntimeContainer::State::created;
    case role::ContainerState::RUNNING: return RuntimeContainer::State::running;
    case role::ContainerState::EXITED: return RuntimeContainer::State::exited;
    case role::ContainerState::UNKNOWN: break;
  }
  return RuntimeContainer::State::unknown;
}

RuntimeContainer containerFrom(role::Container::Reader from) {
  RuntimeContainer container;
  container.id = str(from.getId());
  container.sandboxId = str(from.getSandboxId());
  container.name = str(from.getName());
  container.podUid = str(valueOf(from.getLabels(), kPodUidLabel));
  container.attempt = from.getAttempt();
  container.state = stateOf(from.getState());
  container.pid = from.getPid();
  container.createdAt = wall(from.getCreatedAtNs());
  container.startedAt = wall(from.getStartedAtNs());
  container.finishedAt = wall(from.getFinishedAtNs());
  container.exitCode = from.getExitCode();
  container.oomKilled = from.getOomKilled();
  container.message = str(from.getMessage());
  container.image = str(from.getImage());
  container.imageId = str(from.getImageId());
  container.logPath = str(from.getLogPath());
  container.specHash = str(valueOf(from.getAnnotations(), kContainerHash));
  container.terminationMessageFile = str(valueOf(from.getAnnotations(), kTerminationMessageFile));
  container.messageFromLogs = valueOf(from.getAnnotations(), kTerminationMessagePolicy) == "FallbackToLogsOnError";
  if (!from.hasUser()) return container;
  container.uid = from.getUser().getUid();
  container.gid = from.getUser().getGid();
  for (int64_t group : from.getUser().getSupplementalGroups()) container.groups.push_back(group);
  return container;
}

template <class T>
void newestFirst(std::vector<T>& items) {
  std::sort(items.begin(), items.end(),
            [](const T& a, const T& b) { return std::tie(b.attempt, b.createdAt) < std::tie(a.attempt, a.createdAt); });
}

}  // namespace

RuntimeSandbox sandboxFrom(role::Sandbox::Reader from) {
  RuntimeSandbox sandbox;
  sandbox.id = str(from.getId());
  sandbox.podNamespace = str(from.getPodNamespace());
  sandbox.podName = str(from.getPodName());
  sandbox.podUid = str(from.getPodUid());
  sandbox.attempt = from.getAttempt();
  sandbox.ready = from.getReady();
  sandbox.networkNamespace = str(from.getNetworkNamespace());
  sandbox.createdAt = wall(from.getCreatedAtNs());
  for (auto address : from.getAddresses()) sandbox.addresses.push_back(str(address));
  std::string_view grace = valueOf(from.getAnnotations(), kGracePeriod);
  std::from_chars(grace.data(), grace.data() + grace.size(), sandbox.gracePeriodSeconds);
  return sandbox;
}

const RuntimeContainer* RuntimePod::newest(std::string_view name) const {
  for (const auto& container : containers) {
    if (container.name == name) return &container;
  }
  return nullptr;
}

const RuntimeContainer* RuntimePod::previous(std::string_view name) const {
  const RuntimeContainer* newestOne = nullptr;
  for (const auto& container : containers) {
    if (container.name != name) continue;
    if (newestOne != nullptr && container.exited()) return &container;
    newestOne = &container;
  }
  return nullptr;
}

const RuntimeContainer* RuntimePod::byId(std::string_view id) const {
  for (const auto& container : containers) {
    if (container.id == id) return &container;
  }
  return nullptr;
}

bool RuntimePod::anyRunning() const {
  return std::any_of(containers.begin(), containers.end(), [](const auto& container) { return container.running(); });
}

RuntimePods groupByPod(role::ListSandboxesResults::Reader sandboxes, role::ListContainersResults::Reader containers) {
  std::map<std::string, std::shared_ptr<RuntimePod>> pods;
  auto podOf = [&](const std::string& uid) -> RuntimePod& {
    auto& pod = pods[uid];
    if (!pod) pod = std::make_shared<RuntimePod>();
    return *pod;
  };
  std::map<std::string, std::string> uidBySandbox;
  for (auto listed : sandboxes.getSandboxes()) {
    RuntimeSandbox sandbox = sandboxFrom(listed);
    uidBySandbox[sandbox.id] = sandbox.podUid;
    podOf(sandbox.podUid).sandboxes.push_back(std::move(sandbox));
  }
  for (auto listed : containers.getContainers()) {
    RuntimeContainer container = containerFrom(listed);
    auto uid = uidBySandbox.find(container.sandboxId);
    if (uid != uidBySandbox.end()) container.podUid = uid->second;
    podOf(container.podUid).containers.push_back(std::move(container));
  }
  RuntimePods grouped;
  for (auto& [uid, pod] : pods) {
    newestFirst(pod->sandboxes);
    newestFirst(pod->containers);
    grouped.emplace(uid, std::move(pod));
  }
  return grouped;
}

}  // namespace cleat::agent
