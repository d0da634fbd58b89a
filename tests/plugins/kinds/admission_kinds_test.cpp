// The rules, defaults and rows of admissionregistration.k8s.io: one violating object for each rule.
#include <cleat/sdk/kinds/admissionregistration_v1.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace v1 = admissionregistration_v1;

struct Refusal {
  std::string text;
  std::vector<std::string> findings;
};

class AdmissionKinds : public KindsFixture {
 protected:
  AdmissionKinds() : KindsFixture("kinds-admissionregistration") {}

  static std::string hooks(const std::string& list) {
    return concat(R"({"metadata":{"name":"c"},"webhooks":[)", list, "]}");
  }
  static std::string hook(const std::string& more, const char* name = "a.b.c",
                          const char* client = R"({"url":"https://h/p"})") {
    return concat(R"({"name":")", name, R"(","clientConfig":)", client,
                  R"(,"sideEffects":"None","admissionReviewVersions":["v1"])", more, "}");
  }
  static std::string at(const std::string& url) {
    return hooks(hook("", "a.b.c", concat(R"({"url":")", url, R"("})").c_str()));
  }
  static std::string served(const std::string& service) {
    return hooks(hook("", "a.b.c", concat(R"({"service":{)", service, "}}").c_str()));
  }
  static std::string spec(const std::string& text) {
    return concat(R"({"metadata":{"name":"p"},"spec":{)", text, "}}");
  }
  template <class K>
  void expect(const std::vector<Refusal>& refusals) {
    for (const Refusal& each : refusals) {
      EXPECT_THAT(findings<K>(each.text), ElementsAreArray(each.findings)) << each.text;
    }
  }
};

constexpr const char* kRule = R"({"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]})";

TEST_F(AdmissionKinds, SayWhatIsWrongWithWebhooks) {
  const std::string w = "webhooks[0].";
  expect<v1::ValidatingWebhookConfiguration>({
      {hooks(hook("")), {}},
      {hooks(hook("", "")), {w + "name: Required value"}},
      {hooks(hook("", "a.b")),
       {w + "name: Invalid value: \"a.b\": should be a domain with at least three segments separated by dots"}},
      {hooks(hook("") + "," + hook("")), {"webhooks[1].name: Duplicate value: \"a.b.c\""}},
      {hooks(hook(R"(,"failurePolicy":"Odd")")),
       {w + R"(failurePolicy: Unsupported value: "Odd": supported values: "Fail", "Ignore")"}},
      {hooks(hook(R"(,"matchPolicy":"Odd")")),
       {w + R"(matchPolicy: Unsupported value: "Odd": supported values: "Equivalent", "Exact")"}},
      {hooks(hook(R"(,"timeoutSeconds":{"value":31})")),
       {w + "timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds"}},
      {hooks(
           R"({"name":"a.b.c","clientConfig":{"url":"https://h"},"sideEffects":"Some","admissionReviewVersions":["v2","v2"]})"),
       {w + R"(sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun")",
        w + R"(admissionReviewVersions[1]: Invalid value: "v2": duplicate version)",
        w + R"(admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1)"}},
      {hooks(R"({"name":"a.b.c","clientConfig":{"url":"https://h"}})"),
       {w + "sideEffects: Required value: must specify one of None, NoneOnDryRun",
        w + "admissionReviewVersions: Required value: must specify one of v1, v1beta1"}},
      {hooks(hook(
           R"(,"matchConditions":[{"name":"a b","expression":" "},{"name":"","expression":"true"},{"name":"c","expression":"true"},{"name":"c","expression":"true"}])")),
       {w + "matchConditions[0].expression: Required value",
        w + "matchConditions[0].name: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or "
            "'.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "
            "used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        w + "matchConditions[1].name: Required value", w + "matchConditions[3].name: Duplicate value: \"c\""}},
  });
  expect<v1::MutatingWebhookConfiguration>(
      {{hooks(hook(R"(,"reinvocationPolicy":"Odd")")),
        {w + R"(reinvocationPolicy: Unsupported value: "Odd": supported values: "IfNeeded", "Never")"}}});
}

TEST_F(AdmissionKinds, SayWhatIsWrongWithTheAddressesOfWebhooks) {
  const std::string url = "webhooks[0].clientConfig.url: ", service = "webhooks[0].clientConfig.service.";
  const std::string form = "; desired format: https://host[/path]";
  expect<v1::ValidatingWebhookConfiguration>({
      {hooks(hook("", "a.b.c", "{}")),
       {"webhooks[0].clientConfig: Required value: exactly one of url or service is required"}},
      {at("https://h:8443/p"), {}},
      {at("http://h"), {url + R"(Invalid value: "http": 'https' is the only allowed URL scheme)" + form}},
      {at("https:///p"), {url + R"(Invalid value: "": host must be specified)" + form}},
      {at("https://u:p@h?q=1#f"),
       {url + R"(Invalid value: "u:p": user information is not permitted in the URL)",
        url + R"(Invalid value: "f": fragments are not permitted in the URL)",
        url + R"(Invalid value: "q=1": query parameters are not permitted in the URL)"}},
      {at("https://h:x"),
       {url + R"(Required value: url must be a valid URL: parse "https://h:x": invalid port ":x" after host)" + form}},
      {served(R"("namespace":"n","name":"s","path":"/a/b/")"), {}},
      {served(R"("namespace":"n","name":"s","port":{"value":0},"path":"a//B")"),
       {service + "port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
        service + R"(path: Invalid value: "a//B": must start with a '/')",
        service + R"(path: Invalid value: "a//B": segment[0] may not be empty)",
        service + R"(path: Invalid value: "a//B": segment[1] may not be empty)",
        service +
            R"(path: Invalid value: "a//B": segment[2]: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'))"}},
  });
}

TEST_F(AdmissionKinds, SayWhatIsWrongWithRules) {
  const std::string r = "webhooks[0].rules[0].";
  auto rule = [](const std::string& text) { return hooks(hook(concat(R"(,"rules":[{)", text, "}]"))); };
  auto resources = [&](const std::string& list) {
    return rule(concat(R"("operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":)", list));
  };
  expect<v1::ValidatingWebhookConfiguration>({
      {rule(""),
       {r + "operations: Required value", r + "apiGroups: Required value", r + "apiVersions: Required value",
        r + "resources: Required value"}},
      {rule(
           R"("operations":["*","ODD"],"apiGroups":["*","a"],"apiVersions":["*",""],"resources":["a",""],"scope":"Odd")"),
       {r + R"(operations: Invalid value: ["*","ODD"]: if '*' is present, must not specify other operations)",
        r + R"(operations[1]: Unsupported value: "ODD": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE")",
        r + R"(apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other API groups)",
        r + R"(apiVersions: Invalid value: ["*",""]: if '*' is present, must not specify other API versions)",
        r + "apiVersions[1]: Required value", r + "resources[1]: Required value",
        r + R"(scope: Unsupported value: "Odd": supported values: "*", "Cluster", "Namespaced")"}},
      {resources(R"(["*","pods"])"),
       {r +
        R"(resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources)"}},
      {resources(R"(["*/*","pods"])"),
       {r + R"(resources: Invalid value: ["*/*","pods"]: if '*/*' is present, must not specify other resources)"}},
      {resources(R"(["pods/*","pods/log"])"),
       {r + R"(resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log)"}},
      {resources(R"(["*/log","pods/log"])"),
       {r + R"(resources[1]: Invalid value: "pods/log": if '*/log' is present, must not specify pods/log)"}},
  });
}

TEST_F(AdmissionKinds, HoldOnlyThoseRulesAgainstAChangeThatTheOldStateFulfilled) {
  Object<v1::ValidatingWebhookConfiguration> old = defaulted<v1::ValidatingWebhookConfiguration>(hooks(
      R"({"name":"a.b.c","clientConfig":{"url":"https://h"},"sideEffects":"Some","admissionReviewVersions":["v2"],"matchConditions":[{"name":"","expression":""}]})"));
  EXPECT_THAT(validated(old, old).findings, IsEmpty());
  EXPECT_EQ(validated(old).findings.size(), 4u);
}

TEST_F(AdmissionKinds, SayWhatIsWrongWithPolicies) {
  const std::string match = concat(R"("matchConstraints":{"resourceRules":[)", kRule, "]}");
  const std::string good = match + R"(,"validations":[{"expression":"true"}])";
  expect<v1::ValidatingAdmissionPolicy>({
      {spec(good), {}},
      {spec(""),
       {"spec.matchConstraints: Required value",
        "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
        "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item"}},
      {spec(R"("matchConstraints":{},"validations":[{"expression":"true"}])"),
       {"spec.matchConstraints.resourceRules: Required value"}},
      {spec(good + R"(,"failurePolicy":"Odd")"),
       {R"(spec.failurePolicy: Unsupported value: "Odd": supported values: "Fail", "Ignore")"}},
      {spec(good + R"(,"paramKind":{})"),
       {"spec.paramKind.apiVersion: Required value", "spec.paramKind.kind: Required value"}},
      {spec(good + R"(,"paramKind":{"apiVersion":"a/b/c","kind":"K"})"),
       {R"(spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c)"}},
      {spec(good + R"(,"paramKind":{"apiVersion":"a/","kind":"K"})"),
       {R"(spec.paramKind.apiVersion: Invalid value: "a/": version must be specified)"}},
      {spec(
           good +
           R"(,"variables":[{"name":" ","expression":""},{"name":"in","expression":"1"},{"name":"_a1","expression":"1"}])"),
       {"spec.variables[0].name: Required value: name is not specified",
        "spec.variables[0].expression: Required value: expression is not specified",
        R"(spec.variables[1].name: Invalid value: "in": name is not a valid CEL identifier)"}},
      {spec(
           match +
           R"(,"validations":[{"expression":" ","messageExpression":" ","message":" ","reason":"Odd"},{"expression":"true","message":"a\nb"}])"),
       {"spec.validations[0].expression: Required value: expression is not specified",
        R"(spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified)",
        R"(spec.validations[0].message: Invalid value: " ": message must be non-empty if specified)",
        R"(spec.validations[0].reason: Unsupported value: "Odd": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge")",
        R"(spec.validations[1].message: Invalid value: "a\nb": message must not contain line breaks)"}},
      {spec(match + R"(,"auditAnnotations":[{"key":"k","valueExpression":""},{"key":"k","valueExpression":"x"}])"),
       {"spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified",
        "spec.auditAnnotations[1].valueExpression: Invalid value: \"x\": compilation failed: ERROR: <input>:1:1: undeclared "
        "reference to 'x' (in container '')\n | x\n | ^",
        R"(spec.auditAnnotations[1].key: Duplicate value: "k")"}},
      // What does not compile is told in its place among what else is wrong.
      {spec(
           match +
           R"(,"failurePolicy":"Odd","variables":[{"name":"v","expression":"y"}],"validations":[{"expression":"1","reason":"Odd"}])"),
       {R"(spec.failurePolicy: Unsupported value: "Odd": supported values: "Fail", "Ignore")",
        "spec.variables[0].expression: Invalid value: \"y\": compilation failed: ERROR: <input>:1:1: undeclared reference to "
        "'y' (in container '')\n | y\n | ^",
        R"(spec.validations[0].expression: Invalid value: "1": must evaluate to bool but got int)",
        R"(spec.validations[0].reason: Unsupported value: "Odd": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge")"}},
  });
}

TEST_F(AdmissionKinds, SayWhatIsWrongWithMutatingPolicies) {
  const std::string match =
      concat(R"("reinvocationPolicy":"Never","matchConstraints":{"resourceRules":[)", kRule, "]}");
  auto mutation = [&](const std::string& text) { return spec(concat(match, R"(,"mutations":[{)", text, "}]")); };
  const std::string m = "spec.mutations[0].";
  expect<v1::MutatingAdmissionPolicy>({
      {mutation(R"("patchType":"JSONPatch","jsonPatch":{"expression":"[JSONPatch{op: 'remove', path: '/a'}]"})"), {}},
      {spec(match), {"spec.mutations: Required value: mutations must contain at least one item"}},
      {mutation(""), {m + "patchType: Required value"}},
      {mutation(R"("patchType":"Odd")"),
       {m + R"(patchType: Unsupported value: "Odd": supported values: "ApplyConfiguration", "JSONPatch")"}},
      {mutation(R"("patchType":"JSONPatch","applyConfiguration":{})"),
       {m + "jsonPatch: Required value: must be specified when patchType is JSONPatch",
        m + R"(applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch)"}},
      {mutation(R"("patchType":"ApplyConfiguration","applyConfiguration":{"expression":" "})"),
       {m + "applyConfiguration.expression: Required value"}},
      {spec(concat(
           R"("matchConstraints":{"resourceRules":[{"operations":["DELETE"],"apiGroups":[""],"apiVersions":["v1"],)",
           R"("resources":["pods"]}]},"mutations":[{"patchType":"JSONPatch","jsonPatch":{"expression":"[JSONPatch{op: 'remove', path: '/a'}]"}}])")),
       {R"(spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE")",
        "spec.reinvocationPolicy: Required value"}},
  });
}

TEST_F(AdmissionKinds, SayWhatIsWrongWithBindings) {
  expect<v1::ValidatingAdmissionPolicyBinding>({
      {spec(""), {"spec.policyName: Required value", "spec.validationActions: Required value"}},
      {spec(R"("policyName":"p","validationActions":["Deny","Warn","Warn","Odd"])"),
       {R"(spec.validationActions[2]: Duplicate value: "Warn")",
        R"(spec.validationActions[3]: Unsupported value: "Odd": supported values: "Audit", "Deny", "Warn")",
        R"(spec.validationActions: Invalid value: ["Deny","Warn","Warn","Odd"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose))"}},
      {spec(R"("policyName":"p","validationActions":["Deny"],"paramRef":{})"),
       {"spec.paramRef: Required value: one of name or selector must be specified",
        "spec.paramRef.parameterNotFoundAction: Required value"}},
      {spec(
           R"("policyName":"p","validationActions":["Deny"],"paramRef":{"name":"n","selector":{},"parameterNotFoundAction":"Odd"})"),
       {"spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
        "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
        R"(spec.paramRef.parameterNotFoundAction: Unsupported value: "Odd": supported values: "Deny", "Allow")"}},
      {spec(
           R"("policyName":"p","validationActions":["Deny"],"matchResources":{"resourceRules":[{"resourceNames":["a","a"],"operations":["*"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*"]}]})"),
       {R"(spec.matchResources.resourceRules[0].resourceNames[1]: Duplicate value: "a")"}},
  });
  expect<v1::MutatingAdmissionPolicyBinding>({{spec(""), {"spec.policyName: Required value"}}});
}

TEST_F(AdmissionKinds, AreFilledIn) {
  EXPECT_THAT(json(*defaulted<v1::MutatingWebhookConfiguration>(
                  hooks(hook(concat(R"(,"rules":[)", kRule, "]"), "a.b.c", R"({"service":{"name":"s"}})")))),
              AllOf(HasSubstr(R"("failurePolicy":"Fail")"), HasSubstr(R"("matchPolicy":"Equivalent")"),
                    HasSubstr(R"("reinvocationPolicy":"Never")"), HasSubstr(R"("timeoutSeconds":{"value":10})"),
                    HasSubstr(R"("port":{"value":443})"), HasSubstr(R"("scope":"*")")));
  EXPECT_THAT(json(*defaulted<v1::ValidatingAdmissionPolicy>(
                  spec(concat(R"("matchConstraints":{"resourceRules":[)", kRule, "]}")))),
              AllOf(HasSubstr(R"("failurePolicy":"Fail")"), HasSubstr(R"("matchPolicy":"Equivalent")"),
                    HasSubstr(R"("scope":"*")")));
}

TEST_F(AdmissionKinds, AreShown) {
  EXPECT_THAT(row<v1::ValidatingWebhookConfiguration>(hooks(hook(""))), ElementsAre("c", "1", "<unknown>"));
  EXPECT_THAT(row<v1::ValidatingAdmissionPolicy>(
                  spec(R"("paramKind":{"apiVersion":"v1","kind":"ConfigMap"},"validations":[{"expression":"true"}])")),
              ElementsAre("p", "1", "v1/ConfigMap", "<unknown>"));
  EXPECT_THAT(row<v1::MutatingAdmissionPolicy>(spec("")), ElementsAre("p", "0", "<unset>", "<unknown>"));
  EXPECT_THAT(row<v1::ValidatingAdmissionPolicyBinding>(spec(R"("policyName":"q","paramRef":{"name":"n"})")),
              ElementsAre("p", "q", "*/n", "<unknown>"));
  EXPECT_THAT(row<v1::MutatingAdmissionPolicyBinding>(
                  spec(R"("policyName":"q","paramRef":{"selector":{"matchLabels":[{"key":"a","value":"b"}]}})")),
              ElementsAre("p", "q", "a=b", "<unknown>"));
}

}  // namespace
}  // namespace cleat::test
