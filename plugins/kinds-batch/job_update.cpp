// What of a job may change. While it is suspended and nothing of it runs, where its pods may run and what they need may
// be decided anew.
#include <capnp/message.h>
#include <cleat/sdk/meta.h>

#include "kinds-batch/batch_kinds.h"

namespace cleat::kinds::batch {

namespace {

bool sameText(bool hasA, capnp::Text::Reader a, bool hasB, capnp::Text::Reader b) {
  return hasA == hasB && view(a) == view(b);
}
template <class Box>
bool sameBox(Box a, Box b) {
  return isSet(a) == isSet(b) && a.getValue() == b.getValue();
}

// Nothing of the job runs, and it has never been started or was stopped again.
bool isAtRest(batch_v1::Job::Reader job) {
  const bool stopped = !job.getStatus().hasStartTime() || hasCondition(job, "Suspended");
  return valueOr(job.getSpec().getSuspend(), false) && stopped && job.getStatus().getActive() == 0;
}

template <class Containers>
void dropResources(Containers containers) {
  for (auto container : containers) container.disownResources();
}

// What is left of a pod's specification without what may be decided anew. What is dropped leaves no trace.
class Fixed {
 public:
  explicit Fixed(core_v1::PodSpec::Reader pod) {
    message_.setRoot(pod);
    auto spec = message_.getRoot<core_v1::PodSpec>();
    spec.disownNodeSelector();
    spec.disownTolerations();
    spec.disownSchedulingGates();
    if (spec.hasAffinity()) dropNodeAffinity(spec);
    dropResources(spec.getContainers());
    if (spec.hasInitContainers()) dropResources(spec.getInitContainers());
  }
  core_v1::PodSpec::Reader reader() { return message_.getRoot<core_v1::PodSpec>().asReader(); }

 private:
  static void dropNodeAffinity(core_v1::PodSpec::Builder spec) {
    auto affinity = spec.getAffinity();
    affinity.disownNodeAffinity();
    if (!affinity.hasPodAffinity() && !affinity.hasPodAntiAffinity()) spec.disownAffinity();
  }

  capnp::MallocMessageBuilder message_;
};

void checkTemplateUpdate(batch_v1::Job::Reader job, batch_v1::Job::Reader old, const Path& path, Findings& findings) {
  auto now = job.getSpec().getTemplate(), before = old.getSpec().getTemplate();
  if (sameStruct(now, before)) return;
  if (!isAtRest(old)) {
    unfit(findings, path / "template", kImmutable);
    return;
  }
  Fixed pod(now.getSpec()), podBefore(before.getSpec());
  if (!sameStruct(pod.reader(), podBefore.reader())) unfit(findings, path / "template.spec", kImmutable);
}

void checkCompletionsUpdate(batch_v1::JobSpec::Reader spec, batch_v1::JobSpec::Reader old, const Path& path,
                            Findings& findings) {
  auto completions = spec.getCompletions();
  if (sameBox(completions, old.getCompletions())) return;
  Shown shown = isSet(completions) ? Shown(completions.getValue()) : Shown::null();
  if (!isIndexed(spec)) {
    findings.invalid(path / "completions", shown, kImmutable);
  } else if (isSet(completions) && completions.getValue() != valueOr(spec.getParallelism(), 0)) {
    findings.invalid(path / "completions", shown, "can only be modified in tandem with spec.parallelism");
  }
}

Shown shownText(bool present, capnp::Text::Reader text) { return present ? Shown(text) : Shown::null(); }

}  // namespace

void checkJobUpdate(batch_v1::Job::Reader job, batch_v1::Job::Reader oldJob, Findings& findings) {
  auto now = job.getSpec(), old = oldJob.getSpec();
  const Path path("spec");
  checkCompletionsUpdate(now, old, path, findings);
  if (!sameStruct(now.getSelector(), old.getSelector())) {
    findings.invalid(path / "selector", now.hasSelector() ? shownSelector(now.getSelector()) : Shown::null(),
                     kImmutable);
  }
  checkTemplateUpdate(job, oldJob, path, findings);
  if (!sameText(now.hasCompletionMode(), now.getCompletionMode(), old.hasCompletionMode(), old.getCompletionMode())) {
    findings.invalid(path / "completionMode", shownText(now.hasCompletionMode(), now.getCompletionMode()), kImmutable);
  }
  if (!sameStruct(now.getPodFailurePolicy(), old.getPodFailurePolicy())) {
    findings.invalid(path / "podFailurePolicy", shownPodFailurePolicy(now), kImmutable);
  }
  if (!sameBox(now.getBackoffLimitPerIndex(), old.getBackoffLimitPerIndex())) {
    auto limit = now.getBackoffLimitPerIndex();
    findings.invalid(path / "backoffLimitPerIndex", isSet(limit) ? Shown(limit.getValue()) : Shown::null(), kImmutable);
  }
  if (!sameText(now.hasManagedBy(), now.getManagedBy(), old.hasManagedBy(), old.getManagedBy())) {
    findings.invalid(path / "managedBy", shownText(now.hasManagedBy(), now.getManagedBy()), kImmutable);
  }
  if (!sameStruct(now.getSuccessPolicy(), old.getSuccessPolicy())) {
    findings.invalid(path / "successPolicy", shownSuccessPolicy(now), kImmutable);
  }
}

}  // namespace cleat::kinds::batch
