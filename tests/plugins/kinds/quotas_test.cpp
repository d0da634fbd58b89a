// The rules of limit ranges and resource quotas.
#include <cleat/sdk/kinds/core_v1_quota.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::LimitRange;
using core_v1::ResourceQuota;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct WrongFields {
  const char* fields;
  std::vector<std::string> findings;
};

class QuotaKinds : public KindsFixture {
 protected:
  QuotaKinds() : KindsFixture("kinds-core") {}

  static std::string range(std::string_view item) {
    return concat(R"({"metadata":{"name":"l"},"spec":{"limits":[{)", item, "}]}}");
  }
  static std::string quota(std::string_view spec) { return concat(R"({"metadata":{"name":"q"},"spec":{)", spec, "}}"); }
};

TEST_F(QuotaKinds, LimitRangesOfContainersAreFilledIn) {
  auto range = defaulted<LimitRange>(
      QuotaKinds::range(R"("type":"Container","max":[{"key":"cpu","value":"2"},{"key":"memory","value":"1Gi"}],
        "min":[{"key":"cpu","value":"100m"},{"key":"ephemeral-storage","value":"1"}],
        "default":[{"key":"cpu","value":"1500u"}])"));
  auto item = range->getSpec().getLimits()[0];
  EXPECT_EQ(valueIn(item.getDefault(), "cpu"), "2m") << "no finer than thousandths";
  EXPECT_EQ(valueIn(item.getDefault(), "memory"), "1Gi");
  EXPECT_EQ(valueIn(item.getDefaultRequest(), "cpu"), "2m");
  EXPECT_EQ(valueIn(item.getDefaultRequest(), "memory"), "1Gi");
  EXPECT_EQ(valueIn(item.getDefaultRequest(), "ephemeral-storage"), "1");
  auto ofPods = defaulted<LimitRange>(QuotaKinds::range(R"("type":"Pod","max":[{"key":"cpu","value":"2"}])"));
  EXPECT_EQ(ofPods->getSpec().getLimits()[0].getDefault().size(), 0u);
}

TEST_F(QuotaKinds, LimitRangesSayWhatIsWrong) {
  const WrongFields cases[] = {
      {R"("type":"Gadget")",
       {"spec.limits[0].type: Invalid value: \"Gadget\": must be a standard limit type or fully qualified"}},
      {R"("type":"Pod","max":[{"key":"storage","value":"1"}])",
       {"spec.limits[0].max[storage]: Invalid value: \"storage\": must be a standard resource for containers"}},
      {R"("type":"Pod","default":[{"key":"cpu","value":"1"}],"defaultRequest":[{"key":"cpu","value":"1"}])",
       {"spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
        "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'"}},
      {R"("type":"PersistentVolumeClaim","max":[{"key":"odd","value":"1"}])",
       {"spec.limits[0].max[odd]: Invalid value: \"odd\": must be a standard resource type or fully qualified",
        "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was "
        "provided"}},
      {R"("type":"Container","min":[{"key":"cpu","value":"3"}],"max":[{"key":"cpu","value":"2"}])",
       {"spec.limits[0].min[cpu]: Invalid value: \"3\": min value 3 is greater than max value 2",
        "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": min value 3 is greater than default request value 2",
        "spec.limits[0].default[cpu]: Invalid value: \"3\": min value 3 is greater than default value 2"}},
      {R"("type":"Container","defaultRequest":[{"key":"cpu","value":"3"}],"max":[{"key":"cpu","value":"2"}])",
       {"spec.limits[0].defaultRequest[cpu]: Invalid value: \"3\": default request value 3 is greater than max value 2",
        "spec.limits[0].defaultRequest[cpu]: Invalid value: \"3\": default request value 3 is greater than default limit "
        "value 2"}},
      {R"("type":"Container","default":[{"key":"cpu","value":"3"}],"defaultRequest":[{"key":"cpu","value":"1"}],
          "max":[{"key":"cpu","value":"2"}])",
       {"spec.limits[0].default[cpu]: Invalid value: \"2\": default value 3 is greater than max value 2"}},
      {R"("type":"Pod","maxLimitRequestRatio":[{"key":"cpu","value":"500m"}])",
       {"spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"500m\": ratio 500m is less than 1"}},
      {R"("type":"Pod","min":[{"key":"cpu","value":"1"}],"max":[{"key":"cpu","value":"2"}],
          "maxLimitRequestRatio":[{"key":"cpu","value":"3"}])",
       {"spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"3\": ratio 3 is greater than max/min = 2.000000"}},
      {R"("type":"Container","default":[{"key":"example.com/gpu","value":"2"}],
          "defaultRequest":[{"key":"example.com/gpu","value":"1"}])",
       {"spec.limits[0].defaultRequest[example.com/gpu]: Invalid value: \"1\": default value 2 must equal to "
        "defaultRequest value 1 in example.com/gpu"}},
  };
  for (const WrongFields& wrong : cases) {
    EXPECT_EQ(findings<LimitRange>(range(wrong.fields)), wrong.findings) << wrong.fields;
  }
  EXPECT_THAT(findings<LimitRange>(range(R"("type":"Pod"},{"type":"Pod")")),
              ElementsAre("spec.limits[1].type: Duplicate value: \"Pod\""));
  EXPECT_THAT(findings<LimitRange>(range(R"("type":"PersistentVolumeClaim","min":[{"key":"storage","value":"1Gi"}])")),
              IsEmpty());
}

TEST_F(QuotaKinds, ResourceQuotasSayWhatIsWrong) {
  const WrongFields cases[] = {
      {R"("hard":[{"key":"storage","value":"1"}])",
       {"spec.hard[storage]: Invalid value: \"storage\": must be a standard resource for quota"}},
      {R"("hard":[{"key":"odd","value":"1"}])",
       {"spec.hard[odd]: Invalid value: \"odd\": must be a standard resource type or fully qualified",
        "spec.hard[odd]: Invalid value: \"odd\": must be a standard resource for quota"}},
      {R"("hard":[{"key":"pods","value":"-1"}])",
       {"spec.hard[pods]: Invalid value: \"-1\": must be greater than or equal to 0"}},
      {R"("hard":[{"key":"pods","value":"1500m"}])", {"spec.hard[pods]: Invalid value: \"1500m\": must be an integer"}},
      {R"("scopes":["Odd"])", {"spec.scopes: Invalid value: [\"Odd\"]: unsupported scope"}},
      {R"("scopes":["BestEffort"],"hard":[{"key":"cpu","value":"1"}])",
       {"spec.scopes: Invalid value: [\"BestEffort\"]: unsupported scope applied to resource"}},
      {R"("scopes":["BestEffort","NotBestEffort"])",
       {"spec.scopes: Invalid value: [\"BestEffort\",\"NotBestEffort\"]: conflicting scopes"}},
      {R"("scopeSelector":{"matchExpressions":[{"scopeName":"Terminating","operator":"In","values":["a"]}]})",
       {"spec.scopeSelector.matchExpressions.operator: Invalid value: \"In\": must be 'Exists' when scope is any of "
        "ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
        "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"}},
      {R"("scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"In"}]})",
       {"spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' "
        "or 'NotIn' for scope selector"}},
      {R"("scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"Exists","values":["a"]}]})",
       {"spec.scopeSelector.matchExpressions.values: Invalid value: [\"a\"]: must be no value when `operator` is 'Exist' "
        "or 'DoesNotExist' for scope selector"}},
      {R"("scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"Odd"}]})",
       {"spec.scopeSelector.matchExpressions.operator: Invalid value: \"Odd\": not a valid selector operator"}},
      {R"("hard":[{"key":"requests.storage","value":"1"}],
          "scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"Exists"}]})",
       {"spec.scopeSelector.matchExpressions: Invalid value: "
        "{\"MatchExpressions\":[{\"ScopeName\":\"PriorityClass\",\"Operator\":\"Exists\",\"Values\":null}]}: unsupported "
        "scope applied to resource"}},
  };
  for (const WrongFields& wrong : cases) {
    EXPECT_EQ(findings<ResourceQuota>(quota(wrong.fields)), wrong.findings) << wrong.fields;
  }
  EXPECT_THAT(findings<ResourceQuota>(quota(R"("scopes":["VolumeAttributesClass"],"hard":[
    {"key":"count/deployments.apps","value":"1"},{"key":"persistentvolumeclaims","value":"1"},
    {"key":"gold.storageclass.storage.k8s.io/requests.storage","value":"1Gi"}])")),
              IsEmpty());
}

TEST_F(QuotaKinds, ScopesAreForGood) {
  EXPECT_THAT(findings<ResourceQuota>(quota(R"("scopes":["BestEffort"])"), quota(R"("scopes":["Terminating"])")),
              ElementsAre("spec.scopes: Invalid value: [\"Terminating\"]: field is immutable"));
  EXPECT_THAT(findings<ResourceQuota>(quota(R"("hard":[{"key":"pods","value":"1"}])"),
                                      quota(R"("hard":[{"key":"pods","value":"2"}])")),
              IsEmpty());
}

TEST_F(QuotaKinds, LessMayBeAskedForThanUsed) {
  auto odd = object<ResourceQuota>(quota(
      R"("hard":[{"key":"limits.cpu","value":"1"},{"key":"limits.memory","value":"1Gi"},{"key":"memory","value":"2Gi"},
        {"key":"requests.cpu","value":"2"}])"));
  EXPECT_THAT(validated(odd).warnings,
              ElementsAre("ResourceQuota requests.cpu (2) should be less than limits.cpu (1)",
                          "ResourceQuota memory (2Gi) should be less than limits.memory (1Gi)"));
}

TEST_F(QuotaKinds, AreShownWithWhatIsTaken) {
  EXPECT_THAT(
      row<ResourceQuota>(concat(
          R"({"metadata":{"name":"q","creationTimestamp":")", ago(std::chrono::seconds(90)),
          R"("},"status":{"hard":[{"key":"limits.cpu","value":"4"},{"key":"pods","value":"5"},{"key":"secrets","value":"1"}],
                     "used":[{"key":"limits.cpu","value":"500m"},{"key":"pods","value":"2"}]}})")),
      ElementsAre("q", "pods: 2/5, secrets: 0/1", "limits.cpu: 500m/4", "90s"));
}

}  // namespace
}  // namespace cleat::test
