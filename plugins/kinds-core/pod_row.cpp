// The row of a pod in `kubectl get`: the STATUS column tells in one word what people want to know first, and is made
// out of the phase, the containers' states and the conditions.
#include <cleat/sdk/meta.h>

#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

using ContainerStatuses = capnp::List<core_v1::ContainerStatus>::Reader;

// How often containers were restarted, and when one last was.
struct Restarts {
  int64_t count = 0;
  std::optional<WallTime> last;
  std::string_view lastText;

  void add(core_v1::ContainerStatus::Reader status) {
    count += status.getRestartCount();
    auto finished = status.getLastState().getTerminated().getFinishedAt();
    auto time = parseTime(finished);
    if (time && (!last || *last < *time)) {
      last = time;
      lastText = view(finished);
    }
  }
};

struct Summary {
  std::string reason;
  int64_t ready = 0, total = 0;
  Restarts restarts;
};

std::string terminatedReason(core_v1::ContainerStateTerminated::Reader terminated) {
  if (terminated.getReason().size() != 0) return str(terminated.getReason());
  if (terminated.getSignal() != 0) return concat("Signal:", terminated.getSignal());
  return concat("ExitCode:", terminated.getExitCode());
}

// A sidecar: an init container that is restarted always and runs beside the others.
bool isSidecar(core_v1::Pod::Reader pod, std::string_view name) {
  for (auto container : pod.getSpec().getInitContainers()) {
    if (view(container.getName()) == name) return view(container.getRestartPolicy()) == "Always";
  }
  return false;
}

std::string initialReason(core_v1::Pod::Reader pod) {
  auto status = pod.getStatus();
  if (auto scheduled = findCondition(status.getConditions(), "PodScheduled");
      scheduled && view(scheduled->getReason()) == "SchedulingGated") {
    return "SchedulingGated";
  }
  return str(status.getReason().size() != 0 ? status.getReason() : status.getPhase());
}

// What an init container that holds up the pod makes of the reason; empty when it holds up nothing.
std::string initReason(core_v1::Pod::Reader pod, core_v1::ContainerStatus::Reader status, uint32_t index,
                       Summary& summary) {
  auto state = status.getState();
  if (state.hasTerminated() && state.getTerminated().getExitCode() == 0) return {};
  if (isSidecar(pod, view(status.getName())) && valueOr(status.getStarted(), false)) {
    if (status.getReady()) ++summary.ready;
    return {};
  }
  if (state.hasTerminated()) return concat("Init:", terminatedReason(state.getTerminated()));
  std::string_view waiting = view(state.getWaiting().getReason());
  if (state.hasWaiting() && !waiting.empty() && waiting != "PodInitializing") return concat("Init:", waiting);
  return concat("Init:", index, "/", pod.getSpec().getInitContainers().size());
}

// Whether the pod is still initializing. `sidecars` collects the restarts that count once it runs.
bool summarizeInit(core_v1::Pod::Reader pod, Summary& summary, Restarts& sidecars) {
  ContainerStatuses statuses = pod.getStatus().getInitContainerStatuses();
  for (uint32_t i = 0; i < statuses.size(); ++i) {
    summary.restarts.add(statuses[i]);
    if (isSidecar(pod, view(statuses[i].getName()))) sidecars.add(statuses[i]);
    std::string reason = initReason(pod, statuses[i], i, summary);
    if (reason.empty()) continue;
    summary.reason = std::move(reason);
    return true;
  }
  return false;
}

void summarizeContainers(core_v1::Pod::Reader pod, Summary& summary) {
  bool running = false;
  ContainerStatuses statuses = pod.getStatus().getContainerStatuses();
  for (uint32_t i = statuses.size(); i-- > 0;) {
    auto status = statuses[i];
    auto state = status.getState();
    summary.restarts.add(status);
    if (state.hasWaiting() && state.getWaiting().getReason().size() != 0) {
      summary.reason = str(state.getWaiting().getReason());
    } else if (state.hasTerminated()) {
      summary.reason = terminatedReason(state.getTerminated());
    } else if (status.getReady() && state.hasRunning()) {
      running = true;
      ++summary.ready;
    }
  }
  if (summary.reason == "Completed" && running) {
    bool ready = conditionIs(pod.getStatus().getConditions(), "Ready", "True");
    summary.reason = ready ? "Running" : "NotReady";
  }
}

Summary summarize(core_v1::Pod::Reader pod) {
  Summary summary{.reason = initialReason(pod), .total = pod.getSpec().getContainers().size()};
  for (auto container : pod.getSpec().getInitContainers()) {
    if (view(container.getRestartPolicy()) == "Always") ++summary.total;
  }
  Restarts sidecars;
  bool initializing = summarizeInit(pod, summary, sidecars);
  if (!initializing || conditionIs(pod.getStatus().getConditions(), "Initialized", "True")) {
    summary.restarts = sidecars;
    summarizeContainers(pod, summary);
  }
  if (deletionPending(pod.getMetadata())) {
    std::string_view phase = view(pod.getStatus().getPhase());
    if (view(pod.getStatus().getReason()) == "NodeLost") {
      summary.reason = "Unknown";
    } else if (phase != "Succeeded" && phase != "Failed") {
      summary.reason = "Terminating";
    }
  }
  return summary;
}

std::string readinessGates(core_v1::Pod::Reader pod) {
  auto gates = pod.getSpec().getReadinessGates();
  if (gates.size() == 0) return "<none>";
  size_t passed = 0;
  for (auto gate : gates) {
    if (conditionIs(pod.getStatus().getConditions(), view(gate.getConditionType()), "True")) ++passed;
  }
  return concat(passed, "/", gates.size());
}

std::string_view orNone(capnp::Text::Reader text) { return text.size() == 0 ? "<none>" : view(text); }

}  // namespace

void printPod(core_v1::Pod::Reader pod, Cells& cells) {
  Summary summary = summarize(pod);
  std::string restarts = std::to_string(summary.restarts.count);
  if (summary.restarts.count != 0 && summary.restarts.last) {
    restarts = concat(restarts, " (", cells.since(str(summary.restarts.lastText)), " ago)");
  }
  cells.text(pod.getMetadata().getName());
  cells.text(concat(summary.ready, "/", summary.total));
  cells.text(summary.reason);
  cells.text(restarts);
  cells.age(pod.getMetadata().getCreationTimestamp());
  auto ips = pod.getStatus().getPodIPs();
  cells.text(orNone(ips.size() > 0 ? ips[0].getIp() : pod.getStatus().getPodIP()));
  cells.text(orNone(pod.getSpec().getNodeName()));
  cells.text(orNone(pod.getStatus().getNominatedNodeName()));
  cells.text(readinessGates(pod));
}

}  // namespace cleat::kinds::core
