#include "kinds-common/scale.h"

#include "kinds-common/workload_rules.h"

namespace cleat::kinds {

const Scales::Functions* Scales::find(wire::ResourceRef::Reader ref) const {
  if (view(ref.getSubresource()) != "scale") return nullptr;
  auto at = workloads_.find(view(ref.getResource()));
  return at == workloads_.end() ? nullptr : &at->second;
}

AnyRef Scales::scaleOf(const AnyRef& workload, const Shown& shown) {
  Draft<autoscaling_v1::Scale> scale;
  auto meta = scale.meta();
  meta.setName(workload.meta().getName());
  meta.setNamespace(workload.meta().getNamespace());
  meta.setUid(workload.meta().getUid());
  meta.setResourceVersion(workload.revision());
  meta.setCreationTimestamp(workload.meta().getCreationTimestamp());
  scale->getSpec().setReplicas(shown.replicas);
  scale->getStatus().setReplicas(shown.replicasNow);
  if (!shown.selector.empty()) scale->getStatus().setSelector(shown.selector);
  return std::move(scale).freezeAny();
}

Result<void> Scales::project(role::TransformParams::Reader params, Call<role::TransformResults>& call) const {
  const AnyRef& workload = call.objects().at(0);
  call.results();
  call.addObject(scaleOf(workload, find(params.getRef())->read(workload)));
  return {};
}

Result<void> Scales::transform(role::TransformParams::Reader params, Call<role::TransformResults>& call) const {
  const Functions& functions = *find(params.getRef());
  const AnyRef& workload = call.objects().at(0);
  auto scale = call.objects().at(1).as<autoscaling_v1::Scale>();
  const int32_t replicas = scale.getSpec().getReplicas();
  Findings findings;
  checkNotNegative(replicas, Path("spec") / "replicas", findings);
  if (!findings.empty()) {
    return fail(Status::invalid("Scale.autoscaling", view(scale.getMetadata().getName()), findings.causes()));
  }
  call.results();
  AnyRef scaled = functions.write(workload, replicas);
  Shown shown = functions.read(scaled);
  call.addObject(scaled);
  call.addObject(scaleOf(scaled, shown));
  return {};
}

}  // namespace cleat::kinds
