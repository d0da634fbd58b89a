#include "kinds-core/pod_binding.h"

#include <cleat/sdk/meta.h>

#include "kinds-common/findings.h"
#include "kinds-common/names.h"

namespace cleat::kinds::core {

namespace {

Result<void> checkBinding(core_v1::Binding::Reader binding) {
  Findings findings;
  std::string_view kind = view(binding.getTarget().getKind());
  const Path target("target");
  if (!kind.empty() && kind != "Node") findings.notSupported(target / "kind", kind, {"Node", "<empty>"});
  std::string_view node = view(binding.getTarget().getName());
  if (node.empty()) {
    findings.required(target / "name");
  } else if (kind.empty() || kind == "Node") {
    findings.invalidEach(target / "name", node, wrongDns1123Subdomain(node));
  }
  if (findings.empty()) return {};
  return fail(Status::invalid("Binding", view(binding.getMetadata().getName()), findings.causes()));
}

// What the binding demands of the pod that it is for.
Result<void> checkPreconditions(const Object<core_v1::Pod>& pod, meta_v1::ObjectMeta::Reader wanted) {
  auto differs = [&](std::string_view what, auto precondition, auto found) {
    return fail(Status::conflict("pods", pod.name(),
                                 concat("Precondition failed: ", what, " in precondition: ", precondition, ", ", what,
                                        " in object meta: ", found)));
  };
  const std::string_view uid = view(wanted.getUid());
  if (!uid.empty() && uid != pod.uid()) return differs("UID", uid, pod.uid());
  const uint64_t revision = wanted.getResourceVersion();
  if (revision != 0 && revision != pod.revision()) return differs("ResourceVersion", revision, pod.revision());
  return {};
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
  if (view(binding.getMetadata().getName()) != pod.name()) {
    return fail(Status::badRequest("name in URL does not match name in Binding object"));
  }
  CLEAT_TRY(checkBinding(binding));
  CLEAT_TRY(checkPreconditions(pod, binding.getMetadata()));
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
  // A binding says nothing of what a scheduler has looked at.
  for (auto condition : bound->getStatus().getConditions()) {
    if (view(condition.asReader().getType()) == "PodScheduled") condition.setObservedGeneration(0);
  }
  return std::move(bound).freeze();
}

}  // namespace cleat::kinds::core
