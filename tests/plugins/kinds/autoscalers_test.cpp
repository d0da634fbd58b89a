// HorizontalPodAutoscalers: their defaults, rules and rows, and the way from one version to the other and back.
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/kinds/autoscaling_v2.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using V1 = autoscaling_v1::HorizontalPodAutoscaler;
using V2 = autoscaling_v2::HorizontalPodAutoscaler;

class Autoscalers : public KindsFixture {
 protected:
  Autoscalers() : KindsFixture("kinds-autoscaling") {}

  template <class To, class From>
  Object<To> converted(const Object<From>& object) {
    auto ask = [](role::ConvertParams::Builder params) {
      fillRef(params, KindOf<From>::resource);
      params.setVersion(str(KindOf<To>::resource.version));
    };
    auto outcome = plugin->call(role::kinds::convert, ask, {object});
    return outcome.answer.template object<To>();
  }
};

constexpr const char* kFull = R"({"metadata":{"name":"a"},"spec":{
  "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"},"minReplicas":{"value":2},"maxReplicas":9,
  "metrics":[
    {"type":"Object","object":{"describedObject":{"kind":"Ingress","name":"i"},"metric":{"name":"hits"},
      "target":{"type":"Value","value":"2k"}}},
    {"type":"Pods","pods":{"metric":{"name":"rps","selector":{"matchLabels":[{"key":"a","value":"b"}],
      "matchExpressions":[{"key":"c","operator":"In","values":["d"]}]}},"target":{"type":"AverageValue","averageValue":"100"}}},
    {"type":"External","external":{"metric":{"name":"queue"},"target":{"type":"AverageValue","averageValue":"5"}}},
    {"type":"ContainerResource","containerResource":{"name":"cpu","container":"c",
      "target":{"type":"Utilization","averageUtilization":{"value":70}}}},
    {"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"1Gi"}}},
    {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":{"value":60}}}}],
  "behavior":{"scaleUp":{"selectPolicy":"Min","policies":[{"type":"Pods","value":1,"periodSeconds":5}],
      "stabilizationWindowSeconds":{"value":0},"tolerance":"100m"},
    "scaleDown":{"selectPolicy":"Max","policies":[{"type":"Percent","value":100,"periodSeconds":15}]}}},
 "status":{"observedGeneration":{"value":3},"currentReplicas":3,"desiredReplicas":4,
  "currentMetrics":[{"type":"Resource","resource":{"name":"cpu","current":{"averageValue":"100m",
    "averageUtilization":{"value":41}}}}],
  "conditions":[{"type":"AbleToScale","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z","reason":"R",
    "message":"m","observedGeneration":"3"}]}})";

TEST_F(Autoscalers, LoseNothingOnTheWayToV1AndBack) {
  Object<V2> full = object<V2>(kFull);
  Object<V1> older = converted<V1>(full);
  ASSERT_TRUE(older);
  EXPECT_EQ(older->getSpec().getTargetCPUUtilizationPercentage().getValue(), 60);
  EXPECT_EQ(older->getStatus().getCurrentCPUUtilizationPercentage().getValue(), 41);
  EXPECT_EQ(older->getMetadata().getAnnotations().size(), 4u);
  EXPECT_EQ(json(*converted<V2>(older)), json(*full));
}

TEST_F(Autoscalers, NameTheRestAsKubernetesDoes) {
  Object<V1> older = converted<V1>(object<V2>(kFull));
  std::map<std::string, std::string> notes;
  for (auto entry : older->getMetadata().getAnnotations()) notes[str(entry.getKey())] = str(entry.getValue());
  EXPECT_THAT(
      notes["autoscaling.alpha.kubernetes.io/metrics"],
      HasSubstr(R"({"type":"Object","object":{"target":{"kind":"Ingress","name":"i"},"metricName":"hits",)"
                R"("targetValue":"2k"}},{"type":"Pods","pods":{"metricName":"rps","targetAverageValue":"100",)"));
  EXPECT_EQ(notes["autoscaling.alpha.kubernetes.io/behavior"],
            R"({"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Min","Policies":[{"Type":"Pods","Value":1,)"
            R"("PeriodSeconds":5}],"Tolerance":"100m"},"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":)"
            R"("Max","Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}})");
  EXPECT_EQ(
      notes["autoscaling.alpha.kubernetes.io/current-metrics"],
      R"([{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":41,"currentAverageValue":"100m"}}])");
}

TEST_F(Autoscalers, OverlookAnnotationsThatSayNothing) {
  Object<V2> made = converted<V2>(object<V1>(
      R"({"metadata":{"name":"a","annotations":[{"key":"autoscaling.alpha.kubernetes.io/behavior","value":"7"},
          {"key":"autoscaling.alpha.kubernetes.io/metrics","value":"[{"},{"key":"kept","value":"x"}]},
          "spec":{"maxReplicas":3}})"));
  ASSERT_TRUE(made);
  ASSERT_EQ(made->getMetadata().getAnnotations().size(), 1u);
  EXPECT_FALSE(made->getSpec().hasBehavior());
  ASSERT_EQ(made->getSpec().getMetrics().size(), 1u);
  EXPECT_EQ(made->getSpec().getMetrics()[0].getResource().getTarget().getAverageUtilization().getValue(), 80);
}

TEST_F(Autoscalers, AreFilledIn) {
  Object<V2> made = defaulted<V2>(R"({"metadata":{"name":"a"},"spec":{"maxReplicas":3,"behavior":{}}})");
  EXPECT_EQ(made->getSpec().getMinReplicas().getValue(), 1);
  EXPECT_EQ(made->getSpec().getMetrics().size(), 1u);
  auto behavior = made->getSpec().getBehavior();
  EXPECT_EQ(behavior.getScaleUp().getPolicies().size(), 2u);
  EXPECT_TRUE(behavior.getScaleUp().hasStabilizationWindowSeconds());
  EXPECT_EQ(behavior.getScaleDown().getPolicies().size(), 1u);
  EXPECT_FALSE(behavior.getScaleDown().hasStabilizationWindowSeconds());
}

TEST_F(Autoscalers, SayWhatIsWrong) {
  EXPECT_THAT(
      findings<V2>(
          R"({"metadata":{"name":"a"},"spec":{"minReplicas":{"value":0},"maxReplicas":0,"metrics":[{"type":"Odd"},
        {"type":"Pods","resource":{"name":"cpu","target":{"type":"Value","averageUtilization":{"value":0}}}}]}})"),
      ElementsAre("spec.scaleTargetRef.kind: Required value", "spec.scaleTargetRef.name: Required value",
                  "spec.scaleTargetRef.apiVersion: Invalid value: \"\": apiVersion must specify API group",
                  "spec.metrics[0].type: Unsupported value: \"Odd\": supported values: \"ContainerResource\", "
                  "\"External\", \"Object\", \"Pods\", \"Resource\"",
                  "spec.metrics[1].resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
                  "spec.metrics[1].pods: Required value: must populate information for the given metric source",
                  "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to "
                  "zero replicas",
                  "spec.maxReplicas: Required value"));
  EXPECT_THAT(
      findings<V2>(
          R"({"metadata":{"name":"a"},"spec":{"scaleTargetRef":{"apiVersion":"g/v1","kind":"D","name":"d"},"maxReplicas":1,
        "behavior":{"scaleUp":{"stabilizationWindowSeconds":{"value":4000},"selectPolicy":"Odd",
        "policies":[{"type":"Odd","value":0,"periodSeconds":2000}]},"scaleDown":{"policies":[]}}}})"),
      ElementsAre("spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 4000: must be less than or "
                  "equal to 3600",
                  "spec.behavior.scaleUp.selectPolicy: Unsupported value: \"Odd\": supported values: "
                  "\"Disabled\", \"Max\", \"Min\"",
                  "spec.behavior.scaleUp.policies[0].type: Unsupported value: \"Odd\": supported values: "
                  "\"Percent\", \"Pods\"",
                  "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
                  "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 2000: must be less than or "
                  "equal to 1800",
                  "spec.behavior.scaleDown.policies: Required value: must specify at least one Policy"));
  EXPECT_THAT(
      findings<V1>(
          R"({"metadata":{"name":"a"},"spec":{"scaleTargetRef":{"apiVersion":"g/v1","kind":"D","name":"d"},"maxReplicas":1,
                               "targetCPUUtilizationPercentage":{"value":0}}})"),
      ElementsAre("spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0"));
}

TEST_F(Autoscalers, ShowTheirMetrics) {
  EXPECT_THAT(row(object<V2>(kFull)), ElementsAre("a", "Deployment/web", "<unknown>/2k, <unknown>/100 + 4 more...", "2",
                                                  "9", "3", "<unknown>"));
}

}  // namespace
}  // namespace cleat::test
