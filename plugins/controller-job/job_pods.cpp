#include "job_pods.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/pod_template.h>

#include <algorithm>

namespace cleat::job {

namespace {

constexpr const char* kFailures = "batch.kubernetes.io/job-index-failure-count";
constexpr const char* kIgnoredFailures = "batch.kubernetes.io/job-index-ignored-failure-count";
constexpr const char* kIndexVariable = "JOB_COMPLETION_INDEX";
// What is left of a name for the letters that are generated.
constexpr size_t kLongestPrefix = 58;

int64_t numberIn(const Object<Pod>& pod, const char* key) {
  return parseInteger<int64_t>(annotation(pod.meta(), key).value_or("")).value_or(0);
}

// A pod without a node never ends by itself.
bool countsAsFailed(const Object<Job>& job, const Object<Pod>& pod, bool dismissed) {
  if (view(pod->getStatus().getPhase()) == "Failed") return true;
  if (!isTerminating(pod) || dismissed) return false;
  return !replacesOnlyFailed(job) || pod->getSpec().getNodeName().size() == 0;
}

std::optional<WallTime> lastEnd(const Object<Pod>& pod) {
  std::optional<WallTime> last;
  for (auto status : pod->getStatus().getContainerStatuses()) {
    if (!status.getState().hasTerminated()) return std::nullopt;
    last = std::max(last, parseTime(status.getState().getTerminated().getFinishedAt()));
  }
  return last;
}

bool hasIndexVariable(core_v1::Container::Reader container) {
  for (auto variable : container.getEnv()) {
    if (view(variable.getName()) == kIndexVariable) return true;
  }
  return false;
}

template <class Containers>
void addIndexVariable(Containers containers) {
  for (auto container : containers) {
    const uint32_t count = container.asReader().getEnv().size();
    if (hasIndexVariable(container.asReader())) continue;
    container.adoptEnv(extended<core_v1::EnvVar>(container.disownEnv(), orphanageOf(container), 1));
    auto variable = container.getEnv()[count];
    variable.setName(kIndexVariable);
    variable.initValueFrom().initFieldRef().setFieldPath(concat("metadata.labels['", kIndex, "']"));
  }
}

std::string namePrefix(std::string_view job, int64_t index) {
  const std::string end = concat("-", index, "-");
  return concat(job.substr(0, kLongestPrefix - end.size()), end);
}

}  // namespace

bool isIndexed(const Object<Job>& job) { return view(job->getSpec().getCompletionMode()) == "Indexed"; }

bool countsPerIndex(const Object<Job>& job) { return job->getSpec().hasBackoffLimitPerIndex(); }

bool replacesOnlyFailed(const Object<Job>& job) {
  auto spec = job->getSpec();
  return view(spec.getPodReplacementPolicy()) == "Failed" || spec.hasPodFailurePolicy();
}

JobPod describe(const Object<Job>& job, const Object<Pod>& pod, Shown shown) {
  JobPod known{.pod = pod};
  known.tracked = shown.tracked && hasFinalizer(pod.meta(), kFinalizer);
  known.leaving = shown.deleting || deletionPending(pod.meta());
  known.ended = isTerminal(pod);
  known.succeeded = view(pod->getStatus().getPhase()) == "Succeeded";
  known.failed = countsAsFailed(job, pod, shown.dismissed);
  if (isIndexed(job)) {
    auto index = parseInteger<int64_t>(annotation(pod.meta(), kIndex).value_or(""));
    if (index && *index >= 0 && *index < job->getSpec().getCompletions().getValue()) known.index = index;
  }
  return known;
}

WallTime endOf(const Object<Pod>& pod) {
  std::optional<WallTime> end = lastEnd(pod);
  if (!end && deletionPending(pod.meta())) {
    // It says until when its containers have time.
    auto until = parseTime(pod.meta().getDeletionTimestamp());
    if (until) end = *until - std::chrono::seconds(valueOr(pod.meta().getDeletionGracePeriodSeconds(), 0));
  }
  if (!end) {
    auto ready = findCondition(pod->getStatus().getConditions(), "Ready");
    if (ready) end = parseTime(ready->getLastTransitionTime());
  }
  if (!end) end = parseTime(pod.meta().getCreationTimestamp());
  return end.value_or(WallTime());
}

IndexFailures failuresBefore(const Object<Pod>& pod) {
  return {numberIn(pod, kFailures), numberIn(pod, kIgnoredFailures)};
}

Draft<Pod> podFor(const Object<Job>& job, const WantedPod& wanted) {
  Draft<Pod> pod = podFromTemplate(job);
  addFinalizer(pod.meta(), kFinalizer);
  if (!wanted.index) return pod;
  const std::string index = std::to_string(*wanted.index);
  pod.meta().setGenerateName(namePrefix(job.name(), *wanted.index));
  setAnnotation(pod.meta(), kIndex, index);
  setLabel(pod.meta(), kIndex, index);
  auto spec = pod->getSpec();
  spec.setHostname(concat(job.name(), "-", index));
  if (spec.hasInitContainers()) addIndexVariable(spec.getInitContainers());
  addIndexVariable(spec.getContainers());
  if (!countsPerIndex(job)) return pod;
  setAnnotation(pod.meta(), kFailures, std::to_string(wanted.failures.counted));
  if (wanted.failures.ignored > 0) {
    setAnnotation(pod.meta(), kIgnoredFailures, std::to_string(wanted.failures.ignored));
  }
  return pod;
}

}  // namespace cleat::job
