#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <limits>

#include "kinds-batch/batch_kinds.h"
#include "kinds-common/alpha_fields.h"
#include "kinds-common/pod_defaults.h"

namespace cleat::kinds::batch {

namespace {

constexpr int32_t kBackoffLimit = 6;

void setCounts(batch_v1::JobSpec::Builder spec) {
  if (!spec.hasCompletions() && !spec.hasParallelism()) spec.initCompletions().setValue(1);
  if (!spec.hasParallelism()) spec.initParallelism().setValue(1);
  if (!spec.hasBackoffLimit()) {
    // Where each index has a limit of its own, there is none for all of them together.
    const bool perIndex = spec.hasBackoffLimitPerIndex();
    spec.initBackoffLimit().setValue(perIndex ? std::numeric_limits<int32_t>::max() : kBackoffLimit);
  }
}

void addLabel(core_v1::PodTemplateSpec::Builder pod, const char* key, std::string_view value) {
  // A label that is there already stays; if it is a wrong one, the rules say so.
  if (!label(pod.asReader().getMetadata(), key)) setLabel(pod.getMetadata(), key, value);
}

// A job without labels has those of its pods.
void takePodLabels(batch_v1::Job::Builder job) {
  auto labels = job.asReader().getSpec().getTemplate().getMetadata().getLabels();
  if (labels.size() > 0 && job.getMetadata().getLabels().size() == 0) job.getMetadata().setLabels(labels);
}

void setPodLabels(batch_v1::Job::Builder job) {
  const std::string name = str(job.getMetadata().getName().asReader());
  const std::string uid = str(job.getMetadata().getUid().asReader());
  auto spec = job.getSpec();
  for (const char* key : kJobNameLabels) addLabel(spec.getTemplate(), key, name);
  for (const char* key : kJobUidLabels) addLabel(spec.getTemplate(), key, uid);
  auto selector = spec.getSelector();
  const char* key = kJobUidLabels[1];
  if (lookup(selector.asReader().getMatchLabels(), key)) return;
  selector.adoptMatchLabels(withEntry(selector.asReader().getMatchLabels(), orphanageOf(selector), key, uid));
}

}  // namespace

void setJobSpecDefaults(batch_v1::JobSpec::Builder spec, batch_v1::JobSpec::Reader old) {
  setPodSpecDefaults(spec.getTemplate().getSpec());
  dropAlphaFields(spec.getTemplate().getSpec(), old.getTemplate().getSpec());
  // How pods are scheduled as a group is alpha in Kubernetes, where it is dropped as well.
  spec.disownScheduling();
  if (!spec.hasPodFailurePolicy()) return;
  for (auto rule : spec.getPodFailurePolicy().getRules()) {
    for (auto pattern : rule.getOnPodConditions()) {
      if (pattern.getStatus().size() == 0) pattern.setStatus("True");
    }
  }
}

void setJobDefaults(batch_v1::Job::Builder job, const Change<batch_v1::Job>& change) {
  if (change.isDelete()) return;
  auto spec = job.getSpec();
  setJobSpecDefaults(spec, change.old ? change.old->getSpec() : batch_v1::JobSpec::Reader());
  setCounts(spec);
  // A new one waits for the labels that its pods get (generateSelector).
  if (!change.isCreate()) takePodLabels(job);
  if (!spec.hasCompletionMode()) spec.setCompletionMode("NonIndexed");
  if (!spec.hasSuspend()) spec.initSuspend().setValue(false);
  if (!spec.hasPodReplacementPolicy()) {
    spec.setPodReplacementPolicy(spec.hasPodFailurePolicy() ? "Failed" : "TerminatingOrFailed");
  }
  if (!spec.hasManualSelector()) spec.initManualSelector().setValue(false);
}

void generateSelector(batch_v1::Job::Builder job) {
  // While others change a new one, it has no uid yet.
  if (job.getMetadata().getUid().size() == 0) return;
  if (!job.getSpec().getManualSelector().getValue()) setPodLabels(job);
  takePodLabels(job);
}

}  // namespace cleat::kinds::batch
