// The rules that every kind of workload has.
#include <cleat/sdk/selector.h>

#include "kinds-apps/app_kinds.h"
#include "kinds-common/pod_spec.h"

namespace cleat::kinds::apps {

void checkSelector(meta_v1::LabelSelector::Reader selector, bool present, const Path& path, Findings& findings) {
  if (!present) {
    findings.required(path);
    return;
  }
  checkLabelSelector(selector, path, findings);
  if (isEmptySelector(selector)) {
    findings.invalid(path, shownSelector(selector), "empty selector is invalid for deployment");
  }
}

void checkTemplate(core_v1::PodTemplateSpec::Reader pod, meta_v1::LabelSelector::Reader selector, const Path& path,
                   Findings& findings) {
  auto compiled = LabelSelector::compile(selector);
  if (compiled && !isEmptySelector(selector) && !compiled->matches(pod.getMetadata().getLabels())) {
    findings.invalid(path / "metadata" / "labels", shownMap(pod.getMetadata().getLabels()),
                     "`selector` does not match template `labels`");
  }
  checkPodTemplate(pod, path, findings);
  std::string_view policy = view(pod.getSpec().getRestartPolicy());
  if (policy != "Always") findings.notSupported(path / "spec" / "restartPolicy", policy, {"Always"});
  if (isSet(pod.getSpec().getActiveDeadlineSeconds())) {
    findings.forbidden(path / "spec" / "activeDeadlineSeconds", "activeDeadlineSeconds in ReplicaSet is not Supported");
  }
}

void checkReplicaCounts(int32_t replicas, const Count& updated, const Count& ready, const Count& available,
                        Findings& findings) {
  const Path path("status");
  checkNotNegative(replicas, path / "replicas", findings);
  for (const Count& count : {updated, ready, available}) {
    checkNotNegative(count.value, path / count.field, findings);
    if (count.value > replicas) {
      findings.invalid(path / count.field, count.value, "cannot be greater than status.replicas");
    }
  }
  if (available.value > ready.value) {
    findings.invalid(path / available.field, available.value, "cannot be greater than readyReplicas");
  }
}

void checkNotNegative(int64_t value, const Path& path, Findings& findings) {
  if (value < 0) findings.invalid(path, value, kNotNegative);
}

}  // namespace cleat::kinds::apps
