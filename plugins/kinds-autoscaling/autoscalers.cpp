#include "kinds-autoscaling/autoscalers.h"

namespace cleat::kinds::autoscaling {

namespace {

constexpr int32_t kUtilization = 80;

struct Step {
  const char* type;
  int32_t value;
};
constexpr int32_t kStepSeconds = 15;

void setRules(v2::HPAScalingRules::Builder rules, std::initializer_list<Step> steps) {
  if (rules.getSelectPolicy().size() == 0) rules.setSelectPolicy("Max");
  if (rules.hasPolicies()) return;
  auto policies = rules.initPolicies(static_cast<uint32_t>(steps.size()));
  uint32_t at = 0;
  for (const Step& step : steps) {
    policies[at].setType(step.type);
    policies[at].setValue(step.value);
    policies[at++].setPeriodSeconds(kStepSeconds);
  }
}

void setWritten(v2::HorizontalPodAutoscaler::Builder autoscaler, const Change<v2::HorizontalPodAutoscaler>& change) {
  if (!change.isDelete()) setDefaults(autoscaler);
}
void setWrittenV1(v1::HorizontalPodAutoscaler::Builder autoscaler, const Change<v1::HorizontalPodAutoscaler>& change) {
  if (change.isDelete()) return;
  auto spec = autoscaler.getSpec();
  if (!spec.hasMinReplicas()) spec.initMinReplicas().setValue(1);
  if (spec.hasTargetCPUUtilizationPercentage()) return;
  // The metrics that v1 has no fields for stand in an annotation.
  auto hub = toV2(autoscaler.asReader());
  if (hub->getSpec().getMetrics().size() == 0) spec.initTargetCPUUtilizationPercentage().setValue(kUtilization);
}

// What is looked at: a target's version that was there stays.
template <class T>
Looked lookedAt(const Change<T>& change) {
  if (change.isStatus()) return Looked::status;
  if (!change.old) return Looked::all;
  auto target = change.object.getSpec().getScaleTargetRef(), old = change.old->getSpec().getScaleTargetRef();
  const bool kept =
      view(old.getApiVersion()) == view(target.getApiVersion()) && view(old.getKind()) == view(target.getKind());
  return kept ? Looked::allButVersion : Looked::all;
}

void validate(const Change<v2::HorizontalPodAutoscaler>& change, Findings& findings) {
  checkAutoscaler(change.object, lookedAt(change), findings);
}
void validateV1(const Change<v1::HorizontalPodAutoscaler>& change, Findings& findings) {
  auto hub = toV2(change.object);
  checkAutoscaler(hub.reader(), lookedAt(change), findings);
}

void print(v2::HorizontalPodAutoscaler::Reader autoscaler, Cells& cells) { printAutoscaler(autoscaler, cells); }
void printV1(v1::HorizontalPodAutoscaler::Reader autoscaler, Cells& cells) {
  auto hub = toV2(autoscaler);
  printAutoscaler(hub.reader(), cells);
}

KindFacts facts(const char* file) {
  return {.structFile = file,
          .shortNames = {"hpa"},
          .categories = {"all"},
          .columns = {nameColumn(),
                      {"Reference", "string", "What is scaled."},
                      {"Targets", "string", "What each metric is, and what it is to be."},
                      {"MinPods", "string", "The fewest pods that there may be."},
                      {"MaxPods", "string", "The most pods that there may be."},
                      {"Replicas", "string", "How many pods there were when it was last looked at."},
                      ageColumn()},
          .hasStatus = true,
          .converts = true};
}

}  // namespace

void setDefaults(v2::HorizontalPodAutoscaler::Builder autoscaler) {
  auto spec = autoscaler.getSpec();
  if (!spec.hasMinReplicas()) spec.initMinReplicas().setValue(1);
  if (spec.getMetrics().size() == 0) {
    auto metric = spec.initMetrics(1)[0];
    metric.setType("Resource");
    auto resource = metric.initResource();
    resource.setName("cpu");
    resource.initTarget().setType("Utilization");
    resource.getTarget().initAverageUtilization().setValue(kUtilization);
  }
  if (!spec.hasBehavior()) return;
  auto behavior = spec.getBehavior();
  auto up = behavior.getScaleUp();
  if (!up.hasStabilizationWindowSeconds()) up.initStabilizationWindowSeconds().setValue(0);
  setRules(up, {{"Pods", 4}, {"Percent", 100}});
  setRules(behavior.getScaleDown(), {{"Percent", 100}});
}

void addAutoscalers(KindTable& table) {
  KindFacts stored = facts("kinds/autoscaling_v2.capnp");
  stored.storage = true;
  table.add<v2::HorizontalPodAutoscaler>(std::move(stored), {setWritten, validate, print});
  table.addStatus<v2::HorizontalPodAutoscaler>();
  table.add<v1::HorizontalPodAutoscaler>(facts("kinds/autoscaling_v1.capnp"), {setWrittenV1, validateV1, printV1});
  table.addStatus<v1::HorizontalPodAutoscaler>();
}

}  // namespace cleat::kinds::autoscaling
