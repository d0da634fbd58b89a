// resource.k8s.io: one wrong object for each rule, and what the server answers.
#include <cleat/sdk/kinds/resource_v1.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using resource_v1::DeviceClass;
using resource_v1::DeviceTaintRule;
using resource_v1::ResourceClaim;
using resource_v1::ResourceClaimTemplate;
using resource_v1::ResourceSlice;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Rule {
  std::string wrong;                  // what of the object is wrong
  std::vector<std::string> findings;  // how the server says it
};

constexpr const char* kLabelForm =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kSubdomainForm =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr const char* kNoSuchRequest =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

std::string many(const std::string& one, int count) {
  std::string all = one;
  for (int i = 1; i < count; ++i) all += "," + one;
  return all;
}

class ResourceKinds : public KindsFixture {
 protected:
  ResourceKinds() : KindsFixture("kinds-resource") {}

  static std::string claim(const std::string& devices) {
    return R"({"metadata":{"name":"c","namespace":"n"},"spec":{"devices":{)" + devices + "}}}";
  }
  static std::string slice(const std::string& more, const std::string& where = R"("allNodes":{"value":true},)") {
    return R"({"metadata":{"name":"s"},"spec":{"driver":"d.example.com","pool":{"name":"p","generation":1,)"
           R"("resourceSliceCount":1},)" +
           where + more + "}}";
  }
  static std::string device(const std::string& more) { return slice(R"("devices":[{"name":"d",)" + more + "}]"); }

  template <class K>
  void check(const std::vector<Rule>& rules, std::string (*whole)(const std::string&)) {
    for (const Rule& rule : rules) {
      EXPECT_THAT(findings<K>(whole(rule.wrong)), ElementsAreArray(rule.findings)) << rule.wrong;
    }
  }
};

TEST_F(ResourceKinds, AClaimIsFilledIn) {
  const std::string full = json(
      *defaulted<ResourceClaim>(claim(R"("requests":[{"name":"a","exactly":{"deviceClassName":"c","tolerations":[{}],
        "derivedAttributes":[{"name":"x"}]}},{"name":"b","firstAvailable":[{"name":"s","allocationMode":"All"}]}])")));
  EXPECT_THAT(full, HasSubstr(R"("allocationMode":"ExactCount","count":"1","tolerations":[{"operator":"Equal"}]})"));
  EXPECT_THAT(full, HasSubstr(R"("firstAvailable":[{"name":"s","allocationMode":"All","count":"0"}])"));
}

TEST_F(ResourceKinds, WhatAClaimAsksFor) {
  const std::string wanted = R"("exactly":{"deviceClassName":"c"}})";
  check<ResourceClaim>(
      {
          {R"("requests":[{"name":"a",)" + wanted + "]", {}},
          {R"("requests":[{"name":"A",)" + wanted + "]",
           {concat("spec.devices.requests[0].name: Invalid value: \"A\": ", kLabelForm)}},
          {R"("requests":[{"name":"a"}])",
           {"spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"}},
          {R"("requests":[{"name":"a","exactly":{"deviceClassName":"c"},"firstAvailable":[{"name":"b","deviceClassName":"c"}]}])",
           {"spec.devices.requests[0]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, "
            "but multiple fields are set"}},
          {R"("requests":[{"name":"a","exactly":{}}])",
           {"spec.devices.requests[0].exactly.deviceClassName: Required value"}},
          {R"("requests":[{"name":"a","exactly":{"deviceClassName":"c","allocationMode":"Some"}}])",
           {"spec.devices.requests[0].exactly.allocationMode: Unsupported value: \"Some\": supported values: \"All\", "
            "\"ExactCount\""}},
          {R"("requests":[{"name":"a","exactly":{"deviceClassName":"c","count":-1}}])",
           {"spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero"}},
          {R"("requests":[{"name":"a","exactly":{"deviceClassName":"c","allocationMode":"All","count":2}}])",
           {"spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is "
            "'All'"}},
          {R"("requests":[{"name":"a","exactly":{"deviceClassName":"c","selectors":[{}]}}])",
           {"spec.devices.requests[0].exactly.selectors[0].cel: Required value"}},
          {R"("requests":[{"name":"a","exactly":{"deviceClassName":"c","selectors":[)" +
               many(R"({"cel":{"expression":"true"}})", 33) + "]}}]",
           {"spec.devices.requests[0].exactly.selectors: Too many: 33: must have at most 32 items"}},
          {R"("requests":[{"name":"a","exactly":{"deviceClassName":"c","selectors":[{"cel":{"expression":")" +
               std::string(10241, 'x') + R"("}}]}}])",
           {"spec.devices.requests[0].exactly.selectors[0].cel.expression: Too long: may not be more than 10240 bytes"}},
          {R"("requests":[{"name":"a","exactly":{"deviceClassName":"c","tolerations":[{"key":"k","operator":"Exists","value":"v"},
              {"key":"k","operator":"Like"},{"key":"k","effect":"Never"}]}}])",
           {"spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: \"v\": must be empty for operator "
            "`Exists`",
            "spec.devices.requests[0].exactly.tolerations[1].operator: Unsupported value: \"Like\": supported values: "
            "\"Equal\", \"Exists\"",
            "spec.devices.requests[0].exactly.tolerations[2].effect: Unsupported value: \"Never\": supported values: "
            "\"NoExecute\", \"NoSchedule\", \"None\""}},
          {R"("requests":[{"name":"a","firstAvailable":[{"name":"b"}]}])",
           {"spec.devices.requests[0].firstAvailable[0].deviceClassName: Required value"}},
          {R"("requests":[{"name":"a","firstAvailable":[)" + many(R"({"name":"b","deviceClassName":"c"})", 9) + "]}]",
           {"spec.devices.requests[0].firstAvailable: Too many: 9: must have at most 8 items"}},
          {R"("requests":[)" + many(R"({"name":"a",)" + wanted, 33) + "]",
           {"spec.devices.requests: Too many: 33: must have at most 32 items"}},
          {R"("requests":[{"name":"a",)" + wanted + R"(,{"name":"a",)" + wanted + "]",
           {"spec.devices.requests[1]: Duplicate value: {\"name\":\"a\",\"exactly\":{\"deviceClassName\":\"c\","
            "\"allocationMode\":\"ExactCount\",\"count\":1}}"}},
      },
      claim);
}

TEST_F(ResourceKinds, WhatHoldsBetweenAClaimsDevicesAndHowTheyAreSetUp) {
  const std::string requests = R"("requests":[{"name":"a","exactly":{"deviceClassName":"c"}}],)";
  check<ResourceClaim>(
      {
          {requests + R"("constraints":[{}])",
           {"spec.devices.constraints[0]: Required value: exactly one of \"matchAttribute\" or \"distinctAttribute\" is "
            "required, but multiple fields are set"}},
          {requests + R"("constraints":[{"requests":["b","a/b","a/b/c"],"matchAttribute":"d.example.com/x"}])",
           {concat("spec.devices.constraints[0].requests[0]: Invalid value: \"b\": ", kNoSuchRequest),
            concat("spec.devices.constraints[0].requests[1]: Invalid value: \"a/b\": ", kNoSuchRequest),
            concat("spec.devices.constraints[0].requests[2]: Invalid value: \"a/b/c\": ", kNoSuchRequest)}},
          {requests + R"("constraints":[{"requests":["a","a"],"matchAttribute":"d.example.com/x"}])",
           {"spec.devices.constraints[0].requests[1]: Duplicate value: \"a\""}},
          {requests + R"("constraints":[{"matchAttribute":"x"}])",
           {"spec.devices.constraints[0].matchAttribute: Invalid value: \"x\": a fully qualified name must be a domain "
            "and a name separated by a slash"}},
          {requests + R"("config":[{}])", {"spec.devices.config[0].opaque: Required value"}},
          {requests + R"("config":[{"opaque":{"driver":"","parameters":"[]"}}])",
           {"spec.devices.config[0].opaque.parameters: Invalid value: \"<value omitted>\": must be a valid JSON object",
            "spec.devices.config[0].opaque.driver: Required value"}},
          {requests + R"("config":[{"opaque":{"driver":")" + std::string(64, 'd') + R"(","parameters":"{}"}}])",
           {"spec.devices.config[0].opaque.driver: Too long: may not be more than 63 characters"}},
      },
      claim);
}

TEST_F(ResourceKinds, AClaimStaysAsItIs) {
  const std::string before = claim(R"("requests":[{"name":"a","exactly":{"deviceClassName":"c"}}])");
  const std::string after = claim(R"("requests":[{"name":"b","exactly":{"deviceClassName":"c"}}])");
  EXPECT_THAT(findings<ResourceClaim>(before, before), IsEmpty());
  EXPECT_THAT(findings<ResourceClaim>(before, after), ElementsAre("spec: Invalid value: null: field is immutable"));
}

TEST_F(ResourceKinds, WhatWasAllocated) {
  const std::string head = R"({"metadata":{"name":"c","namespace":"n"},"spec":{"devices":{"requests":[{"name":"a",
      "exactly":{"deviceClassName":"c"}}]}},"status":{)";
  const Object<ResourceClaim> before = object<ResourceClaim>(head + "}}");
  const std::string good =
      R"("allocation":{"devices":{"results":[{"request":"a","driver":"d.example.com","pool":"p","device":"d"}]}})";
  const Object<ResourceClaim> allocated = object<ResourceClaim>(head + good + "}}");
  auto said = [&](const std::string& status, const Object<ResourceClaim>& old) {
    return validated(object<ResourceClaim>(head + status + "}}"), old, "status").findings;
  };
  EXPECT_THAT(said(good, before), IsEmpty());
  EXPECT_THAT(said(R"("reservedFor":[{}])", before),
              ElementsAre("status.reservedFor[0].resource: Required value",
                          "status.reservedFor[0].name: Required value", "status.reservedFor[0].uid: Required value",
                          "status.reservedFor: Forbidden: may not be specified when `allocated` is not set"));
  EXPECT_THAT(
      said(R"("allocation":{"devices":{"results":[{"request":"b","driver":"","pool":"P","device":"d","shareID":"x",
      "bindingConditions":["a"]}]}})",
           before),
      ElementsAre(
          concat("status.allocation.devices.results[0].request: Invalid value: \"b\": ", kNoSuchRequest),
          "status.allocation.devices.results[0].bindingFailureConditions: Invalid value: null: "
          "bindingFailureConditions are required to use bindingConditions",
          "status.allocation.devices.results[0].driver: Required value",
          concat("status.allocation.devices.results[0].pool: Invalid value: \"P\": segment 0: ", kSubdomainForm),
          "status.allocation.devices.results[0].shareID: Invalid value: \"x\": must be a lowercase UUID "
          "in 8-4-4-4-12 format"));
  EXPECT_THAT(
      said(R"("allocation":{"devices":{"results":[{"request":"a","driver":"d.example.com","pool":"p","device":"e"}]}})",
           allocated),
      ElementsAre("status.allocation: Invalid value: null: field cannot be modified once set"));
  EXPECT_THAT(said("", allocated), IsEmpty()) << "it can be given back";
  EXPECT_THAT(
      said(good +
               R"(,"devices":[{"driver":"d.example.com","pool":"p","device":"e","networkData":{"ips":["10.0.0.1"]}}])",
           allocated),
      ElementsAre(HasSubstr("status.devices[0]: Invalid value: "),
                  "status.devices[0].networkData.ips[0]: Invalid value: \"10.0.0.1\": must be a valid address in "
                  "CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"));
}

TEST_F(ResourceKinds, WhatIsSaidOfADeviceGoesWithIt) {
  const std::string head = R"({"metadata":{"name":"c","namespace":"n"},"status":{)";
  const std::string devices = R"("devices":[{"driver":"d","pool":"p","device":"x"}])";
  const Object<ResourceClaim> old = object<ResourceClaim>(
      head + R"("allocation":{"devices":{"results":[{"driver":"d","pool":"p","device":"x"}]}},)" + devices + "}}");
  const Object<ResourceClaim> now = defaulted(object<ResourceClaim>(head + devices + "}}"), old, "status");
  EXPECT_EQ(now->getStatus().getDevices().size(), 0u);
}

TEST_F(ResourceKinds, TemplatesTakeLabelsAndAnnotationsOnly) {
  const std::string spec = R"("spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"c"}}]}})";
  EXPECT_THAT(findings<ResourceClaimTemplate>(
                  R"({"metadata":{"name":"t"},"spec":{"metadata":{"name":"x","labels":[{"key":"a","value":"b"}]},)" +
                  spec + "}}"),
              ElementsAre("spec.metadata.name: Forbidden: cannot be set"));
}

TEST_F(ResourceKinds, WhereASlicesDevicesAre) {
  EXPECT_THAT(findings<ResourceSlice>(slice(R"("devices":[])")), IsEmpty());
  EXPECT_THAT(findings<ResourceSlice>(slice(R"("devices":[])", "")),
              ElementsAre("spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, "
                          "`perDeviceNodeSelection` is required"));
  EXPECT_THAT(
      findings<ResourceSlice>(slice(R"("nodeName":"n","devices":[])")),
      ElementsAre("spec: Invalid value: \"{`nodeName`, `allNodes`}\": exactly one of `nodeName`, `nodeSelector`, "
                  "`allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set"));
  EXPECT_THAT(
      findings<ResourceSlice>(slice(R"("nodeSelector":{"nodeSelectorTerms":[{},{}]},"devices":[])", "")),
      ElementsAre("spec.nodeSelector.nodeSelectorTerms: Invalid value: [{\"MatchExpressions\":null,"
                  "\"MatchFields\":null},{\"MatchExpressions\":null,\"MatchFields\":null}]: must have exactly one "
                  "node selector term"));
  EXPECT_THAT(
      findings<ResourceSlice>(
          R"({"metadata":{"name":"s"},"spec":{"driver":"","pool":{"name":"","generation":-1},"allNodes":{"value":false}}})"),
      ElementsAre("spec.driver: Required value", "spec.pool.name: Required value",
                  "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
                  "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
                  "spec.allNodes: Invalid value: false: must be either unset or set to true",
                  "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, "
                  "`perDeviceNodeSelection` is required"));
}

TEST_F(ResourceKinds, WhatADeviceIs) {
  check<ResourceSlice>(
      {
          {R"("attributes":[{"key":"model","value":{"string":"A"}},{"key":"d.example.com/v","value":{"version":"1.2.3-rc.1+b"}}])",
           {}},
          {R"("attributes":[{"key":"1x","value":{"bool":{"value":false}}}])",
           {"spec.devices[0].attributes: Invalid value: \"1x\": a valid C identifier must start with alphabetic character "
            "or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or "
            "'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"}},
          {R"("attributes":[{"key":"v","value":{"version":"1.2"}}])",
           {"spec.devices[0].attributes[v].version: Invalid value: \"1.2\": must be a string compatible with semver.org "
            "spec 2.0.0"}},
          {R"("attributes":[{"key":"v","value":{"string":")" + std::string(65, 'x') + R"("}}])",
           {"spec.devices[0].attributes[v].string: Too long: may not be more than 64 bytes"}},
          {R"("attributes":[{"key":"v","value":{}}])",
           {"spec.devices[0].attributes[v]: Invalid value: \"\": must specify one of: `int`, `bool`, `string`, `version`, "
            "`ints`, `bools`, `strings`, `versions`"}},
          {R"("attributes":[{"key":"v","value":{"int":{"value":1},"string":"x"}}])",
           {"spec.devices[0].attributes[v]: Invalid value: \"{int, string}\": must specify exactly one of: `int`, "
            "`bool`, `string`, `version`, `ints`, `bools`, `strings`, `versions`"}},
          {R"("capacity":[{"key":"m","value":{"value":"1","requestPolicy":{}}}])",
           {"spec.devices[0].capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true"}},
          {R"("nodeName":"n")",
           {"spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if "
            "`perDeviceNodeSelection` is set to true in the ResourceSlice spec"}},
          {R"("taints":[{"key":"","effect":"Never"}])",
           {"spec.devices[0].taints[0].key: Invalid value: \"\": name part must be non-empty",
            "spec.devices[0].taints[0].key: Invalid value: \"\": name part must consist of alphanumeric characters, '-', "
            "'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or "
            "'123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            "spec.devices[0].taints[0].effect: Unsupported value: \"Never\": supported values: \"NoExecute\", "
            "\"NoSchedule\", \"None\""}},
          {R"("consumesCounters":[{}])",
           {"spec.devices[0].consumesCounters[0].counterSet: Required value",
            "spec.devices[0].consumesCounters[0].counters: Required value"}},
          {R"("bindingConditions":["a","a"],"bindingFailureConditions":["a"])",
           {"spec.devices[0].bindingConditions[1]: Duplicate value: \"a\"",
            "spec.devices[0].bindingFailureConditions[0]: Invalid value: \"a\": bindingFailureConditions must not overlap "
            "with bindingConditions"}},
      },
      device);
  EXPECT_THAT(findings<ResourceSlice>(slice(R"("devices":[)" + many(R"({"name":"d"})", 129) + "]")),
              ElementsAre("spec.devices: Too many: 129: must have at most 128 items"));
  EXPECT_THAT(findings<ResourceSlice>(slice(R"("devices":[{"name":"d"},{"name":"d"}])")),
              ElementsAre("spec.devices[1]: Duplicate value: \"d\""));
  EXPECT_THAT(
      findings<ResourceSlice>(slice(R"("devices":[{"name":"d"}],"sharedCounters":[{"name":"c","counters":[{"key":"x",
                  "value":{"value":"1"}}]}])")),
      ElementsAre("spec: Invalid value: \"\": only one of `sharedCounters` or `devices` is allowed"));
}

TEST_F(ResourceKinds, WhichPartsOfACapacityThereAre) {
  auto shared = [](const std::string& policy) {
    return device(
        R"("allowMultipleAllocations":{"value":true},"capacity":[{"key":"m","value":{"value":"10","requestPolicy":{)" +
        policy + "}}}]");
  };
  const std::string path = "spec.devices[0].capacity[m].requestPolicy";
  const std::vector<Rule> rules = {
      {R"("default":"2","validValues":["1","2"])", {}},
      {R"("validValues":["1"])", {path + ".default: Required value: required when validValues is defined"}},
      {R"("default":"3","validValues":["2","1","11"])",
       {path + ".validValues[1]: Invalid value: \"1\": values must be sorted in ascending order",
        path + ".validValues[2]: Invalid value: \"11\": option is larger than capacity value: 10",
        path + ".validValues: Invalid value: \"3\": default value is not valid according to the requestPolicy"}},
      {R"("default":"1","validValues":["1"],"validRange":{"min":"1"})",
       {path + ": Forbidden: exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at "
               "the same time"}},
      {R"("default":"3","validRange":{"min":"1","max":"9","step":"2"})", {}},
      {R"("default":"2","validRange":{"min":"1","step":"2"})",
       {path + ".validRange.step: Invalid value: \"2\": value is not a multiple of a given step (2) from (1)"}},
      {R"("default":"1","validRange":{"min":"1","step":"0"})",
       {path + ".validRange.step: Invalid value: \"0\": must be greater than zero"}},
      {R"("default":"1500m","validRange":{"min":"500m","step":"500m"})", {}},
      {R"("default":"12","validRange":{"min":"1","max":"11"})",
       {path + ".validRange.max: Invalid value: \"11\": max is larger than capacity value: 10",
        path + ".validRange.default: Invalid value: \"12\": default is more than max: 11"}},
  };
  for (const Rule& rule : rules) {
    EXPECT_THAT(findings<ResourceSlice>(shared(rule.wrong)), ElementsAreArray(rule.findings)) << rule.wrong;
  }
}

TEST_F(ResourceKinds, WhatIsOffByDefaultIsNotKept) {
  const std::string kept = json(*defaulted<ResourceSlice>(
      slice(R"("skipNodeOperations":["*"],"devices":[{"name":"d","attributes":[{"key":"a","value":
          {"ints":["1"],"string":"x"}}],"nodeAllocatableResources":[{"key":"cpu","value":{}}],
          "taints":[{"key":"k","effect":"NoSchedule"}]}])")));
  for (const char* gone : {"skipNodeOperations", "\"ints\"", "nodeAllocatableResources"}) {
    EXPECT_THAT(kept, ::testing::Not(HasSubstr(gone)));
  }
  EXPECT_THAT(kept, HasSubstr("timeAdded"));
}

TEST_F(ResourceKinds, DriversInUpperCaseAreWarnedOf) {
  const Verdict verdict = validated(object<ResourceSlice>(
      R"({"metadata":{"name":"s"},"spec":{"driver":"D.example.com","pool":{"name":"p","resourceSliceCount":1},"allNodes":{"value":true}}})"));
  EXPECT_THAT(verdict.findings, IsEmpty());
  EXPECT_THAT(verdict.warnings, ElementsAre("spec.driver: driver names should be lowercase; \"D.example.com\" contains "
                                            "uppercase characters"));
}

TEST_F(ResourceKinds, ClassesAndTaints) {
  EXPECT_THAT(
      findings<DeviceClass>(R"({"metadata":{"name":"c"},"spec":{"extendedResourceName":"cpu","config":[{}]}})"),
      ElementsAre("spec.config[0].opaque: Required value",
                  "spec.extendedResourceName: Invalid value: \"cpu\": a name must be a domain-prefixed path, such "
                  "as 'example.com/my-prop'"));
  EXPECT_THAT(
      findings<DeviceTaintRule>(
          R"({"metadata":{"name":"r"},"spec":{"deviceSelector":{"driver":"","device":"D"},"taint":{"key":"k"}}})"),
      ElementsAre("spec.deviceSelector.driver: Required value",
                  concat("spec.deviceSelector.device: Invalid value: \"D\": ", kLabelForm),
                  "spec.taint.effect: Required value"));
  // Another effect is another taint.
  const Object<DeviceTaintRule> old = object<DeviceTaintRule>(
      R"({"metadata":{"name":"r"},"spec":{"taint":{"key":"k","effect":"NoSchedule","timeAdded":"2020-01-01T00:00:00Z"}}})");
  const Object<DeviceTaintRule> now = object<DeviceTaintRule>(
      R"({"metadata":{"name":"r"},"spec":{"taint":{"key":"k","effect":"NoExecute","timeAdded":"2020-01-01T00:00:00Z"}}})");
  EXPECT_EQ(str(defaulted(old, old)->getSpec().getTaint().getTimeAdded()), "2020-01-01T00:00:00Z");
  EXPECT_NE(str(defaulted(now, old)->getSpec().getTaint().getTimeAdded()), "2020-01-01T00:00:00Z");
}

TEST_F(ResourceKinds, Rows) {
  EXPECT_THAT(row<ResourceClaim>(R"({"metadata":{"name":"c"}})"), ElementsAre("c", "pending", "<unknown>"));
  EXPECT_THAT(
      row<ResourceClaim>(
          R"({"metadata":{"name":"c","deletionTimestamp":"2020-01-01T00:00:00Z"},"status":{"allocation":{},"reservedFor":[{}]}})"),
      ElementsAre("c", "deleted,allocated,reserved", "<unknown>"));
  EXPECT_THAT(row<ResourceSlice>(slice(R"("nodeName":"n")", "")),
              ElementsAre("s", "n", "d.example.com", "p", "<unknown>"));
}

}  // namespace
}  // namespace cleat::test
