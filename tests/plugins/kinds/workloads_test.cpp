// Deployments and ReplicaSets: their rules, rows and scale.
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using apps_v1::Deployment;
using apps_v1::ReplicaSet;
using autoscaling_v1::Scale;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Workloads : public KindsFixture {
 protected:
  Workloads() : KindsFixture("kinds-apps") {}

  static std::string deployment(std::string_view spec = "", std::string_view selector = "web",
                                std::string_view label = "web", std::string_view podSpec = "") {
    return concat(
        R"({"metadata":{"name":"web","namespace":"default"},"spec":{"selector":{"matchLabels":[{"key":"app","value":")",
        selector, R"("}]},"template":{"metadata":{"labels":[{"key":"app","value":")", label,
        R"("}]},"spec":{"containers":[{"name":"c","image":"i"}])", podSpec.empty() ? "" : ",", podSpec, "}}",
        spec.empty() ? "" : ",", spec, "}}");
  }

  Outcome<role::TransformResults> scale(Method<role::TransformParams, role::TransformResults> method,
                                        const Resource& of, std::vector<AnyRef> objects) {
    return plugin->call(method, [&](role::TransformParams::Builder params) { fillRef(params, of, "scale"); }, objects);
  }
};

TEST_F(Workloads, ThatAreRightPass) { EXPECT_THAT(findings<Deployment>(deployment()), IsEmpty()); }

TEST_F(Workloads, AreRefusedInKubernetesWords) {
  for (
      auto [manifest, finding] : std::vector<std::pair<std::string, std::string>>{
          {deployment("", "web", "other"),
           "spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: `selector` does not match template `labels`"},
          {deployment(R"("replicas":{"value":-1})"),
           "spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
          {deployment(R"("strategy":{"type":"Magic"})"),
           "spec.strategy: Unsupported value: {\"Type\":\"Magic\",\"RollingUpdate\":null}: supported values: \"Recreate\", "
           "\"RollingUpdate\""},
          {deployment(R"("strategy":{"type":"Recreate","rollingUpdate":{}})"),
           "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"},
          {deployment(R"("strategy":{"rollingUpdate":{"maxUnavailable":{"intVal":0},"maxSurge":{"intVal":0}}})"),
           "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"},
          {deployment(R"("strategy":{"rollingUpdate":{"maxSurge":{"strVal":"many"}}})"),
           "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"many\": a valid percent string must be a numeric string "
           "followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"},
          {deployment(R"("progressDeadlineSeconds":{"value":5},"minReadySeconds":10)"),
           "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"},
          {deployment("", "web", "web", R"("restartPolicy":"Never")"),
           "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""},
          {R"({"metadata":{"name":"web"},"spec":{"template":{"spec":{"containers":[{"name":"c","image":"i"}]}}}})",
           "spec.selector: Required value"},
          {R"({"metadata":{"name":"web"},"spec":{"selector":{},"template":{"spec":{"containers":[{"name":"c"}]}}}})",
           "spec.template.spec.containers[0].image: Required value"},
      }) {
    EXPECT_THAT(findings<Deployment>(manifest), Contains(finding)) << manifest;
  }
}

TEST_F(Workloads, KeepTheirSelector) {
  EXPECT_THAT(findings<Deployment>(deployment(), deployment("", "blue", "blue")),
              ElementsAre("spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"blue\"}}: field is immutable"));
}

TEST_F(Workloads, ShowTheirReplicas) {
  EXPECT_THAT(
      row<Deployment>(
          R"({"metadata":{"name":"web"},"spec":{"replicas":{"value":3},"selector":{"matchLabels":[{"key":"app","value":"web"}]},"template":{"spec":{"containers":[{"name":"a","image":"i"},{"name":"b","image":"j"}]}}},"status":{"readyReplicas":2,"updatedReplicas":3,"availableReplicas":1}})"),
      ElementsAre("web", "2/3", "3", "1", "<unknown>", "a,b", "i,j", "app=web"));
  EXPECT_THAT(
      row<ReplicaSet>(
          R"({"metadata":{"name":"web-1"},"spec":{"replicas":{"value":3},"selector":{"matchLabels":[{"key":"app","value":"web"}]}},"status":{"replicas":3,"readyReplicas":2}})"),
      ElementsAre("web-1", "3", "3", "2", "<unknown>", "", "", "app=web"));
}

TEST_F(Workloads, AreScaledThroughTheirScale) {
  Object<Deployment> web = object<Deployment>(
      R"({"metadata":{"name":"web","namespace":"default","uid":"u"},"spec":{"replicas":{"value":3},"selector":{"matchLabels":[{"key":"app","value":"web"}]}},"status":{"replicas":2}})");
  auto shown = scale(role::kinds::project, KindOf<Deployment>::resource, {web});
  ASSERT_TRUE(shown.ok()) << shown.status.message;
  Object<Scale> scaleNow = shown.answer.object<Scale>();
  EXPECT_EQ(scaleNow->getSpec().getReplicas(), 3);
  EXPECT_EQ(scaleNow->getStatus().getReplicas(), 2);
  EXPECT_EQ(view(scaleNow->getStatus().getSelector()), "app=web");

  auto scaled =
      scale(role::kinds::transform, KindOf<Deployment>::resource, {web, object<Scale>(R"({"spec":{"replicas":5}})")});
  ASSERT_TRUE(scaled.ok()) << scaled.status.message;
  EXPECT_EQ(scaled.answer.object<Deployment>(0)->getSpec().getReplicas().getValue(), 5);
  EXPECT_EQ(scaled.answer.object<Scale>(1)->getSpec().getReplicas(), 5);

  auto refused = scale(role::kinds::transform, KindOf<Deployment>::resource,
                       {web, object<Scale>(R"({"metadata":{"name":"web"},"spec":{"replicas":-1}})")});
  EXPECT_EQ(
      refused.status.message,
      "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0");
}

}  // namespace
}  // namespace cleat::test
