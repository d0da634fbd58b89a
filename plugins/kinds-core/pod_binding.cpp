#include "kinds-core/pod_binding.h"

#include <cleat/sdk/meta.h>

#include "kinds-common/findings.h"

namespace cleat::kinds::core {

namespace {

Result<void> checkBinding(core_v1::Binding::Reader binding) {
  Findings findings;
  std::string_view kind = view(binding.getTarget().getKind());
  const Path target("target");
  if (!kind.empty() && kind != "Node") findings.notSupported(target / "kind", kind, {"Node", "<empty>"});
  if (binding.getTarget().getName().size() == 0) findings.required(target / "name");
  if (findings.empty()) return {};
  return fail(Status::invalid("Binding", view(binding.getMetadata().getName()), findings.causes()));
}

std::string obstacle(const Object<core_v1::Pod>& pod) {
  if (deletionPending(pod.meta())) {
    return concat("pod ", pod.name(), " is being deleted, cannot be assigned to a host");
  }
  std::string_view node = view(pod->getSpec().getNodeName());
  if (!node.empty()) return concat("pod ", pod.name(), " is already assigned to node \"", node, "\"");
  if (pod->getSpec().getSchedulingGates().size() > 0) {
    return concat("pod ", pod.name(), " has non-empty .spec.schedulingGates");
  }
  return {};
}

}  // namespace

Result<Object<core_v1::Pod>> bindPod(const Object<core_v1::Pod>& pod, core_v1::Binding::Reader binding, WallTime now) {
  CLEAT_TRY(checkBinding(binding));
  std::string_view uid = view(binding.getMetadata().getUid());
  if (!uid.empty() && uid != pod.uid()) {
    return fail(Status::conflict(
        "pods/binding", pod.name(),
        concat("Precondition failed: UID in precondition: ", uid, ", UID in object meta: ", pod.uid())));
  }
  if (std::string why = obstacle(pod); !why.empty()) return fail(Status::conflict("pods/binding", pod.name(), why));

  Draft<core_v1::Pod> bound(pod);
  bound->getSpec().setNodeName(binding.getTarget().getName());
  for (auto annotation : binding.getMetadata().getAnnotations()) {
    setAnnotation(bound.meta(), view(annotation.getKey()), view(annotation.getValue()));
  }
  for (auto label : binding.getMetadata().getLabels()) {
    setLabel(bound.meta(), view(label.getKey()), view(label.getValue()));
  }
  bound->getStatus().disownNominatedNodeName();
  setCondition<core_v1::PodCondition>(
      bound->getStatus(), {.type = "PodScheduled", .status = "True", .lastTransitionTime = formatTime(now)});
  return std::move(bound).freeze();
}

}  // namespace cleat::kinds::core
