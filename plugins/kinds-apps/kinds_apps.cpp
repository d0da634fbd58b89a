// kinds-apps: apps/v1, workloads made of pods of one template, and their scale.
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/selector.h>

#include "kinds-apps/app_kinds.h"
#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds::apps {

namespace {

// The Scale that a workload shows: how many pods it should have and has, and which they are.
template <class Workload>
AnyRef scaleOf(const AnyRef& parent) {
  auto workload = parent.as<Workload>();
  Draft<autoscaling_v1::Scale> scale;
  auto meta = scale.meta();
  meta.setName(workload.getMetadata().getName());
  meta.setNamespace(workload.getMetadata().getNamespace());
  meta.setUid(workload.getMetadata().getUid());
  meta.setResourceVersion(parent.revision());
  meta.setCreationTimestamp(workload.getMetadata().getCreationTimestamp());
  int32_t replicas = valueOr(workload.getSpec().getReplicas(), 0);
  scale->getSpec().setReplicas(replicas);
  auto status = scale->getStatus();
  status.setReplicas(workload.getStatus().getReplicas());
  auto selector = LabelSelector::compile(workload.getSpec().getSelector());
  if (selector) status.setSelector(selector->text());
  return std::move(scale).freezeAny();
}

template <class Workload>
AnyRef scaled(const AnyRef& parent, int32_t replicas) {
  Draft<Workload> draft(parent.as<Workload>());
  draft->getSpec().initReplicas().setValue(replicas);
  return std::move(draft).freezeAny();
}

// A Scale is that of the workload that it was read from, if it says from which.
Result<void> checkScale(autoscaling_v1::Scale::Reader scale) {
  Findings findings;
  checkNotNegative(scale.getSpec().getReplicas(), Path("spec") / "replicas", findings);
  if (findings.empty()) return {};
  return fail(Status::invalid("Scale.autoscaling", view(scale.getMetadata().getName()), findings.causes()));
}

}  // namespace

class AppsKinds : public KindsPlugin {
 public:
  explicit AppsKinds(Context& context) : KindsPlugin(context) {
    addDeployments(table());
    addReplicaSets(table());
  }

 protected:
  Task<Result<void>> project(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    call.results();
    if (targetOf(params.getRef()) == "deployments/scale") {
      call.addObject(scaleOf<apps_v1::Deployment>(call.objects().at(0)));
    } else if (targetOf(params.getRef()) == "replicasets/scale") {
      call.addObject(scaleOf<apps_v1::ReplicaSet>(call.objects().at(0)));
    } else {
      co_return noSuchSubresource(params.getRef());
    }
    co_return Result<void>();
  }

  Task<Result<void>> transform(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    const AnyRef& parent = call.objects().at(0);
    auto scale = call.objects().at(1).as<autoscaling_v1::Scale>();
    CLEAT_CO_TRY(checkScale(scale));
    int32_t replicas = scale.getSpec().getReplicas();
    call.results();
    if (targetOf(params.getRef()) == "deployments/scale") {
      call.addObject(scaled<apps_v1::Deployment>(parent, replicas));
      call.addObject(scaleOf<apps_v1::Deployment>(scaled<apps_v1::Deployment>(parent, replicas)));
    } else if (targetOf(params.getRef()) == "replicasets/scale") {
      call.addObject(scaled<apps_v1::ReplicaSet>(parent, replicas));
      call.addObject(scaleOf<apps_v1::ReplicaSet>(scaled<apps_v1::ReplicaSet>(parent, replicas)));
    } else {
      co_return noSuchSubresource(params.getRef());
    }
    co_return Result<void>();
  }
};

}  // namespace cleat::kinds::apps

CLEAT_PLUGIN(cleat::kinds::apps::AppsKinds, .name = "kinds-apps", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
