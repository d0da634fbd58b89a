// Between the versions, as Kubernetes does it: v1 has a target for the use of cpu; the rest is in annotations.
#include <cleat/sdk/meta.h>

#include <vector>

#include "autoscaling-common/metric_text.h"

namespace cleat::kinds::autoscaling {

namespace {

constexpr const char* kMetrics = "autoscaling.alpha.kubernetes.io/metrics";
constexpr const char* kCurrentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics";
constexpr const char* kConditions = "autoscaling.alpha.kubernetes.io/conditions";
constexpr const char* kBehavior = "autoscaling.alpha.kubernetes.io/behavior";

void dropAnnotations(meta_v1::ObjectMeta::Builder meta) {
  for (const char* key : {kMetrics, kCurrentMetrics, kConditions, kBehavior}) {
    (void)setAnnotation(meta, key, std::nullopt);
  }
  // An empty list is another message than none.
  if (meta.getAnnotations().size() == 0) meta.disownAnnotations();
}

std::string annotation(meta_v1::ObjectMeta::Reader meta, std::string_view key) {
  for (auto entry : meta.getAnnotations()) {
    if (view(entry.getKey()) == key) return str(entry.getValue());
  }
  return {};
}

bool isCpuUtilization(v2::MetricSpec::Reader metric) {
  return view(metric.getType()) == "Resource" && metric.hasResource() &&
         view(metric.getResource().getName()) == "cpu" && metric.getResource().getTarget().hasAverageUtilization();
}

template <class From, class To>
void copyReference(From from, To to) {
  to.setKind(from.getKind());
  to.setName(from.getName());
  if (from.hasApiVersion()) to.setApiVersion(from.getApiVersion());
}

// What both versions say in the same way.
template <class From, class To>
void copyCommon(From from, To to) {
  to.setMetadata(from.getMetadata());
  dropAnnotations(to.getMetadata());
  if (from.hasSpec()) {
    auto spec = to.initSpec();
    if (from.getSpec().hasScaleTargetRef()) {
      copyReference(from.getSpec().getScaleTargetRef(), spec.initScaleTargetRef());
    }
    if (from.getSpec().hasMinReplicas()) spec.setMinReplicas(from.getSpec().getMinReplicas());
    spec.setMaxReplicas(from.getSpec().getMaxReplicas());
  }
  if (!from.hasStatus()) return;
  auto status = to.initStatus();
  auto said = from.getStatus();
  if (said.hasObservedGeneration()) status.setObservedGeneration(said.getObservedGeneration());
  if (said.hasLastScaleTime()) status.setLastScaleTime(said.getLastScaleTime());
  status.setCurrentReplicas(said.getCurrentReplicas());
  status.setDesiredReplicas(said.getDesiredReplicas());
}

}  // namespace

Draft<v1::HorizontalPodAutoscaler> toV1(v2::HorizontalPodAutoscaler::Reader autoscaler) {
  Draft<v1::HorizontalPodAutoscaler> draft;
  copyCommon(autoscaler, *draft);
  auto meta = draft.meta();
  auto note = [&](const char* key, const std::string& text) { (void)setAnnotation(meta, key, text); };
  std::vector<v2::MetricSpec::Reader> others;
  bool targeted = false;
  for (auto metric : autoscaler.getSpec().getMetrics()) {
    if (!isCpuUtilization(metric)) {
      others.push_back(metric);
    } else if (!std::exchange(targeted, true)) {
      auto target = metric.getResource().getTarget().getAverageUtilization();
      draft->getSpec().setTargetCPUUtilizationPercentage(target);
    }
  }
  if (!others.empty()) note(kMetrics, metricsText(others));
  if (autoscaler.getSpec().hasBehavior()) note(kBehavior, behaviorText(autoscaler.getSpec().getBehavior()));
  auto status = autoscaler.getStatus();
  for (auto metric : status.getCurrentMetrics()) {
    auto current = metric.getResource().getCurrent();
    const bool cpu = view(metric.getType()) == "Resource" && view(metric.getResource().getName()) == "cpu";
    if (cpu && current.hasAverageUtilization()) {
      draft->getStatus().setCurrentCPUUtilizationPercentage(current.getAverageUtilization());
    }
  }
  if (status.getCurrentMetrics().size() > 0) note(kCurrentMetrics, currentMetricsText(status.getCurrentMetrics()));
  if (status.getConditions().size() > 0) note(kConditions, conditionsText(status.getConditions()));
  return draft;
}

Draft<v2::HorizontalPodAutoscaler> toV2(v1::HorizontalPodAutoscaler::Reader autoscaler) {
  Draft<v2::HorizontalPodAutoscaler> draft;
  copyCommon(autoscaler, *draft);
  auto spec = draft->getSpec();
  if (autoscaler.getSpec().hasTargetCPUUtilizationPercentage()) {
    auto metric = spec.initMetrics(1)[0];
    metric.setType("Resource");
    auto resource = metric.initResource();
    resource.setName("cpu");
    resource.initTarget().setType("Utilization");
    resource.getTarget().setAverageUtilization(autoscaler.getSpec().getTargetCPUUtilizationPercentage());
  }
  auto meta = autoscaler.getMetadata();
  if (std::string text = annotation(meta, kMetrics); !text.empty()) readMetrics(text, spec);
  if (std::string text = annotation(meta, kBehavior); !text.empty()) readBehavior(text, spec);
  if (autoscaler.getStatus().hasCurrentCPUUtilizationPercentage()) {
    auto metric = draft->getStatus().initCurrentMetrics(1)[0];
    metric.setType("Resource");
    metric.initResource().setName("cpu");
    auto current = metric.getResource().initCurrent();
    current.setAverageUtilization(autoscaler.getStatus().getCurrentCPUUtilizationPercentage());
  }
  if (std::string text = annotation(meta, kCurrentMetrics); !text.empty()) readCurrentMetrics(text, draft->getStatus());
  if (std::string text = annotation(meta, kConditions); !text.empty()) readConditions(text, draft->getStatus());
  return draft;
}

}  // namespace cleat::kinds::autoscaling
