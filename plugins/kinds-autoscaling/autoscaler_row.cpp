// The row of a HorizontalPodAutoscaler, as `kubectl get hpa` prints it.
#include <cleat/sdk/meta.h>

#include "kinds-autoscaling/autoscalers.h"

namespace cleat::kinds::autoscaling {

namespace {

constexpr const char* kUnknown = "<unknown>";
constexpr size_t kShown = 2;

std::string quantity(bool present, capnp::Text::Reader text) { return present ? str(text) : kUnknown; }
std::string percent(v2::MetricValueStatus::Reader value) {
  return value.hasAverageUtilization() ? concat(value.getAverageUtilization().getValue(), "%") : kUnknown;
}

std::string valueText(v2::MetricTarget::Reader target, v2::MetricValueStatus::Reader now) {
  if (!target.hasAverageValue()) {
    return concat(quantity(now.hasValue(), now.getValue()), "/", view(target.getValue()));
  }
  return concat(quantity(now.hasAverageValue(), now.getAverageValue()), "/", view(target.getAverageValue()), " (avg)");
}

std::string resourceText(capnp::Text::Reader name, v2::MetricTarget::Reader target, v2::MetricValueStatus::Reader now) {
  if (target.hasAverageValue()) {
    return concat(view(name), ": ", quantity(now.hasAverageValue(), now.getAverageValue()), "/",
                  view(target.getAverageValue()));
  }
  const std::string wanted =
      target.hasAverageUtilization() ? concat(target.getAverageUtilization().getValue(), "%") : "<auto>";
  return concat(view(name), ": ", percent(now), "/", wanted);
}

std::string metricCell(v2::MetricSpec::Reader metric, v2::MetricStatus::Reader now) {
  const std::string_view type = view(metric.getType());
  if (type == "External") return valueText(metric.getExternal().getTarget(), now.getExternal().getCurrent());
  if (type == "Object") return valueText(metric.getObject().getTarget(), now.getObject().getCurrent());
  if (type == "Pods") {
    auto current = now.getPods().getCurrent();
    return concat(quantity(current.hasAverageValue(), current.getAverageValue()), "/",
                  view(metric.getPods().getTarget().getAverageValue()));
  }
  if (type == "Resource") {
    auto resource = metric.getResource();
    return resourceText(resource.getName(), resource.getTarget(), now.getResource().getCurrent());
  }
  if (type == "ContainerResource") {
    auto resource = metric.getContainerResource();
    return resourceText(resource.getName(), resource.getTarget(), now.getContainerResource().getCurrent());
  }
  return "<unknown type>";
}

std::string metricsText(v2::HorizontalPodAutoscaler::Reader autoscaler) {
  auto metrics = autoscaler.getSpec().getMetrics();
  if (metrics.size() == 0) return "<none>";
  auto current = autoscaler.getStatus().getCurrentMetrics();
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < metrics.size() && i < kShown; ++i) {
    texts.push_back(metricCell(metrics[i], i < current.size() ? current[i] : v2::MetricStatus::Reader()));
  }
  std::string text = joined(texts, ", ");
  return metrics.size() > kShown ? concat(text, " + ", metrics.size() - kShown, " more...") : text;
}

}  // namespace

void printAutoscaler(v2::HorizontalPodAutoscaler::Reader autoscaler, Cells& cells) {
  auto spec = autoscaler.getSpec();
  auto target = spec.getScaleTargetRef();
  cells.text(autoscaler.getMetadata().getName());
  cells.text(concat(view(target.getKind()), "/", view(target.getName())));
  cells.text(metricsText(autoscaler));
  cells.text(spec.hasMinReplicas() ? concat(spec.getMinReplicas().getValue()) : std::string("<unset>"));
  cells.integer(spec.getMaxReplicas());
  cells.integer(autoscaler.getStatus().getCurrentReplicas());
  cells.age(autoscaler.getMetadata().getCreationTimestamp());
}

}  // namespace cleat::kinds::autoscaling
