// Reading what metric_text.cpp writes, or Kubernetes does: the names of members may be in either case.
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <limits>

#include "autoscaling-common/metric_text.h"
#include "kinds-common/names.h"

namespace cleat::kinds::autoscaling {

namespace {

JsonView member(JsonView object, std::string_view name) {
  if (!object.isObject()) return {};
  if (auto found = object.member(name)) return *found;
  for (JsonView candidate : object.items()) {
    if (lowerCase(candidate.name()) == lowerCase(name)) return candidate;
  }
  return {};
}

std::string textOf(JsonView object, std::string_view name) { return std::string(member(object, name).text()); }

// A quantity is a text or a number.
std::string quantityOf(JsonView object, std::string_view name) {
  const JsonView value = member(object, name);
  return value.isNumber() ? jsonText(value) : std::string(value.text());
}

std::optional<int32_t> numberOf(JsonView object, std::string_view name) {
  const JsonView value = member(object, name);
  if (!value.isNumber()) return std::nullopt;
  const int64_t number = value.integer().value_or(0);
  return static_cast<int32_t>(
      std::clamp<int64_t>(number, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()));
}

void readSelector(JsonView selector, v2::MetricIdentifier::Builder metric) {
  if (!selector.isObject()) return;
  auto to = metric.initSelector();
  JsonList labels = member(selector, "matchLabels").items();
  if (labels.size() > 0) {
    auto list = to.initMatchLabels(labels.size());
    for (uint32_t i = 0; i < labels.size(); ++i) {
      list[i].setKey(std::string(JsonView(labels[i]).name()));
      list[i].setValue(std::string(JsonView(labels[i]).text()));
    }
  }
  JsonList requirements = member(selector, "matchExpressions").items();
  if (requirements.size() == 0) return;
  auto list = to.initMatchExpressions(requirements.size());
  for (uint32_t i = 0; i < requirements.size(); ++i) {
    list[i].setKey(textOf(requirements[i], "key"));
    list[i].setOperator(textOf(requirements[i], "operator"));
    JsonList values = member(requirements[i], "values").items();
    if (values.size() == 0) continue;
    auto texts = list[i].initValues(values.size());
    for (uint32_t j = 0; j < values.size(); ++j) texts.set(j, std::string(JsonView(values[j]).text()));
  }
}

void readIdentifier(JsonView source, const char* selector, v2::MetricIdentifier::Builder metric) {
  metric.setName(textOf(source, "metricName"));
  readSelector(member(source, selector), metric);
}

void readReference(JsonView object, v2::CrossVersionObjectReference::Builder to) {
  to.setKind(textOf(object, "kind"));
  to.setName(textOf(object, "name"));
  if (std::string version = textOf(object, "apiVersion"); !version.empty()) to.setApiVersion(version);
}

// Sets what there is.
void setValue(auto to, const std::string& quantity) {
  if (!quantity.empty()) to.setValue(quantity);
}
void setAverage(auto to, const std::string& quantity) {
  if (!quantity.empty()) to.setAverageValue(quantity);
}

void readObject(JsonView from, v2::ObjectMetricSource::Builder to) {
  readReference(member(from, "target"), to.initDescribedObject());
  readIdentifier(from, "selector", to.initMetric());
  const std::string average = quantityOf(from, "averageValue"), value = quantityOf(from, "targetValue");
  auto target = to.initTarget();
  target.setType(average.empty() ? "Value" : "AverageValue");
  // v1 writes a zero where v2 has no value.
  if (average.empty() || value != "0") setValue(target, value);
  setAverage(target, average);
}

void readPods(JsonView from, v2::PodsMetricSource::Builder to) {
  readIdentifier(from, "selector", to.initMetric());
  to.initTarget().setType("AverageValue");
  setAverage(to.getTarget(), quantityOf(from, "targetAverageValue"));
}

void readResource(JsonView from, auto to) {
  to.setName(textOf(from, "name"));
  auto target = to.initTarget();
  const auto utilization = numberOf(from, "targetAverageUtilization");
  target.setType(utilization ? "Utilization" : "AverageValue");
  if (utilization) target.initAverageUtilization().setValue(*utilization);
  setAverage(target, quantityOf(from, "targetAverageValue"));
}

void readExternal(JsonView from, v2::ExternalMetricSource::Builder to) {
  readIdentifier(from, "metricSelector", to.initMetric());
  const std::string value = quantityOf(from, "targetValue");
  auto target = to.initTarget();
  target.setType(value.empty() ? "AverageValue" : "Value");
  setValue(target, value);
  setAverage(target, quantityOf(from, "targetAverageValue"));
}

void readMetric(JsonView from, v2::MetricSpec::Builder to) {
  to.setType(textOf(from, "type"));
  if (JsonView source = member(from, "object"); source.isObject()) readObject(source, to.initObject());
  if (JsonView source = member(from, "pods"); source.isObject()) readPods(source, to.initPods());
  if (JsonView source = member(from, "resource"); source.isObject()) readResource(source, to.initResource());
  if (JsonView source = member(from, "containerResource"); source.isObject()) {
    readResource(source, to.initContainerResource());
    to.getContainerResource().setContainer(textOf(source, "container"));
  }
  if (JsonView source = member(from, "external"); source.isObject()) readExternal(source, to.initExternal());
}

void readObject(JsonView from, v2::ObjectMetricStatus::Builder to) {
  readReference(member(from, "target"), to.initDescribedObject());
  readIdentifier(from, "selector", to.initMetric());
  setValue(to.initCurrent(), quantityOf(from, "currentValue"));
  setAverage(to.getCurrent(), quantityOf(from, "averageValue"));
}

void readPods(JsonView from, v2::PodsMetricStatus::Builder to) {
  readIdentifier(from, "selector", to.initMetric());
  setAverage(to.initCurrent(), quantityOf(from, "currentAverageValue"));
}

void readResourceStatus(JsonView from, auto to) {
  to.setName(textOf(from, "name"));
  auto current = to.initCurrent();
  if (auto utilization = numberOf(from, "currentAverageUtilization")) {
    current.initAverageUtilization().setValue(*utilization);
  }
  setAverage(current, quantityOf(from, "currentAverageValue"));
}

void readExternal(JsonView from, v2::ExternalMetricStatus::Builder to) {
  readIdentifier(from, "metricSelector", to.initMetric());
  setValue(to.initCurrent(), quantityOf(from, "currentValue"));
  setAverage(to.getCurrent(), quantityOf(from, "currentAverageValue"));
}

void readCurrent(JsonView from, v2::MetricStatus::Builder to) {
  to.setType(textOf(from, "type"));
  if (JsonView status = member(from, "object"); status.isObject()) readObject(status, to.initObject());
  if (JsonView status = member(from, "pods"); status.isObject()) readPods(status, to.initPods());
  if (JsonView status = member(from, "resource"); status.isObject()) readResourceStatus(status, to.initResource());
  if (JsonView status = member(from, "containerResource"); status.isObject()) {
    readResourceStatus(status, to.initContainerResource());
    to.getContainerResource().setContainer(textOf(status, "container"));
  }
  if (JsonView status = member(from, "external"); status.isObject()) readExternal(status, to.initExternal());
}

void readRules(JsonView from, v2::HPAScalingRules::Builder to) {
  if (auto seconds = numberOf(from, "StabilizationWindowSeconds")) {
    to.initStabilizationWindowSeconds().setValue(*seconds);
  }
  if (std::string policy = textOf(from, "SelectPolicy"); !policy.empty()) to.setSelectPolicy(policy);
  if (std::string tolerance = quantityOf(from, "Tolerance"); !tolerance.empty()) to.setTolerance(tolerance);
  JsonList policies = member(from, "Policies").items();
  if (policies.size() == 0) return;
  auto list = to.initPolicies(policies.size());
  for (uint32_t i = 0; i < policies.size(); ++i) {
    list[i].setType(textOf(policies[i], "Type"));
    list[i].setValue(numberOf(policies[i], "Value").value_or(0));
    list[i].setPeriodSeconds(numberOf(policies[i], "PeriodSeconds").value_or(0));
  }
}

}  // namespace

void readMetrics(std::string_view text, v2::HorizontalPodAutoscalerSpec::Builder spec) {
  Result<JsonTree> tree = JsonTree::parse(text);
  if (!tree || !tree->view().isList() || tree->view().items().size() == 0) return;
  JsonList said = tree->view().items();
  auto own = spec.disownMetrics();
  const uint32_t before = own == nullptr ? 0 : own.getReader().size();
  auto all = spec.initMetrics(said.size() + before);
  for (uint32_t i = 0; i < said.size(); ++i) readMetric(said[i], all[i]);
  for (uint32_t i = 0; i < before; ++i) all.setWithCaveats(said.size() + i, own.getReader()[i]);
}

void readCurrentMetrics(std::string_view text, v2::HorizontalPodAutoscalerStatus::Builder status) {
  Result<JsonTree> tree = JsonTree::parse(text);
  if (!tree || !tree->view().isList()) return;
  JsonList said = tree->view().items();
  auto metrics = status.initCurrentMetrics(said.size());
  for (uint32_t i = 0; i < said.size(); ++i) readCurrent(said[i], metrics[i]);
}

void readConditions(std::string_view text, v2::HorizontalPodAutoscalerStatus::Builder status) {
  Result<JsonTree> tree = JsonTree::parse(text);
  if (!tree || !tree->view().isList()) return;
  JsonList said = tree->view().items();
  auto conditions = status.initConditions(said.size());
  for (uint32_t i = 0; i < said.size(); ++i) {
    auto to = conditions[i];
    to.setType(textOf(said[i], "type"));
    to.setStatus(textOf(said[i], "status"));
    if (std::string time = textOf(said[i], "lastTransitionTime"); !time.empty()) to.setLastTransitionTime(time);
    if (std::string reason = textOf(said[i], "reason"); !reason.empty()) to.setReason(reason);
    if (std::string message = textOf(said[i], "message"); !message.empty()) to.setMessage(message);
    to.setObservedGeneration(member(said[i], "observedGeneration").integer().value_or(0));
  }
}

void readBehavior(std::string_view text, v2::HorizontalPodAutoscalerSpec::Builder spec) {
  Result<JsonTree> tree = JsonTree::parse(text);
  if (!tree || !tree->view().isObject()) return;
  const JsonView up = member(tree->view(), "ScaleUp"), down = member(tree->view(), "ScaleDown");
  if (!up.isObject() && !down.isObject()) return;
  auto behavior = spec.initBehavior();
  if (up.isObject()) readRules(up, behavior.initScaleUp());
  if (down.isObject()) readRules(down, behavior.initScaleDown());
}

}  // namespace cleat::kinds::autoscaling
