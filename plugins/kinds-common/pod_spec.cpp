#include "kinds-common/pod_spec.h"

#include "kinds-common/metadata.h"

namespace cleat::kinds {

void checkPodSpec(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  if (spec.getContainers().size() == 0) findings.required(path / "containers");
}

void checkPodTemplate(core_v1::PodTemplateSpec::Reader pod, const Path& path, Findings& findings) {
  checkLabels(pod.getMetadata().getLabels(), path / "labels", findings);
  checkAnnotations(pod.getMetadata().getAnnotations(), path / "annotations", findings);
  checkPodSpec(pod.getSpec(), path / "spec", findings);
}

}  // namespace cleat::kinds
