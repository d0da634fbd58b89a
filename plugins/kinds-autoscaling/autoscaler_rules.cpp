// What Kubernetes demands of a HorizontalPodAutoscaler, in its words.
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>
#include <array>

#include "kinds-autoscaling/autoscalers.h"
#include "kinds-common/names.h"

namespace cleat::kinds::autoscaling {

namespace {

constexpr int32_t kLongestWindow = 3600, kLongestPeriod = 1800;

bool isPositive(capnp::Text::Reader quantity) { return Quantity::parseOrZero(quantity) > Quantity(); }

void checkSegment(capnp::Text::Reader name, const Path& path, Findings& findings, std::string_view missing = {}) {
  if (name.size() == 0) return findings.required(path, missing);
  if (Wrongs wrongs = wrongPathSegment(view(name)); !wrongs.empty()) findings.invalidEach(path, name, wrongs);
}

void checkReference(v2::CrossVersionObjectReference::Reader reference, const Path& path, Findings& findings) {
  checkSegment(reference.getKind(), path / "kind", findings);
  checkSegment(reference.getName(), path / "name", findings);
}

// Whose group is known is found; the one kind of the core group that scales is in no other.
void checkGroupIsNamed(v2::CrossVersionObjectReference::Reader target, const Path& path, Findings& findings) {
  const std::string_view version = view(target.getApiVersion());
  const auto slashes = std::ranges::count(version, '/');
  if (slashes > 1) {
    findings.invalid(path, version, concat("unexpected GroupVersion string: ", version));
  } else if (slashes == 0 && view(target.getKind()) != "ReplicationController") {
    findings.invalid(path, version, "apiVersion must specify API group");
  }
}

void checkTarget(v2::MetricTarget::Reader target, const Path& path, Findings& findings) {
  const std::string_view type = view(target.getType());
  if (type.empty()) findings.required(path / "type", "must specify a metric target type");
  if (type != "Utilization" && type != "Value" && type != "AverageValue") {
    findings.invalid(path / "type", type, "must be either Utilization, Value, or AverageValue");
  }
  if (target.hasValue() && !isPositive(target.getValue())) {
    findings.invalid(path / "value", target.getValue(), "must be positive");
  }
  if (target.hasAverageValue() && !isPositive(target.getAverageValue())) {
    findings.invalid(path / "averageValue", target.getAverageValue(), "must be positive");
  }
  if (!target.hasAverageUtilization()) return;
  const int32_t utilization = target.getAverageUtilization().getValue();
  if (utilization < 1) findings.invalid(path / "averageUtilization", utilization, "must be greater than 0");
}

void checkIdentifier(v2::MetricIdentifier::Reader metric, const Path& path, Findings& findings) {
  checkSegment(metric.getName(), path / "name", findings, "must specify a metric name");
}

constexpr const char* kValueOrAverage = "must set either a target value for metric or a per-pod target";
constexpr const char* kRawOrUtilization = "must set either a target raw value or a target utilization";

void checkSource(v2::ObjectMetricSource::Reader source, const Path& path, Findings& findings) {
  checkReference(source.getDescribedObject(), path / "describedObject", findings);
  checkIdentifier(source.getMetric(), path / "metric", findings);
  auto target = source.getTarget();
  checkTarget(target, path / "target", findings);
  if (!target.hasValue() && !target.hasAverageValue()) {
    findings.required(path / "target" / "averageValue", "must set either a target value or averageValue");
  }
}

void checkSource(v2::ExternalMetricSource::Reader source, const Path& path, Findings& findings) {
  checkIdentifier(source.getMetric(), path / "metric", findings);
  auto target = source.getTarget();
  checkTarget(target, path / "target", findings);
  if (!target.hasValue() && !target.hasAverageValue()) {
    findings.required(path / "target" / "averageValue", kValueOrAverage);
  }
  if (target.hasValue() && target.hasAverageValue()) {
    findings.forbidden(path / "target" / "value", "may not set both a target value for metric and a per-pod target");
  }
}

void checkSource(v2::PodsMetricSource::Reader source, const Path& path, Findings& findings) {
  checkIdentifier(source.getMetric(), path / "metric", findings);
  auto target = source.getTarget();
  checkTarget(target, path / "target", findings);
  if (!target.hasAverageValue()) {
    findings.required(path / "target" / "averageValue", "must specify a positive target averageValue");
  }
}

void checkUtilization(v2::MetricTarget::Reader target, const Path& path, Findings& findings) {
  checkTarget(target, path, findings);
  if (!target.hasAverageUtilization() && !target.hasAverageValue()) {
    findings.required(path / "averageUtilization", kRawOrUtilization);
  }
  if (target.hasAverageUtilization() && target.hasAverageValue()) {
    findings.forbidden(path / "averageValue", "may not set both a target raw value and a target utilization");
  }
}

void checkSource(v2::ResourceMetricSource::Reader source, const Path& path, Findings& findings) {
  if (source.getName().size() == 0) findings.required(path / "name", "must specify a resource name");
  checkUtilization(source.getTarget(), path / "target", findings);
}

void checkSource(v2::ContainerResourceMetricSource::Reader source, const Path& path, Findings& findings) {
  if (source.getName().size() == 0) findings.required(path / "name", "must specify a resource name");
  if (source.getContainer().size() == 0) findings.required(path / "container", "must specify a container");
  checkUtilization(source.getTarget(), path / "target", findings);
}

// Which source a metric may have: its type and its member.
struct Source {
  std::string_view type;
  const char* member;
  bool present;
};

std::array<Source, 5> sourcesOf(v2::MetricSpec::Reader metric) {
  return {{{"Object", "object", metric.hasObject()},
           {"External", "external", metric.hasExternal()},
           {"Pods", "pods", metric.hasPods()},
           {"Resource", "resource", metric.hasResource()},
           {"ContainerResource", "containerResource", metric.hasContainerResource()}}};
}

// The first source that there is.
void checkFirst(v2::MetricSpec::Reader metric, const Path& path, Findings& findings) {
  if (metric.hasObject()) return checkSource(metric.getObject(), path / "object", findings);
  if (metric.hasExternal()) return checkSource(metric.getExternal(), path / "external", findings);
  if (metric.hasPods()) return checkSource(metric.getPods(), path / "pods", findings);
  if (metric.hasResource()) return checkSource(metric.getResource(), path / "resource", findings);
  if (metric.hasContainerResource()) {
    checkSource(metric.getContainerResource(), path / "containerResource", findings);
  }
}

void checkMetric(v2::MetricSpec::Reader metric, const Path& path, Findings& findings) {
  const std::string_view type = view(metric.getType());
  if (type.empty()) findings.required(path / "type", "must specify a metric source type");
  checkOneOf(type, path / "type", {"ContainerResource", "External", "Object", "Pods", "Resource"}, findings);
  checkFirst(metric, path, findings);
  const std::array<Source, 5> sources = sourcesOf(metric);
  size_t present = 0;
  for (const Source& source : sources) {
    present += source.present ? 1 : 0;
    if (source.type == type && !source.present) {
      findings.required(path / source.member, "must populate information for the given metric source");
    }
  }
  if (present == 1) return;
  for (const Source& source : sources) {
    if (source.present && source.type != type) {
      findings.forbidden(path / source.member, "must populate the given metric source only");
    }
  }
}

void checkMetrics(v2::HorizontalPodAutoscalerSpec::Reader spec, const Path& path, Findings& findings) {
  bool independent = false;
  auto metrics = spec.getMetrics();
  for (uint32_t i = 0; i < metrics.size(); ++i) {
    checkMetric(metrics[i], path[i], findings);
    independent |= metrics[i].hasObject() || metrics[i].hasExternal();
  }
  if (spec.hasMinReplicas() && spec.getMinReplicas().getValue() == 0 && !independent) {
    findings.forbidden(path, "must specify at least one Object or External metric to support scaling to zero replicas");
  }
}

void checkPolicy(v2::HPAScalingPolicy::Reader policy, const Path& path, Findings& findings) {
  checkOneOf(view(policy.getType()), path / "type", {"Percent", "Pods"}, findings);
  if (policy.getValue() <= 0) findings.invalid(path / "value", policy.getValue(), "must be greater than zero");
  const int32_t seconds = policy.getPeriodSeconds();
  if (seconds <= 0) findings.invalid(path / "periodSeconds", seconds, "must be greater than zero");
  if (seconds > kLongestPeriod) {
    findings.invalid(path / "periodSeconds", seconds, concat("must be less than or equal to ", kLongestPeriod));
  }
}

void checkRules(v2::HPAScalingRules::Reader rules, const Path& path, Findings& findings) {
  if (rules.hasStabilizationWindowSeconds()) {
    const int32_t seconds = rules.getStabilizationWindowSeconds().getValue();
    const Path window = path / "stabilizationWindowSeconds";
    if (seconds < 0) findings.invalid(window, seconds, "must be greater than or equal to zero");
    if (seconds > kLongestWindow) {
      findings.invalid(window, seconds, concat("must be less than or equal to ", kLongestWindow));
    }
  }
  if (rules.getSelectPolicy().size() > 0) {
    checkOneOf(view(rules.getSelectPolicy()), path / "selectPolicy", {"Disabled", "Max", "Min"}, findings);
  }
  auto policies = rules.getPolicies();
  if (policies.size() == 0) findings.required(path / "policies", "must specify at least one Policy");
  for (uint32_t i = 0; i < policies.size(); ++i) checkPolicy(policies[i], (path / "policies")[i], findings);
  if (rules.hasTolerance() && Quantity::parseOrZero(rules.getTolerance()) < Quantity()) {
    findings.invalid(path / "tolerance", rules.getTolerance(), kNotNegative);
  }
}

void checkSpec(v2::HorizontalPodAutoscalerSpec::Reader spec, Looked looked, const Path& path, Findings& findings) {
  const int32_t most = spec.getMaxReplicas();
  const int32_t fewest = spec.hasMinReplicas() ? spec.getMinReplicas().getValue() : 1;
  if (spec.hasMinReplicas() && most < fewest) {
    findings.invalid(path / "maxReplicas", most, "must be greater than or equal to `minReplicas`");
  }
  checkReference(spec.getScaleTargetRef(), path / "scaleTargetRef", findings);
  if (looked == Looked::all)
    checkGroupIsNamed(spec.getScaleTargetRef(), path / "scaleTargetRef" / "apiVersion", findings);
  checkMetrics(spec, path / "metrics", findings);
  if (spec.hasBehavior()) {
    auto behavior = spec.getBehavior();
    if (behavior.hasScaleUp()) checkRules(behavior.getScaleUp(), path / "behavior" / "scaleUp", findings);
    if (behavior.hasScaleDown()) checkRules(behavior.getScaleDown(), path / "behavior" / "scaleDown", findings);
  }
  // How many there may be is told last, as Kubernetes does.
  if (fewest < 0) findings.invalid(path / "minReplicas", fewest, kNotNegative);
  if (most == 0) findings.required(path / "maxReplicas");
  if (most < 0) findings.invalid(path / "maxReplicas", most, "must be greater than or equal to 1");
}

}  // namespace

void checkAutoscaler(v2::HorizontalPodAutoscaler::Reader autoscaler, Looked looked, Findings& findings) {
  if (looked != Looked::status) return checkSpec(autoscaler.getSpec(), looked, Path("spec"), findings);
  const Path path("status");
  auto status = autoscaler.getStatus();
  const int32_t current = status.getCurrentReplicas(), desired = status.getDesiredReplicas();
  if (current < 0) findings.invalid(path / "currentReplicas", current, kNotNegative);
  if (desired < 0) findings.invalid(path / "desiredReplicas", desired, kNotNegative);
}

}  // namespace cleat::kinds::autoscaling
