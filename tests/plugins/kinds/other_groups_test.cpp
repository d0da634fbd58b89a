// The rules, defaults and rows of the groups by which an API server is looked after: apiregistration.k8s.io,
// flowcontrol.apiserver.k8s.io and storagemigration.k8s.io.
#include <cleat/sdk/kinds/apiregistration_v1.h>
#include <cleat/sdk/kinds/flowcontrol_v1.h>
#include <cleat/sdk/kinds/storagemigration_v1.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using apiregistration_v1::APIService;
using flowcontrol_v1::FlowSchema;
using flowcontrol_v1::PriorityLevelConfiguration;
using storagemigration_v1::StorageVersionMigration;

struct BadSpec {
  std::string spec;
  std::vector<std::string> findings;
};

class ApiServices : public KindsFixture {
 protected:
  ApiServices() : KindsFixture("kinds-apiregistration") {}
  static std::string called(const char* name, const std::string& spec) {
    return concat(R"({"metadata":{"name":")", name, R"(","creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{)", spec,
                  "}}");
  }
};

constexpr const char* kPlaces = R"("groupPriorityMinimum":1,"versionPriority":1)";

TEST_F(ApiServices, SayWhatIsWrong) {
  auto wrong = [&](const char* name, const std::string& spec) { return findings<APIService>(called(name, spec)); };
  const std::string good = concat(R"("group":"a.b","version":"v1",)", kPlaces);
  EXPECT_THAT(wrong("v1.a.b", good), IsEmpty());
  EXPECT_THAT(wrong("v1.", concat(R"("version":"v1",)", kPlaces)), IsEmpty());
  EXPECT_THAT(
      wrong("v2.a.b", good),
      ElementsAre("metadata.name: Invalid value: \"v2.a.b\": must be `spec.version+\".\"+spec.group`: \"v1.a.b\""));
  EXPECT_THAT(wrong("v2.", concat(R"("version":"v2",)", kPlaces)),
              ElementsAre("spec.group: Required value: only v1 may have an empty group and it better be legacy kube"));
  EXPECT_THAT(wrong("V1.a_b", concat(R"("group":"a_b","version":"V1",)", kPlaces)),
              ElementsAre(HasSubstr("spec.group: Invalid value: \"a_b\": a lowercase RFC 1123 subdomain"),
                          HasSubstr("spec.version: Invalid value: \"V1\": a DNS-1035 label")));
  EXPECT_THAT(wrong("v1.a.b", R"("group":"a.b","version":"v1","groupPriorityMinimum":20001,"versionPriority":0)"),
              ElementsAre("spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000",
                          "spec.versionPriority: Invalid value: 0: must be positive and less than 1000"));
  EXPECT_THAT(wrong("v1.a.b", good + R"(,"caBundle":[1,2],"insecureSkipTLSVerify":true)"),
              ElementsAre("spec.caBundle: Invalid value: \"2 bytes\": local APIServices may not have a caBundle",
                          "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have "
                          "insecureSkipTLSVerify"));
  EXPECT_THAT(
      wrong("v1.a.b", good + R"(,"service":{"port":{"value":0}},"caBundle":[1],"insecureSkipTLSVerify":true)"),
      ElementsAre("spec.service.namespace: Required value", "spec.service.name: Required value",
                  "spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
                  "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present"));
}

TEST_F(ApiServices, AreThereAtOnceWhereTheServerServesThemItself) {
  Object<APIService> local = defaulted<APIService>(called("v1.", R"("version":"v1")"));
  EXPECT_THAT(row<APIService>(local), ElementsAre("v1.", "Local", "True", testing::_));
  auto condition = local->getStatus().getConditions()[0];
  EXPECT_EQ(view(condition.getMessage()), "Local APIServices are always available");
  EXPECT_EQ(view(condition.getLastTransitionTime()), "2026-01-01T00:00:00Z");
  Object<APIService> other = defaulted<APIService>(called("v1.a", R"("service":{"namespace":"n","name":"s"})"));
  EXPECT_EQ(other->getSpec().getService().getPort().getValue(), 443);
  EXPECT_THAT(row<APIService>(other), ElementsAre("v1.a", "n/s", "Unknown", testing::_));
  EXPECT_THAT(
      row<APIService>(R"({"metadata":{"name":"v1.a"},"status":{"conditions":[{"type":"Available","status":"False",
                               "reason":"R"}]}})"),
      ElementsAre("v1.a", "Local", "False (R)", "<unknown>"));
}

class FlowKinds : public KindsFixture {
 protected:
  FlowKinds() : KindsFixture("kinds-flowcontrol") {}
  template <class K>
  void expect(const std::vector<BadSpec>& all, const char* name = "x") {
    for (const BadSpec& each : all) {
      EXPECT_THAT(findings<K>(concat(R"({"metadata":{"name":")", name, R"("},"spec":)", each.spec, "}")),
                  ElementsAreArray(each.findings))
          << each.spec;
    }
  }
};

TEST_F(FlowKinds, SayWhatIsWrongWithSchemas) {
  const std::string level = R"("priorityLevelConfiguration":{"name":"l"})";
  auto rule = [&](const std::string& text) { return concat("{", level, R"(,"rules":[)", text, "]}"); };
  auto subject = [&](const std::string& text) {
    return rule(concat(R"({"subjects":[)", text, R"(],"nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]}]})"));
  };
  auto about = [&](const std::string& text) {
    return rule(concat(R"({"subjects":[{"kind":"User","user":{"name":"u"}}],)", text, "}"));
  };
  auto resource = [&](const std::string& text) { return about(concat(R"("resourceRules":[)", text, "]")); };
  const std::string s = "spec.rules[0].subjects[0].", r = "spec.rules[0].resourceRules[0].";
  const std::string verbs =
      R"("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")";
  expect<FlowSchema>({
      {"{}", {"spec.priorityLevelConfiguration.name: Required value: must reference a priority level"}},
      {concat("{", level, R"(,"matchingPrecedence":-1})"),
       {"spec.matchingPrecedence: Invalid value: -1: must be a positive value"}},
      {concat("{", level, R"(,"matchingPrecedence":10001})"),
       {"spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000"}},
      {concat("{", level, R"(,"matchingPrecedence":1})"),
       {"spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"}},
      {concat("{", level, R"(,"distinguisherMethod":{"type":"Odd"}})"),
       {R"(spec.distinguisherMethod.type: Unsupported value: {"Type":"Odd"}: supported values: "ByNamespace", "ByUser")"}},
      {rule("{}"),
       {"spec.rules[0].subjects: Required value: subjects must contain at least one value",
        "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty"}},
      {subject(R"({"kind":"Odd"})"),
       {s + R"(kind: Unsupported value: "Odd": supported values: "Group", "ServiceAccount", "User")"}},
      {subject(R"({"kind":"User","group":{"name":"g"}})"),
       {s + "user: Required value: user is required when subject kind is 'User'",
        s + "group: Forbidden: group is forbidden when subject kind is not 'Group'"}},
      {subject(R"({"kind":"User","user":{"name":""}})"), {s + "user.name: Required value"}},
      {subject(R"({"kind":"ServiceAccount","serviceAccount":{"name":"","namespace":""}})"),
       {s + "serviceAccount.name: Required value",
        s + "serviceAccount.namespace: Required value: must specify namespace for service account"}},
      {resource("{}"),
       {r + "verbs: Required value: verbs must contain at least one value",
        r + "apiGroups: Required value: resource rules must supply at least one api group",
        r + "resources: Required value: resource rules must supply at least one resource",
        r + "namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace"}},
      {resource(R"({"verbs":["*","get"],"apiGroups":["*",""],"resources":["*","a"],"namespaces":["*","a"]})"),
       {r + R"(verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs)",
        r + R"(apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify other api groups)",
        r + R"(resources: Invalid value: ["*","a"]: if '*' is present, must not specify other resources)",
        r + R"(namespaces: Invalid value: ["*","a"]: if '*' is present, must not specify other namespaces)"}},
      {resource(R"({"verbs":["odd"],"apiGroups":[""],"resources":["a"],"clusterScope":true})"),
       {r + R"(verbs: Unsupported value: ["odd"]: supported values: )" + verbs}},
  });
  expect<FlowSchema>({{concat("{", level, R"(,"matchingPrecedence":10000})"),
                       {"spec: Invalid value: {}: spec of 'catch-all' must equal the fixed value"}}},
                     "catch-all");
}

TEST_F(FlowKinds, SayWhatIsWrongWithPathsOfSchemas) {
  auto url = [](const std::string& verbs, const std::string& urls) {
    return concat(
        R"({"priorityLevelConfiguration":{"name":"l"},"rules":[{"subjects":[{"kind":"User","user":{"name":"u"}}],)",
        R"("nonResourceRules":[{"verbs":)", verbs, R"(,"nonResourceURLs":)", urls, "}]}]}");
  };
  const std::string u = "spec.rules[0].nonResourceRules[0].";
  expect<FlowSchema>({
      {url(R"(["get"])", "[]"),
       {u + "nonResourceURLs: Required value: nonResourceURLs must contain at least one value"}},
      {url(R"(["get"])", R"(["*","/a"])"),
       {u +
        R"(nonResourceURLs: Invalid value: ["*","/a"]: if '*' is present, must not specify other non-resource URLs)"}},
      {url(R"(["get"])", R"(["","a","/a b","//a","/*a","/a/*","/"])"),
       {u + R"(nonResourceURLs[0]: Invalid value: "": must not be empty)",
        u + R"(nonResourceURLs[1]: Invalid value: "a": must start with slash)",
        u + R"(nonResourceURLs[2]: Invalid value: "/a b": must not contain white-space)",
        u + R"(nonResourceURLs[3]: Invalid value: "//a": must not contain double slash)",
        u + R"(nonResourceURLs[4]: Invalid value: "/*a": wildcard can only do suffix matching)"}},
  });
}

TEST_F(FlowKinds, SayWhatIsWrongWithLevels) {
  auto limited = [](const std::string& text) { return concat(R"({"type":"Limited","limited":{)", text, "}}"); };
  auto queuing = [&](const std::string& text) {
    return limited(concat(R"("limitResponse":{"type":"Queue","queuing":{)", text, "}}"));
  };
  const std::string l = "spec.limited.", q = "spec.limited.limitResponse.queuing.";
  expect<PriorityLevelConfiguration>({
      {"{}", {"spec.type: Required value"}},
      {R"({"type":"Odd"})", {R"(spec.type: Unsupported value: "Odd": supported values: "Exempt", "Limited")"}},
      {R"({"type":"Exempt"})",
       {"spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'"}},
      {R"({"type":"Limited","exempt":{}})", {"spec.exempt: Forbidden", "spec.limited: Required value"}},
      {limited(
           R"("nominalConcurrencyShares":{"value":-1},"lendablePercent":{"value":101},"borrowingLimitPercent":{"value":-1})"),
       {l + "nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
        l + "limitResponse.type: Required value",
        l + "lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
        l + "borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer"}},
      {limited(R"("limitResponse":{"type":"Odd"})"),
       {l + R"(limitResponse.type: Unsupported value: "Odd": supported values: "Queue", "Reject")"}},
      {limited(R"("limitResponse":{"type":"Queue"})"), {l + "limitResponse.queuing: Required value"}},
      {limited(R"("limitResponse":{"type":"Reject","queuing":{}})"), {l + "limitResponse.queuing: Forbidden"}},
      {queuing(R"("queues":-1,"handSize":-1,"queueLengthLimit":-1)"),
       {q + "queueLengthLimit: Invalid value: -1: must be positive", q + "queues: Invalid value: -1: must be positive",
        q + "handSize: Invalid value: -1: must be positive"}},
      {queuing(R"("queues":10000001)"),
       {q + "queues: Invalid value: 10000001: must not be greater than 10000000",
        q + "handSize: Invalid value: 8: required entropy bits of deckSize 10000001 and handSize 8 should not be greater than 60"}},
      {queuing(R"("queues":4,"handSize":5)"),
       {q + "handSize: Invalid value: 5: should not be greater than queues (4)"}},
      {queuing(R"("queues":64,"handSize":11)"),
       {q +
        "handSize: Invalid value: 11: required entropy bits of deckSize 64 and handSize 11 should not be greater than 60"}},
  });
  expect<PriorityLevelConfiguration>({{limited(R"("limitResponse":{"type":"Reject"})"),
                                       {"spec: Invalid value: {}: spec of 'catch-all' must equal the fixed value"}}},
                                     "catch-all");
  expect<PriorityLevelConfiguration>({{R"({"type":"Exempt","exempt":{"nominalConcurrencyShares":{"value":7}}})", {}}},
                                     "exempt");
}

TEST_F(FlowKinds, AreFilledInAndShown) {
  Object<PriorityLevelConfiguration> level = defaulted<PriorityLevelConfiguration>(
      R"({"metadata":{"name":"l"},"spec":{"type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{}}}}})");
  EXPECT_THAT(row<PriorityLevelConfiguration>(level), ElementsAre("l", "Limited", "30", "64", "8", "50", "<unknown>"));
  EXPECT_THAT(row<PriorityLevelConfiguration>(R"({"metadata":{"name":"exempt"},"spec":{"type":"Exempt"}})"),
              ElementsAre("exempt", "Exempt", "<none>", "<none>", "<none>", "<none>", "<unknown>"));
  Object<FlowSchema> schema =
      defaulted<FlowSchema>(R"({"metadata":{"name":"s"},"spec":{"priorityLevelConfiguration":{"name":"l"}}})");
  EXPECT_THAT(row<FlowSchema>(schema), ElementsAre("s", "l", "1000", "<none>", "<unknown>", "?"));
}

class Migrations : public KindsFixture {
 protected:
  Migrations() : KindsFixture("kinds-storagemigration") {}
  static std::string of(const char* group, const char* resource) {
    return concat(R"({"metadata":{"name":"m"},"spec":{"resource":{"group":")", group, R"(","resource":")", resource,
                  R"("}}})");
  }
};

TEST_F(Migrations, SayWhatIsWrong) {
  EXPECT_THAT(findings<StorageVersionMigration>(of("", "")),
              ElementsAre("spec.resource.resource: Required value: resource is required to be set"));
  EXPECT_THAT(findings<StorageVersionMigration>(of("A", "B")),
              ElementsAre(HasSubstr("spec.resource.resource: Invalid value: \"B\": a DNS-1035 label"),
                          HasSubstr("spec.resource.group: Invalid value: \"A\": a lowercase RFC 1123 subdomain")));
  EXPECT_THAT(findings<StorageVersionMigration>(of("", "pods"), of("", "nodes")),
              ElementsAre(HasSubstr("field is immutable")));
}

TEST_F(Migrations, DoNotTakeBackHowTheyEnded) {
  auto with = [](const std::string& conditions, const char* revision = "7") {
    return object<StorageVersionMigration>(concat(R"({"metadata":{"name":"m"},"status":{"resourceVersion":")", revision,
                                                  R"(","conditions":[)", conditions, "]}}"));
  };
  auto condition = [](const char* type, const char* status) {
    return concat(R"({"type":")", type, R"(","status":")", status,
                  R"(","reason":"R","lastTransitionTime":"2026-01-01T00:00:00Z"})");
  };
  Object<StorageVersionMigration> done = with(condition("Succeeded", "True"));
  EXPECT_THAT(validated(done, done, "status").findings, IsEmpty());
  EXPECT_THAT(validated(with(""), done, "status").findings,
              ElementsAre(HasSubstr("Success condition cannot be set to false once it is true")));
  EXPECT_THAT(
      validated(with(condition("Succeeded", "True") + "," + condition("Failed", "True")), done, "status").findings,
      ElementsAre(HasSubstr("Both success and failed conditions cannot be true at the same time")));
  EXPECT_THAT(validated(with(condition("Succeeded", "True"), "8"), done, "status").findings,
              ElementsAre("status.resourceVersion: Invalid value: \"8\": field is immutable"));
  EXPECT_THAT(validated(with(R"({"type":"a b","status":"x","reason":"1"})", "07"), with("", ""), "status").findings,
              ElementsAre("status.resourceVersion: Invalid value: \"07\": resource version is not well formed: 07",
                          HasSubstr("status.conditions[0].type: Invalid value: \"a b\""),
                          HasSubstr("status.conditions[0].status: Unsupported value: \"x\""),
                          "status.conditions[0].lastTransitionTime: Required value",
                          HasSubstr("status.conditions[0].reason: Invalid value: \"1\"")));
}

TEST_F(Migrations, AreShown) {
  EXPECT_THAT(row<StorageVersionMigration>(of("apps", "deployments")), ElementsAre("m", "deployments.apps", "Unknown"));
}

}  // namespace
}  // namespace cleat::test
