#include "pod/status_builder.h"

#include <capnp/any.h>
#include <capnp/dynamic.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_qos.h>

#include <algorithm>

#include "pod/container_status.h"
#include "pod/resources.h"

namespace cleat::agent {
namespace {

using StatusList = capnp::List<core_v1::ContainerStatus>;

std::optional<core_v1::ContainerStatus::Reader> statusOf(StatusList::Reader statuses, std::string_view name) {
  for (auto status : statuses) {
    if (view(status.getName()) == name) return status;
  }
  return std::nullopt;
}

std::string bracketed(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const auto& name : names) {
    if (out.size() > 1) out += ' ';
    out += name;
  }
  return out + "]";
}

struct Verdict {
  bool holds = false;
  std::string reason, message;
};

std::vector<std::string> unreadyContainers(core_v1::PodSpec::Reader spec, core_v1::PodStatus::Reader status) {
  std::vector<std::string> names;
  for (const auto& container : containersOf(spec)) {
    if (container.role == ContainerRole::init) continue;
    auto statuses =
        container.role == ContainerRole::sidecar ? status.getInitContainerStatuses() : status.getContainerStatuses();
    auto found = statusOf(statuses, container.name());
    if (!found || !found->getReady()) names.emplace_back(container.name());
  }
  return names;
}

Verdict containersReady(core_v1::PodSpec::Reader spec, core_v1::PodStatus::Reader status) {
  if (view(status.getPhase()) == "Succeeded") return {false, "PodCompleted", ""};
  if (view(status.getPhase()) == "Failed") return {false, "PodFailed", ""};
  auto unready = unreadyContainers(spec, status);
  if (unready.empty()) return {true, "", ""};
  return {false, "ContainersNotReady", concat("containers with unready status: ", bracketed(unready))};
}

Verdict podReady(core_v1::Pod::Reader pod, const Verdict& containers) {
  if (!containers.holds) return containers;
  std::vector<std::string> missing;
  for (auto gate : pod.getSpec().getReadinessGates()) {
    if (!conditionIs(pod.getStatus().getConditions(), view(gate.getConditionType()), "True")) {
      missing.push_back(str(gate.getConditionType()));
    }
  }
  if (missing.empty()) return {true, "", ""};
  std::string message;
  for (const auto& gate : missing) {
    if (!message.empty()) message += ", ";
    message += concat("the status of pod readiness gate \"", gate, "\" is not \"True\", but False");
  }
  return {false, "ReadinessGatesNotReady", message};
}

Verdict initialized(core_v1::PodSpec::Reader spec, const StatusFacts& facts, std::string_view phase,
                    bool regularBegan) {
  std::vector<std::string> incomplete;
  for (const auto& container : containersOf(spec)) {
    if (container.role == ContainerRole::regular) break;
    if (regularBegan || hasInitialized(container, facts)) continue;
    incomplete.emplace_back(container.name());
  }
  if (phase == "Succeeded") return {true, "PodCompleted", ""};
  if (incomplete.empty()) return {true, "", ""};
  return {false, "ContainersNotInitialized", concat("containers with incomplete status: ", bracketed(incomplete))};
}

// Fields of a pod's status that are the agent's alone to write, but for the conditions.
constexpr const char* kOwnFields[] = {"hostIP",
                                      "hostIPs",
                                      "podIP",
                                      "podIPs",
                                      "startTime",
                                      "qosClass",
                                      "containerStatuses",
                                      "initContainerStatuses",
                                      "ephemeralContainerStatuses",
                                      "observedGeneration"};
// Those that say how a pod ended, which others may have said first.
constexpr const char* kEndFields[] = {"phase", "reason", "message"};

bool isOurs(std::string_view type) {
  return type == "PodReadyToStartContainers" || type == "Initialized" || type == "Ready" || type == "ContainersReady" ||
         type == "PodScheduled" || type == "PodResizePending" || type == "PodResizeInProgress";
}

void setResizeCondition(core_v1::PodCondition::Builder out, std::string_view type, const ResizeCondition& condition) {
  out.setType(std::string(type));
  out.setStatus("True");
  if (!condition.reason.empty()) out.setReason(condition.reason);
  if (!condition.message.empty()) out.setMessage(condition.message);
  out.setObservedGeneration(condition.generation);
  out.setLastProbeTime(formatTime(condition.since));
  out.setLastTransitionTime(formatTime(condition.since));
}

void setConditions(core_v1::Pod::Reader pod, core_v1::PodStatus::Reader before,
                   const std::vector<std::pair<std::string, Verdict>>& verdicts, const StatusFacts& facts,
                   core_v1::PodStatus::Builder status) {
  std::vector<core_v1::PodCondition::Reader> others;
  for (auto condition : pod.getStatus().getConditions()) {
    if (!isOurs(view(condition.getType()))) others.push_back(condition);
  }
  // They are there as long as they hold.
  std::vector<std::pair<std::string_view, const ResizeCondition*>> resizes;
  if (facts.resize != nullptr && !facts.ended) {
    if (facts.resize->pending) resizes.emplace_back("PodResizePending", &*facts.resize->pending);
    if (facts.resize->inProgress) resizes.emplace_back("PodResizeInProgress", &*facts.resize->inProgress);
  }
  auto conditions = status.initConditions(static_cast<uint32_t>(verdicts.size() + others.size() + resizes.size()));
  uint32_t at = 0;
  for (const auto& [type, condition] : resizes) setResizeCondition(conditions[at++], type, *condition);
  for (const auto& [type, verdict] : verdicts) {
    auto condition = conditions[at++];
    std::string_view value = verdict.holds ? "True" : "False";
    condition.setType(type);
    condition.setStatus(std::string(value));
    if (!verdict.reason.empty()) condition.setReason(verdict.reason);
    if (!verdict.message.empty()) condition.setMessage(verdict.message);
    condition.setObservedGeneration(pod.getMetadata().getGeneration());
    auto old = findCondition(before.getConditions(), type);
    bool same = old && view(old->getStatus()) == value && old->getLastTransitionTime().size() != 0;
    condition.setLastTransitionTime(same ? str(old->getLastTransitionTime()) : formatTime(facts.now));
  }
  for (auto other : others) conditions.setWithCaveats(at++, other);
}

void setAddresses(const StatusFacts& facts, core_v1::PodStatus::Builder status) {
  if (!facts.hostIps.empty()) {
    status.setHostIP(facts.hostIps.front());
    auto list = status.initHostIPs(static_cast<uint32_t>(facts.hostIps.size()));
    for (uint32_t i = 0; i < list.size(); ++i) list[i].setIp(facts.hostIps[i]);
  }
  if (facts.podIps.empty()) return;
  status.setPodIP(facts.podIps.front());
  auto list = status.initPodIPs(static_cast<uint32_t>(facts.podIps.size()));
  for (uint32_t i = 0; i < list.size(); ++i) list[i].setIp(facts.podIps[i]);
}

struct Tally {
  int pendingInit = 0, failedInit = 0, waiting = 0, running = 0, stopped = 0, succeeded = 0;
};

void countInit(const PodContainer& container, std::optional<core_v1::ContainerStatus::Reader> status, Tally& tally) {
  if (!status) {
    ++tally.pendingInit;
    return;
  }
  auto state = status->getState();
  if (container.role == ContainerRole::sidecar) {
    if (state.hasRunning()) {
      if (!status->getStarted().getValue()) ++tally.pendingInit;
    } else if (!state.hasTerminated() && !status->getLastState().hasTerminated()) {
      ++tally.pendingInit;
    }
    return;
  }
  if (state.hasTerminated()) {
    if (state.getTerminated().getExitCode() != 0) ++tally.failedInit;
  } else if (state.hasWaiting() && status->getLastState().hasTerminated()) {
    if (status->getLastState().getTerminated().getExitCode() != 0) ++tally.failedInit;
  } else {
    ++tally.pendingInit;
  }
}

void countRegular(std::optional<core_v1::ContainerStatus::Reader> status, Tally& tally) {
  if (!status) {
    ++tally.waiting;
    return;
  }
  auto state = status->getState();
  if (state.hasRunning()) {
    ++tally.running;
  } else if (state.hasTerminated()) {
    ++tally.stopped;
    if (state.getTerminated().getExitCode() == 0) ++tally.succeeded;
  } else if (status->getLastState().hasTerminated()) {
    ++tally.stopped;
  } else {
    ++tally.waiting;
  }
}

void setContainerStatuses(core_v1::PodSpec::Reader spec, core_v1::PodStatus::Reader before, const StatusFacts& facts,
                          bool podInitialized, core_v1::PodStatus::Builder status) {
  uint32_t initCount = spec.getInitContainers().size();
  if (initCount != 0) status.initInitContainerStatuses(initCount);
  if (spec.getContainers().size() != 0) status.initContainerStatuses(spec.getContainers().size());
  uint32_t index = 0;
  for (const auto& container : containersOf(spec)) {
    bool isInit = index < initCount;
    auto old = statusOf(isInit ? before.getInitContainerStatuses() : before.getContainerStatuses(), container.name());
    auto out = isInit ? status.getInitContainerStatuses()[index] : status.getContainerStatuses()[index - initCount];
    buildContainerStatus(spec, container, old, facts, podInitialized, out);
    ++index;
  }
  auto ephemeral = ephemeralContainersOf(spec);
  if (ephemeral.empty()) return;
  auto statuses = status.initEphemeralContainerStatuses(static_cast<uint32_t>(ephemeral.size()));
  for (uint32_t i = 0; i < statuses.size(); ++i) {
    auto old = statusOf(before.getEphemeralContainerStatuses(), ephemeral[i].name());
    buildContainerStatus(spec, ephemeral[i], old, facts, podInitialized, statuses[i]);
  }
}

}  // namespace

std::string_view phaseOf(core_v1::PodSpec::Reader spec, core_v1::PodStatus::Reader status, bool ended) {
  Tally tally;
  for (const auto& container : containersOf(spec)) {
    if (container.role == ContainerRole::regular) {
      countRegular(statusOf(status.getContainerStatuses(), container.name()), tally);
    } else {
      countInit(container, statusOf(status.getInitContainerStatuses(), container.name()), tally);
    }
  }
  RestartPolicy policy = restartPolicyOf(spec);
  if (tally.failedInit > 0 && policy == RestartPolicy::never) return "Failed";
  bool regularBegan = tally.running + tally.stopped > 0;
  if (tally.pendingInit + tally.failedInit > 0 && !regularBegan) return ended ? "Failed" : "Pending";
  if (tally.waiting > 0) return ended ? "Failed" : "Pending";
  if (tally.running > 0) return "Running";
  if (ended) return tally.stopped == tally.succeeded ? "Succeeded" : "Failed";
  if (policy == RestartPolicy::always) return "Running";
  if (tally.stopped == tally.succeeded) return "Succeeded";
  return policy == RestartPolicy::never ? "Failed" : "Running";
}

void buildStatus(core_v1::Pod::Reader pod, core_v1::PodStatus::Reader before, const StatusFacts& facts,
                 core_v1::PodStatus::Builder status) {
  auto spec = pod.getSpec();
  bool regularBegan = false;
  bool initDone = true;
  for (const auto& container : containersOf(spec)) {
    bool known = facts.runtime.newest(container.name()) != nullptr;
    if (container.role == ContainerRole::regular) {
      regularBegan = regularBegan || known;
    } else {
      initDone = initDone && hasInitialized(container, facts);
    }
  }
  // What was rejected has no containers to tell of, also after the agent has been started again: clients show why it
  // failed instead of what became of them.
  const bool over = isTerminalPhase(view(before.getPhase())) && before.getContainerStatuses().size() == 0;
  if (!facts.rejected && !(over && facts.runtime.containers.empty())) {
    setContainerStatuses(spec, before, facts, initDone || regularBegan, status);
  }

  std::string phase(phaseOf(spec, status.asReader(), facts.ended));
  // A pod that has reached its end stays there, and one that still has processes is not there yet.
  if (facts.failure) phase = "Failed";
  if (isTerminalPhase(view(before.getPhase()))) phase = str(before.getPhase());
  if (isTerminalPhase(phase) && !facts.ended && !isTerminalPhase(view(before.getPhase()))) {
    phase = regularBegan ? "Running" : "Pending";
  }
  status.setPhase(phase);
  if (facts.failure) {
    status.setReason(facts.failure->reason);
    status.setMessage(facts.failure->message);
  } else if (isTerminalPhase(view(before.getPhase()))) {
    if (before.hasReason()) status.setReason(before.getReason());
    if (before.hasMessage()) status.setMessage(before.getMessage());
  }
  setAddresses(facts, status);
  status.setStartTime(before.getStartTime().size() != 0 ? str(before.getStartTime()) : formatTime(facts.now));
  status.setQosClass(std::string(qosClassName(qosClassOf(spec))));
  status.setObservedGeneration(pod.getMetadata().getGeneration());

  const RuntimeSandbox* sandbox = facts.runtime.newestSandbox();
  bool sandboxReady = sandbox != nullptr && sandbox->ready && !facts.podIps.empty();
  Verdict containers = containersReady(spec, status.asReader());
  setConditions(pod, before,
                {{"PodReadyToStartContainers", {sandboxReady, "", ""}},
                 {"Initialized", initialized(spec, facts, phase, regularBegan)},
                 {"Ready", podReady(pod, containers)},
                 {"ContainersReady", containers},
                 {"PodScheduled", {true, "", ""}}},
                facts, status);
}

void putOwnStatus(core_v1::PodStatus::Reader wanted, core_v1::PodStatus::Builder newest) {
  const bool ended = isTerminalPhase(view(newest.asReader().getPhase())) && !isTerminalPhase(view(wanted.getPhase()));
  std::vector<core_v1::PodCondition::Reader> conditions;
  for (auto condition : wanted.getConditions()) {
    if (isOurs(view(condition.getType()))) conditions.push_back(condition);
  }
  for (auto condition : newest.asReader().getConditions()) {
    if (!isOurs(view(condition.getType()))) conditions.push_back(condition);
  }
  newest.adoptConditions(listOf<core_v1::PodCondition>(orphanageOf(newest), conditions));
  capnp::DynamicStruct::Reader from(wanted);
  capnp::DynamicStruct::Builder to(newest);
  auto take = [&](const char* field) { from.has(field) ? to.set(field, from.get(field)) : to.clear(field); };
  std::ranges::for_each(kOwnFields, take);
  if (!ended) std::ranges::for_each(kEndFields, take);
}

bool sameStatus(core_v1::PodStatus::Reader one, core_v1::PodStatus::Reader other) {
  return capnp::AnyStruct::Reader(one) == capnp::AnyStruct::Reader(other);
}

}  // namespace cleat::agent
