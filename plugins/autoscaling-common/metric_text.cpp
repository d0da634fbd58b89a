// Writing.
#include "autoscaling-common/metric_text.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/meta.h>

namespace cleat::kinds::autoscaling {

namespace {

// One JSON object; members without a value are left out.
class Members {
 public:
  Members& raw(const char* name, const std::string& json) {
    if (text_.size() > 1) text_ += ',';
    appendJsonText(text_, name);
    text_ += ':';
    text_ += json;
    return *this;
  }
  Members& text(const char* name, capnp::Text::Reader value) { return value.size() == 0 ? *this : always(name, value); }
  Members& always(const char* name, capnp::Text::Reader value) {
    std::string json;
    appendJsonText(json, view(value));
    return raw(name, json);
  }
  // A quantity that v1 holds by value: zero where there is none.
  Members& quantity(const char* name, capnp::Text::Reader value) {
    return value.size() == 0 ? raw(name, "\"0\"") : always(name, value);
  }
  template <class Box>
  Members& number(const char* name, bool present, Box box) {
    return present ? raw(name, concat(box.getValue())) : *this;
  }
  std::string take() { return std::move(text_) + "}"; }

 private:
  std::string text_ = "{";
};

template <class List, class F>
std::string listText(const List& list, F textOf) {
  std::string out = "[";
  for (const auto& element : list) {
    if (out.size() > 1) out += ',';
    out += textOf(element);
  }
  return out + "]";
}

std::string plainText(capnp::Text::Reader text) {
  std::string out;
  appendJsonText(out, view(text));
  return out;
}

std::string selectorText(meta_v1::LabelSelector::Reader selector) {
  Members members;
  if (selector.getMatchLabels().size() > 0) {
    Members labels;
    for (auto label : selector.getMatchLabels()) labels.always(label.getKey().cStr(), label.getValue());
    members.raw("matchLabels", labels.take());
  }
  if (selector.getMatchExpressions().size() > 0) {
    members.raw("matchExpressions", listText(selector.getMatchExpressions(), [](auto requirement) {
                  Members one;
                  one.always("key", requirement.getKey()).always("operator", requirement.getOperator());
                  if (requirement.getValues().size() > 0)
                    one.raw("values", listText(requirement.getValues(), plainText));
                  return one.take();
                }));
  }
  return members.take();
}

void addSelector(Members& members, const char* name, v2::MetricIdentifier::Reader metric) {
  if (metric.hasSelector()) members.raw(name, selectorText(metric.getSelector()));
}

std::string referenceText(v2::CrossVersionObjectReference::Reader object) {
  Members members;
  return members.always("kind", object.getKind())
      .always("name", object.getName())
      .text("apiVersion", object.getApiVersion())
      .take();
}

std::string objectText(v2::ObjectMetricSource::Reader source) {
  Members members;
  auto target = source.getTarget();
  members.raw("target", referenceText(source.getDescribedObject())).always("metricName", source.getMetric().getName());
  members.quantity("targetValue", target.getValue());
  addSelector(members, "selector", source.getMetric());
  return members.text("averageValue", target.getAverageValue()).take();
}

std::string podsText(v2::PodsMetricSource::Reader source) {
  Members members;
  members.always("metricName", source.getMetric().getName());
  members.quantity("targetAverageValue", source.getTarget().getAverageValue());
  addSelector(members, "selector", source.getMetric());
  return members.take();
}

template <class Source>
Members resourceMembers(Source source) {
  Members members;
  auto target = source.getTarget();
  members.always("name", source.getName());
  members.number("targetAverageUtilization", target.hasAverageUtilization(), target.getAverageUtilization());
  members.text("targetAverageValue", target.getAverageValue());
  return members;
}

std::string externalText(v2::ExternalMetricSource::Reader source) {
  Members members;
  members.always("metricName", source.getMetric().getName());
  addSelector(members, "metricSelector", source.getMetric());
  members.text("targetValue", source.getTarget().getValue());
  return members.text("targetAverageValue", source.getTarget().getAverageValue()).take();
}

std::string metricText(v2::MetricSpec::Reader metric) {
  Members members;
  members.always("type", metric.getType());
  if (metric.hasObject()) members.raw("object", objectText(metric.getObject()));
  if (metric.hasPods()) members.raw("pods", podsText(metric.getPods()));
  if (metric.hasResource()) members.raw("resource", resourceMembers(metric.getResource()).take());
  if (metric.hasContainerResource()) {
    auto source = metric.getContainerResource();
    members.raw("containerResource", resourceMembers(source).always("container", source.getContainer()).take());
  }
  if (metric.hasExternal()) members.raw("external", externalText(metric.getExternal()));
  return members.take();
}

template <class Status>
Members resourceStatusMembers(Status status) {
  Members members;
  auto current = status.getCurrent();
  members.always("name", status.getName());
  members.number("currentAverageUtilization", current.hasAverageUtilization(), current.getAverageUtilization());
  members.quantity("currentAverageValue", current.getAverageValue());
  return members;
}

std::string objectText(v2::ObjectMetricStatus::Reader status) {
  Members members;
  members.raw("target", referenceText(status.getDescribedObject())).always("metricName", status.getMetric().getName());
  members.quantity("currentValue", status.getCurrent().getValue());
  addSelector(members, "selector", status.getMetric());
  return members.text("averageValue", status.getCurrent().getAverageValue()).take();
}

std::string podsText(v2::PodsMetricStatus::Reader status) {
  Members members;
  members.always("metricName", status.getMetric().getName());
  members.quantity("currentAverageValue", status.getCurrent().getAverageValue());
  addSelector(members, "selector", status.getMetric());
  return members.take();
}

std::string externalText(v2::ExternalMetricStatus::Reader status) {
  Members members;
  members.always("metricName", status.getMetric().getName());
  addSelector(members, "metricSelector", status.getMetric());
  members.quantity("currentValue", status.getCurrent().getValue());
  return members.text("currentAverageValue", status.getCurrent().getAverageValue()).take();
}

std::string currentText(v2::MetricStatus::Reader metric) {
  Members members;
  members.always("type", metric.getType());
  if (metric.hasObject()) members.raw("object", objectText(metric.getObject()));
  if (metric.hasPods()) members.raw("pods", podsText(metric.getPods()));
  if (metric.hasResource()) members.raw("resource", resourceStatusMembers(metric.getResource()).take());
  if (metric.hasContainerResource()) {
    auto status = metric.getContainerResource();
    members.raw("containerResource", resourceStatusMembers(status).always("container", status.getContainer()).take());
  }
  if (metric.hasExternal()) members.raw("external", externalText(metric.getExternal()));
  return members.take();
}

std::string conditionText(v2::HorizontalPodAutoscalerCondition::Reader condition) {
  Members members;
  members.always("type", condition.getType()).always("status", condition.getStatus());
  members.raw("lastTransitionTime",
              condition.getLastTransitionTime().size() == 0 ? "null" : plainText(condition.getLastTransitionTime()));
  members.text("reason", condition.getReason()).text("message", condition.getMessage());
  if (condition.getObservedGeneration() != 0) {
    members.raw("observedGeneration", concat(condition.getObservedGeneration()));
  }
  return members.take();
}

// By the names of Kubernetes' own types, as it has always stood there.
std::string rulesText(bool present, v2::HPAScalingRules::Reader rules) {
  if (!present) return "null";
  Members members;
  members.raw("StabilizationWindowSeconds", rules.hasStabilizationWindowSeconds()
                                                ? concat(rules.getStabilizationWindowSeconds().getValue())
                                                : std::string("null"));
  members.raw("SelectPolicy", rules.getSelectPolicy().size() == 0 ? "null" : plainText(rules.getSelectPolicy()));
  members.raw("Policies", listText(rules.getPolicies(), [](auto policy) {
                Members one;
                one.always("Type", policy.getType()).raw("Value", concat(policy.getValue()));
                return one.raw("PeriodSeconds", concat(policy.getPeriodSeconds())).take();
              }));
  members.raw("Tolerance", rules.getTolerance().size() == 0 ? "null" : plainText(rules.getTolerance()));
  return members.take();
}

}  // namespace

std::string metricsText(const std::vector<v2::MetricSpec::Reader>& metrics) { return listText(metrics, metricText); }
std::string currentMetricsText(capnp::List<v2::MetricStatus>::Reader metrics) { return listText(metrics, currentText); }
std::string conditionsText(capnp::List<v2::HorizontalPodAutoscalerCondition>::Reader conditions) {
  return listText(conditions, conditionText);
}
std::string behaviorText(v2::HorizontalPodAutoscalerBehavior::Reader behavior) {
  Members members;
  members.raw("ScaleUp", rulesText(behavior.hasScaleUp(), behavior.getScaleUp()));
  return members.raw("ScaleDown", rulesText(behavior.hasScaleDown(), behavior.getScaleDown())).take();
}

}  // namespace cleat::kinds::autoscaling
