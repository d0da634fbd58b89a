// Reviews: questions that the chains of authenticators and authorizers answer.
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/schema/role/authz.capnp.h>
#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/kinds/authorization_v1.h>
#include <cleat/sdk/lists.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

class Reviews : public KindsFixture {
 protected:
  using KindsFixture::KindsFixture;

  template <class Kind>
  Outcome<role::ReviewResults> review(std::string_view body, const char* ns = "") {
    return plugin->call<role::ReviewParams, role::ReviewResults>(
        kKinds, 6,
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
    host.onCall<role::Credentials, role::AuthenticateResults>(
        capnp::typeId<role::Authenticator>(), 0,
        [](role::Credentials::Reader credentials, role::AuthenticateResults::Builder results) -> Result<void> {
          if (view(credentials.getBearerToken()) != "good") return fail(Status::unauthorized());
          results.initUser().setName("robot");
          return {};
        });
  }
};

TEST_F(AuthenticationReviews, SayWhoseATokenIs) {
  using authentication_v1::TokenReview;
  auto good = review<TokenReview>(R"({"spec":{"token":"good"}})");
  ASSERT_TRUE(good.ok()) << good.status.message;
  EXPECT_TRUE(good.answer.object<TokenReview>()->getStatus().getAuthenticated());
  EXPECT_EQ(view(good.answer.object<TokenReview>()->getStatus().getUser().getUsername()), "robot");
  auto bad = review<TokenReview>(R"({"spec":{"token":"bad"}})");
  ASSERT_TRUE(bad.ok());
  EXPECT_FALSE(bad.answer.object<TokenReview>()->getStatus().getAuthenticated());
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
    host.onCall<role::Attributes, role::AuthorizeResults>(
        capnp::typeId<role::Authorizer>(), 0,
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
  auto mayNot = review<SelfSubjectAccessReview>(R"({"spec":{"resourceAttributes":{"verb":"delete","resource":"pods"}}})");
  EXPECT_FALSE(mayNot.answer.object<SelfSubjectAccessReview>()->getStatus().getAllowed());
  EXPECT_EQ(review<SelfSubjectAccessReview>("{}").status.code, 422);
}

TEST_F(AuthorizationReviews, SayWhatSomeoneMayDo) {
  using authorization_v1::LocalSubjectAccessReview;
  using authorization_v1::SubjectAccessReview;
  auto may = review<SubjectAccessReview>(R"({"spec":{"user":"jane","nonResourceAttributes":{"verb":"get","path":"/healthz"}}})");
  ASSERT_TRUE(may.ok()) << may.status.message;
  EXPECT_TRUE(may.answer.object<SubjectAccessReview>()->getStatus().getAllowed());
  EXPECT_EQ(review<SubjectAccessReview>(R"({"spec":{"resourceAttributes":{"verb":"get"}}})").status.code, 422);
  EXPECT_EQ(review<LocalSubjectAccessReview>(R"({"spec":{"user":"jane","resourceAttributes":{"verb":"get","namespace":"b"}}})", "a").status.code, 422);
}

}  // namespace
}  // namespace cleat::test
