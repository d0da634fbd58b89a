// Reviews: questions that the chains of authenticators and authorizers answer.
#include <cleat/schema/role/authn.methods.h>
#include <cleat/schema/role/authz.methods.h>
#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/kinds/authorization_v1.h>
#include <cleat/sdk/lists.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Reviews : public KindsFixture {
 protected:
  using KindsFixture::KindsFixture;

  template <class Kind>
  Outcome<role::ReviewResults> review(std::string_view body, const char* ns = "") {
    return plugin->call(role::kinds::review,
                        [&](role::ReviewParams::Builder params) {
                          fillRef(params, KindOf<Kind>::resource);
                          params.getRef().setNamespace(ns);
                          params.initUser().setName("jane");
                        },
                        {object<Kind>(body)});
  }
};

class AuthenticationReviews : public Reviews {
 protected:
  AuthenticationReviews() : Reviews("kinds-authentication") {
    host.onCall(role::authenticator::authenticate,
                [](role::Credentials::Reader credentials, role::AuthenticateResults::Builder results) -> Result<void> {
                  if (view(credentials.getBearerToken()) == "down") return fail(Status::unavailable("come later"));
                  if (view(credentials.getBearerToken()) == "old") return fail(Status::unauthorized("it has expired"));
                  if (view(credentials.getBearerToken()) != "good") return fail(Status::unauthorized());
                  auto user = results.initUser();
                  user.setName("robot");
                  user.setUid("42");
                  user.adoptGroups(textList(orphanageOf(user), {"machines"}));
                  auto extra = user.initExtra(1)[0];
                  extra.setKey("example.com/floor");
                  extra.adoptValues(textList(orphanageOf(user), {"3"}));
                  // Its tokens are for the API server and for the vault.
                  results.adoptAudiences(textList(orphanageOf(results), {"api", "vault"}));
                  return {};
                });
  }
};

TEST_F(AuthenticationReviews, SayWhoseATokenIs) {
  using authentication_v1::TokenReview;
  auto good = review<TokenReview>(R"({"spec":{"token":"good"}})");
  ASSERT_TRUE(good.ok()) << good.status.message;
  auto status = good.answer.object<TokenReview>()->getStatus();
  EXPECT_TRUE(status.getAuthenticated());
  EXPECT_EQ(view(status.getUser().getUsername()), "robot");
  EXPECT_EQ(view(status.getUser().getUid()), "42");
  EXPECT_THAT(strings(status.getUser().getGroups()), ElementsAre("machines", "system:authenticated"));
  EXPECT_EQ(view(status.getUser().getExtra()[0].getKey()), "example.com/floor");
  EXPECT_THAT(strings(status.getUser().getExtra()[0].getValue()), ElementsAre("3"));
  EXPECT_THAT(strings(status.getAudiences()), ElementsAre("api", "vault"));
  EXPECT_EQ(view(status.getError()), "");
}

TEST_F(AuthenticationReviews, SayWhyATokenIsNobodys) {
  using authentication_v1::TokenReview;
  const std::pair<const char*, const char*> cases[] = {
      {"unknown", "invalid bearer token"},
      {"old", "[invalid bearer token, it has expired]"},
      {"down", "[invalid bearer token, come later]"},
  };
  for (const auto& [token, why] : cases) {
    auto bad = review<TokenReview>(concat("{\"spec\":{\"token\":\"", token, "\"}}"));
    ASSERT_TRUE(bad.ok()) << token;
    auto status = bad.answer.object<TokenReview>()->getStatus();
    EXPECT_FALSE(status.getAuthenticated()) << token;
    EXPECT_EQ(view(status.getUser().getUsername()), "") << token;
    EXPECT_EQ(view(status.getError()), why);
  }
  auto none = review<TokenReview>(R"({"spec":{}})");
  EXPECT_EQ(none.status.code, 400);
  EXPECT_EQ(none.status.message, "token is required for TokenReview in authentication");
}

TEST_F(AuthenticationReviews, SayNothingOfATokenThatIsForOthers) {
  using authentication_v1::TokenReview;
  auto vault = review<TokenReview>(R"({"spec":{"token":"good","audiences":["vault","other"]}})");
  EXPECT_TRUE(vault.answer.object<TokenReview>()->getStatus().getAuthenticated());
  auto other = review<TokenReview>(R"({"spec":{"token":"good","audiences":["other"]}})");
  EXPECT_FALSE(other.answer.object<TokenReview>()->getStatus().getAuthenticated());
  EXPECT_EQ(view(other.answer.object<TokenReview>()->getStatus().getUser().getUsername()), "");
}

TEST_F(AuthenticationReviews, SayWhoTheCallerIs) {
  using authentication_v1::SelfSubjectReview;
  auto self = review<SelfSubjectReview>("{}");
  ASSERT_TRUE(self.ok()) << self.status.message;
  EXPECT_EQ(view(self.answer.object<SelfSubjectReview>()->getStatus().getUserInfo().getUsername()), "jane");
}

class AuthorizationReviews : public Reviews {
 protected:
  AuthorizationReviews() : Reviews("kinds-authorization") {
    host.onCall(role::authorizer::authorize,
                [](role::Attributes::Reader asked, role::AuthorizeResults::Builder results) -> Result<void> {
                  bool allowed = view(asked.getUser().getName()) == "jane" && view(asked.getVerb()) == "get";
                  results.setDecision(allowed ? role::Decision::ALLOW : role::Decision::NO_OPINION);
                  results.setReason(allowed ? "she may" : "");
                  return {};
                });
  }
};

TEST_F(AuthorizationReviews, SayWhatTheCallerMayDo) {
  using authorization_v1::SelfSubjectAccessReview;
  auto may = review<SelfSubjectAccessReview>(R"({"spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}})");
  ASSERT_TRUE(may.ok()) << may.status.message;
  EXPECT_TRUE(may.answer.object<SelfSubjectAccessReview>()->getStatus().getAllowed());
  auto mayNot =
      review<SelfSubjectAccessReview>(R"({"spec":{"resourceAttributes":{"verb":"delete","resource":"pods"}}})");
  EXPECT_FALSE(mayNot.answer.object<SelfSubjectAccessReview>()->getStatus().getAllowed());
  EXPECT_EQ(review<SelfSubjectAccessReview>("{}").status.code, 422);
}

TEST_F(AuthorizationReviews, SayWhatSomeoneMayDo) {
  using authorization_v1::LocalSubjectAccessReview;
  using authorization_v1::SubjectAccessReview;
  auto may = review<SubjectAccessReview>(
      R"({"spec":{"user":"jane","nonResourceAttributes":{"verb":"get","path":"/healthz"}}})");
  ASSERT_TRUE(may.ok()) << may.status.message;
  EXPECT_TRUE(may.answer.object<SubjectAccessReview>()->getStatus().getAllowed());
  EXPECT_EQ(review<SubjectAccessReview>(R"({"spec":{"resourceAttributes":{"verb":"get"}}})").status.code, 422);
  EXPECT_EQ(review<LocalSubjectAccessReview>(
                R"({"spec":{"user":"jane","resourceAttributes":{"verb":"get","namespace":"b"}}})", "a")
                .status.code,
            422);
}

TEST_F(AuthorizationReviews, NameEveryFieldThatIsWrong) {
  using authorization_v1::LocalSubjectAccessReview;
  using authorization_v1::SelfSubjectAccessReview;
  using authorization_v1::SubjectAccessReview;
  auto both = review<SelfSubjectAccessReview>(
      R"({"spec":{"resourceAttributes":{"verb":"get"},"nonResourceAttributes":{"path":"/"}}})");
  EXPECT_THAT(both.status.message,
              HasSubstr(".authorization.k8s.io \"\" is invalid: spec: Invalid value: {\"path\":\"/\"}: exactly one of "
                        "nonResourceAttributes or resourceAttributes must be specified"));
  auto none = review<SubjectAccessReview>(R"({"spec":{"user":"jane"}})");
  EXPECT_THAT(none.status.message,
              HasSubstr("spec: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be "
                        "specified"));
  auto nobody = review<SubjectAccessReview>(R"({"spec":{"resourceAttributes":{"verb":"get"}}})");
  EXPECT_THAT(nobody.status.message,
              HasSubstr("spec.user: Invalid value: \"\": at least one of user or group must be specified"));
  auto path = review<LocalSubjectAccessReview>(
      R"({"spec":{"user":"jane","nonResourceAttributes":{"verb":"get","path":"/"}}})", "a");
  ASSERT_EQ(path.status.details.causes.size(), 1u);
  EXPECT_EQ(path.status.details.causes[0].field, "spec.nonResourceAttributes");
  EXPECT_THAT(path.status.message, HasSubstr("disallowed on this kind of request"));
}

TEST_F(AuthorizationReviews, AskAboutJustWhatIsInTheReview) {
  using authorization_v1::SubjectAccessReview;
  auto answer = review<SubjectAccessReview>(
      R"({"spec":{"user":"joe","uid":"7","groups":["dev"],"extra":[{"key":"k","value":["v"]}],"resourceAttributes":{)"
      R"("verb":"update","group":"apps","version":"v1","resource":"deployments","subresource":"scale",)"
      R"("namespace":"shop","name":"web"}}})");
  ASSERT_TRUE(answer.ok()) << answer.status.message;
  auto status = answer.answer.object<SubjectAccessReview>()->getStatus();
  EXPECT_FALSE(status.getAllowed());
  EXPECT_FALSE(status.getDenied()) << "nobody denied it";
  auto calls = host.calls(role::authorizer::authorize);
  ASSERT_EQ(calls.size(), 1u);
  auto asked = calls[0].params<role::Attributes>();
  EXPECT_EQ(view(asked.getUser().getName()), "joe") << "not the caller";
  EXPECT_EQ(view(asked.getUser().getUid()), "7");
  EXPECT_THAT(strings(asked.getUser().getGroups()), ElementsAre("dev"));
  EXPECT_THAT(strings(asked.getUser().getExtra()[0].getValues()), ElementsAre("v"));
  EXPECT_EQ(view(asked.getVerb()), "update");
  EXPECT_EQ(view(asked.getGroup()), "apps");
  EXPECT_EQ(view(asked.getResource()), "deployments");
  EXPECT_EQ(view(asked.getSubresource()), "scale");
  EXPECT_EQ(view(asked.getNamespace()), "shop");
  EXPECT_EQ(view(asked.getName()), "web");
}

// "spec.nodeName In a; …"
std::string shown(capnp::List<role::SelectorRequirement>::Reader selector) {
  std::string text;
  for (auto requirement : selector) {
    text += concat(text.empty() ? "" : "; ", requirement.getKey(), " ", requirement.getOperator());
    for (auto value : requirement.getValues()) text += concat(" ", value);
  }
  return text;
}

TEST_F(AuthorizationReviews, AskAboutThePartThatSelectorsChoose) {
  using authorization_v1::SelfSubjectAccessReview;
  struct Case {
    const char *selectors, *fields, *labels;
  };
  for (const Case& one : {
           Case{R"("fieldSelector":{"rawSelector":"spec.nodeName=a,status.phase!=Failed"})",
                "spec.nodeName In a; status.phase NotIn Failed", ""},
           Case{R"("fieldSelector":{"requirements":[{"key":"spec.nodeName","operator":"In","values":["a"]}]})",
                "spec.nodeName In a", ""},
           Case{R"("fieldSelector":{"requirements":[{"key":"x","operator":"In","values":["a","b"]}]})", "", ""},
           Case{R"("fieldSelector":{"rawSelector":"nonsense"})", "", ""},
           Case{R"("labelSelector":{"rawSelector":"app in (b,a),!old"})", "", "app In a b; old DoesNotExist"},
           Case{R"("labelSelector":{"requirements":[{"key":"app","operator":"Exists"}]})", "", "app Exists"},
       }) {
    auto answer = review<SelfSubjectAccessReview>(
        concat(R"({"spec":{"resourceAttributes":{"verb":"list","resource":"pods",)", one.selectors, "}}}"));
    ASSERT_TRUE(answer.ok()) << one.selectors << ": " << answer.status.message;
    auto asked = host.calls(role::authorizer::authorize).back().params<role::Attributes>();
    EXPECT_EQ(shown(asked.getFieldSelector()), one.fields) << one.selectors;
    EXPECT_EQ(shown(asked.getLabelSelector()), one.labels) << one.selectors;
  }
}

TEST_F(AuthorizationReviews, SelectorsSayOneThing) {
  using authorization_v1::SelfSubjectAccessReview;
  auto refusal = [&](const char* selectors) {
    return review<SelfSubjectAccessReview>(
               concat(R"({"spec":{"resourceAttributes":{"verb":"list","resource":"pods",)", selectors, "}}}"))
        .status.message;
  };
  EXPECT_THAT(
      refusal(R"("fieldSelector":{"rawSelector":"a=b","requirements":[{"key":"a","operator":"Exists"}]})"),
      HasSubstr("spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: \"a=b\": may not specified at "
                "the same time as requirements"));
  EXPECT_THAT(refusal(R"("labelSelector":{"requirements":[]})"),
              HasSubstr("spec.resourceAttributes.labelSelector.requirements: Required value: when "
                        "spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required"));
  EXPECT_THAT(
      refusal(R"("labelSelector":{"requirements":[{"key":"a","operator":"In"}]})"),
      HasSubstr("requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"));
  EXPECT_THAT(refusal(R"("labelSelector":{"requirements":[{"key":"a","operator":"Like"}]})"),
              HasSubstr("requirements[0].operator: Invalid value: \"Like\": not a valid selector operator"));
}

class RulesReviews : public Reviews {
 protected:
  RulesReviews() : Reviews("kinds-authorization") {}
};

TEST_F(RulesReviews, ListWhatTheCallerMayDo) {
  using authorization_v1::SelfSubjectRulesReview;
  host.onCall(role::authorizer::rules,
              [](role::RulesParams::Reader asked, role::RulesResults::Builder results) -> Result<void> {
                if (view(asked.getUser().getName()) != "jane" || view(asked.getNamespace()) != "shop") {
                  return fail(Status::internal("asked for somebody else"));
                }
                auto rule = results.initResourceRules(1)[0];
                rule.adoptVerbs(textList(orphanageOf(results), {"get"}));
                rule.adoptGroups(textList(orphanageOf(results), {""}));
                rule.adoptResources(textList(orphanageOf(results), {"pods"}));
                rule.adoptResourceNames(textList(orphanageOf(results), {"web"}));
                auto path = results.initNonResourceRules(1)[0];
                path.adoptVerbs(textList(orphanageOf(results), {"get"}));
                path.adoptPaths(textList(orphanageOf(results), {"/healthz"}));
                return {};
              });
  auto outcome = review<SelfSubjectRulesReview>(R"({"spec":{"namespace":"shop"}})");
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto answer = outcome.answer.object<SelfSubjectRulesReview>();
  ASSERT_EQ(answer->getStatus().getResourceRules().size(), 1u);
  EXPECT_THAT(strings(answer->getStatus().getResourceRules()[0].getResourceNames()), ElementsAre("web"));
  EXPECT_THAT(strings(answer->getStatus().getNonResourceRules()[0].getNonResourceURLs()), ElementsAre("/healthz"));
  EXPECT_FALSE(answer->getStatus().getIncomplete());
  EXPECT_EQ(review<SelfSubjectRulesReview>("{}").status.message, "no namespace on request");
}

TEST_F(RulesReviews, SayThatTheListIsIncompleteWhenNobodyCanTell) {
  using authorization_v1::SelfSubjectRulesReview;
  host.onCall(role::authorizer::rules, [](role::RulesParams::Reader, role::RulesResults::Builder) -> Result<void> {
    return fail(Status::unavailable("come later"));
  });
  auto outcome = review<SelfSubjectRulesReview>(R"({"spec":{"namespace":"shop"}})");
  auto answer = outcome.answer.object<SelfSubjectRulesReview>();
  EXPECT_TRUE(answer->getStatus().getIncomplete());
  EXPECT_EQ(view(answer->getStatus().getEvaluationError()), "come later");
}

}  // namespace
}  // namespace cleat::test
