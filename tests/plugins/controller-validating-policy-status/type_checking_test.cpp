// What would fail in the expressions of a policy, by the types of what it is about.
#include "plugins/controller-validating-policy-status/type_checking.h"

#include <cleat/sdk/object.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy-common/struct_types.h"

namespace cleat::policy {
namespace {

namespace v1 = admissionregistration_v1;
using testing::HasSubstr;
using testing::IsEmpty;

CheckedKind kindOf(const char* group, const char* kind) {
  return {group, "v1", kind, objectTypeOf(*structOf({group, "v1", kind}))};
}

std::vector<ExpressionWarning> warningsOf(const char* expression, const char* message, std::vector<CheckedKind> kinds) {
  Draft<v1::ValidatingAdmissionPolicy> policy;
  auto spec = policy->initSpec();
  auto variable = spec.initVariables(1)[0];
  variable.setName("spec");
  variable.setExpression("object.spec");
  auto validation = spec.initValidations(1)[0];
  validation.setExpression(expression);
  validation.setMessageExpression(message);
  return checkTypesOf(spec.asReader(), kinds, cel::types::dyn());
}

TEST(TypeChecking, HasNothingAgainstWhatIsRight) {
  EXPECT_THAT(warningsOf("object.spec.replicas > 1 && variables.spec.paused", "object.metadata.name",
                         {kindOf("apps", "Deployment")}),
              IsEmpty());
  EXPECT_THAT(warningsOf("object.spec.nothing", "", {}), IsEmpty());
}

TEST(TypeChecking, SaysWhichKindAnExpressionFailsFor) {
  const auto warnings = warningsOf("object.spec.replicas > 1", "object.spec.nothing",
                                   {kindOf("apps", "Deployment"), kindOf("apps", "DaemonSet"), kindOf("", "Pod")});
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0].fieldRef, "spec.validations[0].expression");
  EXPECT_EQ(warnings[0].warning,
            "apps/v1, Kind=DaemonSet: ERROR: <input>:1:12: undefined field 'replicas'\n | object.spec.replicas > 1\n"
            " | ...........^\n\nv1, Kind=Pod: ERROR: <input>:1:12: undefined field 'replicas'\n"
            " | object.spec.replicas > 1\n | ...........^\n");
  EXPECT_EQ(warnings[1].fieldRef, "spec.validations[0].messageExpression");
  EXPECT_THAT(warnings[1].warning,
              HasSubstr("apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'nothing'"));
}

// As in Kubernetes, what a variable holds that is no plain value may be anything.
TEST(TypeChecking, DoesNotLookIntoVariables) {
  EXPECT_THAT(warningsOf("variables.spec.nothing > 1", "", {kindOf("apps", "Deployment")}), IsEmpty());
}

}  // namespace
}  // namespace cleat::policy
