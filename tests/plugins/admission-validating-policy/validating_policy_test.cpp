// Policies in CEL: what they say of an object, and which requests they match.
#include "admission-validating-policy/validating_policy.h"

#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy-common/json_values.h"
#include "policy-common/match_index.h"
#include "policy-common/object_values.h"

namespace cleat::policy {
namespace {

namespace v1 = admissionregistration_v1;
using testing::ElementsAre;
using testing::IsEmpty;

struct Case {
  const char* expression;
  const char* message = "";
  const char* messageExpression = "";
  const char* reason = "";
};

std::shared_ptr<const ValidatingPolicy> policyOf(const Case& validation, const char* failurePolicy = "Fail",
                                                 const char* condition = "") {
  Draft<v1::ValidatingAdmissionPolicy> policy;
  policy.meta().setName("p");
  auto spec = policy->initSpec();
  spec.setFailurePolicy(failurePolicy);
  auto variable = spec.initVariables(1)[0];
  variable.setName("n");
  variable.setExpression("object.spec.n");
  if (*condition) spec.initMatchConditions(1)[0].setExpression(condition);
  auto made = spec.initValidations(1)[0];
  made.setExpression(validation.expression);
  made.setMessage(validation.message);
  made.setMessageExpression(validation.messageExpression);
  if (*validation.reason) made.setReason(validation.reason);
  return ValidatingPolicy::compile(policy.reader());
}

std::vector<std::string> judged(const ValidatingPolicy& policy, std::string_view json) {
  auto tree = JsonTree::parse(json);
  PolicyRun::Inputs inputs;
  inputs.object = jsonValue(tree->view());
  inputs.oldObject = inputs.params = inputs.namespaceObject = cel::Value::null();
  std::vector<std::string> all;
  for (const Refusal& refusal : judge(policy, std::move(inputs)))
    all.push_back(concat(refusal.reason, ":", refusal.message));
  return all;
}

TEST(ValidatingPolicy, SaysWhatIsWrong) {
  EXPECT_THAT(judged(*policyOf({"object.spec.n < 5"}), R"({"spec":{"n":3}})"), IsEmpty());
  EXPECT_THAT(judged(*policyOf({" object.spec.n < 5 "}), R"({"spec":{"n":7}})"),
              ElementsAre(":failed expression: object.spec.n < 5"));
  EXPECT_THAT(judged(*policyOf({"variables.n < 5", " too many "}), R"({"spec":{"n":7}})"), ElementsAre(":too many"));
  EXPECT_THAT(judged(*policyOf({"variables.n < 5", "too many", "string(variables.n) + ' is'", "Forbidden"}),
                     R"({"spec":{"n":7}})"),
              ElementsAre("Forbidden:7 is"));
  // A message of more than one line is none.
  EXPECT_THAT(judged(*policyOf({"false", "plain", "'a\\nb'"}), "{}"), ElementsAre(":plain"));
}

TEST(ValidatingPolicy, FailsAsItsPolicySays) {
  constexpr const char* kError =
      ":expression 'variables.n < 5' resulted in error: composited variable \"n\" fails to evaluate: no such key: spec";
  EXPECT_THAT(judged(*policyOf({"variables.n < 5"}), "{}"), ElementsAre(kError));
  EXPECT_THAT(judged(*policyOf({"variables.n < 5"}, "Ignore"), "{}"), IsEmpty());
}

TEST(ValidatingPolicy, IsAboutWhatItsConditionsSay) {
  EXPECT_THAT(judged(*policyOf({"false"}, "Fail", "has(object.spec)"), "{}"), IsEmpty());
  EXPECT_THAT(judged(*policyOf({"false"}, "Fail", "has(object.spec)"), R"({"spec":{}})"),
              ElementsAre(":failed expression: false"));
  EXPECT_THAT(judged(*policyOf({"false"}, "Fail", "object.spec.n == 1"), R"({"spec":{}})"),
              ElementsAre(":expression 'object.spec.n == 1' resulted in error: no such key: n"));
}

TEST(ObjectValues, ShowWhatJsonShows) {
  Draft<core_v1::Pod> pod;
  pod.meta().setName("web");
  pod.meta().setResourceVersion(7);
  auto container = pod->initSpec().initContainers(1)[0];
  container.setName("c");
  container.initPorts(1)[0].setContainerPort(80);
  const AnyRef object = std::move(pod).freezeAny();
  const cel::Value value = anyObjectValue(object, {"", "v1", "Pod"}, false);
  const auto at = [&](std::initializer_list<const char*> path) {
    cel::Value found = value;
    for (const char* step : path) found = cel::Value(found.asMap().field(step));
    return found;
  };
  EXPECT_EQ(at({"kind"}).asText(), "Pod");
  EXPECT_EQ(at({"metadata", "name"}).asText(), "web");
  EXPECT_EQ(at({"metadata", "resourceVersion"}).asText(), "7");
  EXPECT_TRUE(at({"metadata", "labels"}).isAbsent());
  EXPECT_TRUE(at({"spec", "hostNetwork"}).isAbsent());
  EXPECT_EQ(at({"spec", "containers"}).asList().at(0).asMap().field("name").asText(), "c");
  EXPECT_TRUE(anyObjectValue(object, {"example.com", "v1", "Unknown"}, false).isError());
}

struct Request {
  const char *group, *resource, *subresource = "", *ns = "default", *operation = "CREATE", *version = "v1";
};

struct Rule {
  const char *group, *resource, *operation = "*", *scope = "*";
};

std::shared_ptr<const Indexed> indexed(const char* name, std::shared_ptr<const Matcher> matcher) {
  return std::make_shared<const Indexed>(Indexed{name, std::move(matcher)});
}

// Of a pod that is created.
std::vector<std::string> found(const MatchIndex& index) {
  std::vector<std::string> names;
  for (const auto& each : index.candidates({"", "v1", "pods", "", "default", "x", "CREATE"}))
    names.push_back(each->name);
  return names;
}

bool matches(const Rule& rule, const Request& request) {
  Draft<v1::MatchResources> match;
  auto made = match->initResourceRules(1)[0];
  made.initApiGroups(1).set(0, rule.group);
  made.initApiVersions(1).set(0, "v1");
  made.initResources(1).set(0, rule.resource);
  made.initOperations(1).set(0, rule.operation);
  made.setScope(rule.scope);
  MatchIndex index;
  index.add(indexed("p", std::make_shared<const Matcher>(match.reader())));
  const RequestFacts facts{request.group, request.version,  request.resource, request.subresource, request.ns,
                           "x",           request.operation};
  return !index.candidates(facts).empty();
}

TEST(MatchIndex, FindsByResource) {
  EXPECT_TRUE(matches({"apps", "deployments"}, {"apps", "deployments"}));
  EXPECT_FALSE(matches({"apps", "deployments"}, {"", "deployments"}));
  EXPECT_FALSE(matches({"apps", "deployments"}, {"apps", "deployments", "status"}));
  EXPECT_TRUE(matches({"apps", "deployments/*"}, {"apps", "deployments", "status"}));
  EXPECT_TRUE(matches({"apps", "deployments/*"}, {"apps", "deployments"}));
  EXPECT_TRUE(matches({"*", "*/status"}, {"apps", "deployments", "status"}));
  EXPECT_FALSE(matches({"*", "*"}, {"apps", "deployments", "status"}));
  EXPECT_TRUE(matches({"*", "*/*"}, {"apps", "deployments", "status"}));
  EXPECT_FALSE(matches({"", "pods", "DELETE"}, {"", "pods"}));
  EXPECT_FALSE(matches({"", "*", "*", "Namespaced"}, {"", "nodes", "", ""}));
  EXPECT_TRUE(matches({"", "*", "*", "Cluster"}, {"", "namespaces", "", "a"}));
  EXPECT_FALSE(matches({"", "pods"}, {"", "pods", "", "default", "CREATE", "v2"}));
}

TEST(MatchIndex, FindsOnceWhatMatchesInSeveralWays) {
  Draft<v1::MatchResources> match;
  auto rules = match->initResourceRules(2);
  for (auto rule : rules) {
    auto groups = rule.initApiGroups(2);
    groups.set(0, "*");
    groups.set(1, "");
    rule.initApiVersions(1).set(0, "*");
    auto resources = rule.initResources(3);
    resources.set(0, "pods");
    resources.set(1, "pods/*");
    resources.set(2, "*");
    rule.initOperations(1).set(0, "*");
    rule.setScope("*");
  }
  const auto matcher = std::make_shared<const Matcher>(match.reader());
  MatchIndex index;
  for (const char* name : {"c", "a", "b", "a"}) index.add(indexed(name, matcher));
  EXPECT_THAT(found(index), ElementsAre("a", "b", "c"));
}

TEST(MatchIndex, ForgetsWhatIsRemoved) {
  Draft<v1::MatchResources> match;
  auto rule = match->initResourceRules(1)[0];
  rule.initApiGroups(1).set(0, "*");
  rule.initApiVersions(1).set(0, "*");
  rule.initResources(1).set(0, "pods");
  rule.initOperations(1).set(0, "*");
  rule.setScope("*");
  auto matcher = std::make_shared<const Matcher>(match.reader());
  MatchIndex index;
  index.add(indexed("b", matcher));
  index.add(indexed("a", matcher));
  EXPECT_THAT(found(index), ElementsAre("a", "b"));
  index.remove("a");
  EXPECT_THAT(found(index), ElementsAre("b"));
  index.remove("b");
  EXPECT_TRUE(index.empty());
  EXPECT_THAT(found(index), IsEmpty());
}

}  // namespace
}  // namespace cleat::policy
