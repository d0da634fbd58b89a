#include "access_review.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/object.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "authorization_config.h"

namespace cleat::authz {
namespace {

using testing::HasSubstr;

Draft<role::Attributes> listOfPods() {
  Draft<role::Attributes> attributes;
  auto user = attributes->initUser();
  user.setName("jane");
  user.setUid("7");
  user.adoptGroups(textList(orphanageOf(user), {"dev", "system:authenticated"}));
  auto extra = user.initExtra(1)[0];
  extra.setKey("k");
  extra.adoptValues(textList(orphanageOf(user), {"v"}));
  attributes->setVerb("list");
  attributes->setVersion("v1");
  attributes->setResource("pods");
  attributes->setNamespace("shop");
  auto field = attributes->initFieldSelector(1)[0];
  field.setKey("spec.nodeName");
  field.setOperator("In");
  field.adoptValues(textList(orphanageOf(*attributes), {"n1"}));
  auto labels = attributes->initLabelSelector(2);
  labels[0].setKey("a");
  labels[0].setOperator("Exists");
  labels[1].setKey("b");
  labels[1].setOperator("Gt");
  return attributes;
}

Draft<role::Attributes> pathOf(const char* path) {
  Draft<role::Attributes> attributes;
  attributes->initUser().setName("jane");
  attributes->setVerb("get");
  attributes->setPath(path);
  return attributes;
}

TEST(AccessReview, SaysWhoWantsWhat) {
  EXPECT_EQ(accessReviewText(listOfPods().reader(), "v1"),
            R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{"resourceAttributes":)"
            R"({"namespace":"shop","verb":"list","version":"v1","resource":"pods","fieldSelector":{"requirements":)"
            R"([{"key":"spec.nodeName","operator":"In","values":["n1"]}]},"labelSelector":{"requirements":)"
            R"([{"key":"a","operator":"Exists"}]}},"user":"jane","groups":["dev","system:authenticated"],)"
            R"("extra":{"k":["v"]},"uid":"7"}})");
  EXPECT_THAT(accessReviewText(listOfPods().reader(), "v1beta1"), HasSubstr(R"("group":["dev")"));
  EXPECT_THAT(accessReviewText(pathOf("/healthz").reader(), "v1"),
              HasSubstr(R"("nonResourceAttributes":{"path":"/healthz","verb":"get"})"));
}

std::string answerWith(const char* status) {
  return concat(R"({"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","status":)", status, "}");
}

TEST(AccessReview, AllowsDeniesOrHasNoOpinion) {
  EXPECT_TRUE(readAccessReview(answerWith(R"({"allowed":true,"reason":"why"})"), "v1")->isAllowed);
  EXPECT_EQ(readAccessReview(answerWith(R"({"allowed":true,"reason":"why"})"), "v1")->reason, "why");
  EXPECT_TRUE(readAccessReview(answerWith(R"({"allowed":false,"denied":true})"), "v1")->isDenied);
  auto silent = readAccessReview(answerWith(R"({"allowed":"true"})"), "v1");
  EXPECT_FALSE(silent->isAllowed || silent->isDenied);
  EXPECT_THAT(readAccessReview(answerWith(R"({"allowed":true,"denied":true})"), "v1").error().message,
              "webhook subject access review returned both allow and deny response");
  EXPECT_FALSE(readAccessReview(answerWith("{}"), "v1beta1"));
}

bool holds(const char* expression, role::Attributes::Reader attributes) {
  auto compiled = reviewEnvironment().compile(expression);
  EXPECT_TRUE(compiled.program) << compiled.message;
  if (!compiled.program) return false;
  return compiled.program->evaluate(std::array{reviewValue(attributes)}).value.isTrue();
}

TEST(AccessReview, IsWhatConditionsSpeakOf) {
  auto pods = listOfPods(), path = pathOf("/healthz");
  for (const char* expression :
       {"has(request.resourceAttributes)", "!has(request.nonResourceAttributes)", "request.user == 'jane'",
        "'dev' in request.groups", "request.extra['k'] == ['v']", "request.uid == '7'",
        "request.resourceAttributes.namespace == 'shop' && request.resourceAttributes.subresource == ''",
        "request.resourceAttributes.fieldSelector.requirements.exists(r, r.key == 'spec.nodeName' && 'n1' in r.values)",
        "size(request.resourceAttributes.labelSelector.requirements) == 1"}) {
    EXPECT_TRUE(holds(expression, pods.reader())) << expression;
  }
  EXPECT_TRUE(
      holds("request.nonResourceAttributes.path == '/healthz' && !has(request.resourceAttributes)", path.reader()));
  EXPECT_THAT(reviewEnvironment().compile("request.userName == 'x'").message, HasSubstr("undefined field 'userName'"));
}

class AuthorizationFile : public testing::Test {
 protected:
  AuthorizationFile() : folder(concat(testing::TempDir(), "/authz-webhook-", ::getpid())) {
    EXPECT_TRUE(makeFolders(folder).has_value());
    EXPECT_TRUE(writeFile(folder + "/hook",
                          "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
                          "clusters: [{name: k, cluster: {server: \"https://h:1/p\"}}]\n"
                          "users: [{name: u, user: {token: t}}]\n")
                    .has_value());
  }
  ~AuthorizationFile() override { EXPECT_TRUE(removeTree(folder).has_value()); }
  Result<std::vector<WebhookConfig>> read(const std::string& authorizers,
                                          const std::vector<std::string>& chain = {"authz-webhook"},
                                          const std::string& version = "v1") {
    EXPECT_TRUE(writeFile(folder + "/a.yaml", concat("apiVersion: apiserver.config.k8s.io/", version,
                                                     "\n"
                                                     "kind: AuthorizationConfiguration\nauthorizers:\n",
                                                     authorizers))
                    .has_value());
    return readAuthorizationConfig(folder + "/a.yaml", chain);
  }
  std::string hook(const std::string& more, const std::string& name = "a") {
    return concat("- type: Webhook\n  name: ", name,
                  "\n  webhook:\n    timeout: 3s\n    subjectAccessReviewVersion: v1\n",
                  "    failurePolicy: Deny\n    connectionInfo: {type: KubeConfigFile, kubeConfigFile: ", folder,
                  "/hook}\n", more);
  }
  std::string folder;
};

TEST_F(AuthorizationFile, SaysWebhooksInOrder) {
  auto webhooks = read(hook("    authorizedTTL: 1m\n    cacheUnauthorizedRequests: false\n"
                            "    matchConditionSubjectAccessReviewVersion: v1\n"
                            "    matchConditions: [{expression: \"request.user != 'x'\"}]\n") +
                       hook("", "b"));
  ASSERT_TRUE(webhooks) << webhooks.error().message;
  ASSERT_EQ(webhooks->size(), 2u);
  EXPECT_EQ((*webhooks)[0].authorizedTtl, std::chrono::minutes(1));
  EXPECT_EQ((*webhooks)[0].unauthorizedTtl, Duration::zero());
  EXPECT_TRUE((*webhooks)[0].deniesOnFailure);
  EXPECT_EQ((*webhooks)[0].conditions.size(), 1u);
  EXPECT_EQ((*webhooks)[0].target.url, "https://h:1/p");
  EXPECT_EQ((*webhooks)[1].authorizedTtl, std::chrono::minutes(5));
  EXPECT_EQ((*webhooks)[1].unauthorizedTtl, std::chrono::seconds(30));
}

TEST_F(AuthorizationFile, TellsWhatIsWrongWithLineAndField) {
  const std::string condition = "    matchConditionSubjectAccessReviewVersion: v1\n    matchConditions: [{expression: ";
  const std::pair<std::string, const char*> cases[] = {
      {"", "authorizers: Required value: at least one authorization mode must be defined"},
      {"- {type: Rbac, name: rbac}\n", "/a.yaml:4: authorizers[0].type: Unsupported value: \"Rbac\""},
      {"- {type: RBAC}\n", "/a.yaml:4: authorizers[0].name: Required value"},
      {"- {type: Webhook, name: a}\n", "authorizers[0].webhook: Required value: required when type=Webhook"},
      {"- {type: Webhook, name: a, webhook: {}}\n", "authorizers[0].webhook.timeout: Required value"},
      {hook("") + hook(""), "authorizers[1].name: Duplicate value: \"a\""},
      {hook("", "A_B"), "authorizers[0].name: Invalid value: \"A_B\": is no DNS subdomain"},
      {hook("    authorisedTTL: 1m\n"), "/a.yaml:11: authorizers[0].webhook.authorisedTTL: unknown field"},
      {hook("    authorizedTTL: -1m\n"), "authorizedTTL: Invalid value: \"-1m\": must be > 0s"},
      {hook("    matchConditions: [{expression: \"true\"}]\n"),
       "matchConditionSubjectAccessReviewVersion: Required value"},
      {hook(condition + "\"request.\"}]\n"),
       "matchConditions[0].expression: Invalid value: \"request.\": compilation failed"},
      {hook(condition + "\"request.user\"}]\n"), "must evaluate to bool"},
      {hook(condition + "\"request.usr == 'x'\"}]\n"), "undefined field 'usr'"},
  };
  for (const auto& [text, says] : cases) {
    auto webhooks = read(text);
    ASSERT_FALSE(webhooks) << text;
    EXPECT_THAT(webhooks.error().message, HasSubstr(says));
  }
}

TEST_F(AuthorizationFile, MayNameTheOthersThatTheServerAsksInTheirOrder) {
  const std::string node = "- {type: Node, name: node}\n", rbac = "- {type: RBAC, name: rbac}\n";
  const auto asked = [&](const std::string& text, const std::vector<std::string>& chain) {
    auto webhooks = read(text, chain, "v1beta1");
    return webhooks ? std::to_string(webhooks->size()) : webhooks.error().message;
  };
  EXPECT_EQ(asked(node + rbac, {"authz-node", "authz-rbac", "authz-webhook"}), "0");
  EXPECT_EQ(asked(node + hook("") + hook("", "b") + rbac, {"authz-node", "authz-webhook", "authz-rbac"}), "2");
  // Webhooks alone stand wherever the chain has them.
  EXPECT_EQ(asked(hook(""), {"authz-node", "authz-webhook", "authz-rbac"}), "1");
  EXPECT_THAT(asked(hook("") + rbac, {"authz-node", "authz-webhook", "authz-rbac"}),
              HasSubstr("authorizers: are not those that the server asks, in this order: set [authz] chain = "
                        "[\"authz-webhook\", \"authz-rbac\"] in its configuration, which has [\"authz-node\", "
                        "\"authz-webhook\", \"authz-rbac\"]"));
  EXPECT_THAT(asked(rbac + node, {"authz-node", "authz-rbac", "authz-webhook"}),
              HasSubstr("chain = [\"authz-rbac\", \"authz-node\", \"authz-webhook\"]"));
  EXPECT_THAT(asked(hook("") + rbac + hook("", "b"), {"authz-webhook", "authz-rbac"}),
              HasSubstr("authorizers[2].type: webhooks with others between them"));
  EXPECT_THAT(asked(rbac + "- {type: RBAC, name: other}\n", {"authz-rbac", "authz-webhook"}),
              HasSubstr("authorizers[1].type: Duplicate value: \"RBAC\""));
}

}  // namespace
}  // namespace cleat::authz
