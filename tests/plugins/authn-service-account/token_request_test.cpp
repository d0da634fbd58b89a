#include "tests/plugins/authn-service-account/tokens_fixture.h"

namespace cleat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TokenRequestTest : public ServiceAccountTokensTest {};

TEST_F(TokenRequestTest, ATokenNamesItsAccountAndLastsAnHour) {
  auto outcome = request([](auto) {});
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto answer = outcome.answer.object<TokenRequest>();
  EXPECT_EQ(answer->getSpec().getExpirationSeconds().getValue(), 3600);
  EXPECT_THAT(strings(answer->getSpec().getAudiences()), ElementsAre(kIssuer));
  EXPECT_EQ(answer.key(), "default/robot");
  EXPECT_EQ(view(answer->getStatus().getExpirationTimestamp()), formatTime(host.wallNow() + std::chrono::hours(1)));
  TokenClaims claims = claimsOf(tokenIn(outcome));
  EXPECT_FALSE(claims.id.empty());
  TokenClaims expected = goodClaims();
  expected.id = claims.id;
  EXPECT_EQ(claims, expected);
}

TEST_F(TokenRequestTest, TheClaimsAreThoseThatOthersRead) {
  auto claims = peekClaims(issued());
  ASSERT_TRUE(claims.has_value());
  EXPECT_EQ(claims->at("sub").as_string(), "system:serviceaccount:default:robot");
  EXPECT_EQ(claims->at("iss").as_string(), kIssuer);
  EXPECT_EQ(claims->at("kubernetes.io").at("namespace").as_string(), "default");
  EXPECT_EQ(claims->at("kubernetes.io").at("serviceaccount").at("name").as_string(), "robot");
  EXPECT_TRUE(claims->at("aud").is_array());
}

TEST_F(TokenRequestTest, TheWishedTimeIsWithinBounds) {
  struct Case {
    int64_t seconds;
    const char* why;  // null: granted
  };
  for (const Case& one : {Case{600, nullptr}, Case{86400, nullptr}, Case{int64_t{1} << 32, nullptr},
                          Case{599, "may not specify a duration less than 10 minutes"},
                          Case{0, "may not specify a duration less than 10 minutes"},
                          Case{-1, "may not specify a duration less than 10 minutes"},
                          Case{(int64_t{1} << 32) + 1, "may not specify a duration larger than 2^32 seconds"},
                          Case{INT64_MAX, "may not specify a duration larger than 2^32 seconds"}}) {
    auto outcome = request(
        [&](TokenRequest::Builder request) { request.initSpec().initExpirationSeconds().setValue(one.seconds); });
    if (one.why == nullptr) {
      EXPECT_EQ(claimsOf(tokenIn(outcome)).expiry, nowSeconds() + one.seconds);
      continue;
    }
    EXPECT_EQ(outcome.status.code, 422) << one.seconds;
    EXPECT_EQ(outcome.status.message,
              concat("TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: ",
                     one.seconds, ": ", one.why));
  }
}

TEST_F(TokenRequestTest, TheAudiencesAreThoseAskedFor) {
  auto outcome = request([](TokenRequest::Builder request) {
    request.initSpec().adoptAudiences(textList(orphanageOf(request), {"vault", "registry"}));
  });
  EXPECT_THAT(claimsOf(tokenIn(outcome)).audiences, ElementsAre("vault", "registry"));
}

TEST_F(TokenRequestTest, ANameInTheBodyMustBeTheAccounts) {
  auto wrongName = request([](TokenRequest::Builder request) { request.initMetadata().setName("other"); });
  EXPECT_EQ(wrongName.status.code, 422);
  EXPECT_THAT(wrongName.status.message,
              HasSubstr("metadata.name: Invalid value: \"other\": must match the service account name if specified"));
  auto wrongNamespace = request([](TokenRequest::Builder request) { request.initMetadata().setNamespace("other"); });
  EXPECT_THAT(wrongNamespace.status.message, HasSubstr("must match the service account namespace if specified"));
  EXPECT_TRUE(request([](TokenRequest::Builder request) { request.initMetadata().setName("robot"); }).ok());
}

TEST_F(TokenRequestTest, ATokenIsBoundToAPodAndSaysWhereThatRuns) {
  auto node = host.put(test::makeNode("worker", {}));
  auto pod = putPod("web");
  for (const std::string& uid : {std::string(), str(pod.uid())}) {
    TokenClaims claims = claimsOf(tokenIn(requestBound("Pod", "web", uid)));
    EXPECT_EQ(claims.pod, (TokenClaims::Reference{"web", str(pod.uid())}));
    EXPECT_EQ(claims.node, (TokenClaims::Reference{"worker", str(node.uid())}));
  }
}

TEST_F(TokenRequestTest, ANodeThatIsGoneIsNamedWithoutItsUid) {
  putPod("web");
  EXPECT_EQ(claimsOf(tokenIn(requestBound("Pod", "web"))).node, (TokenClaims::Reference{"worker", ""}));
}

TEST_F(TokenRequestTest, ATokenIsBoundToASecretOrANode) {
  auto secret = host.put(test::named<core_v1::Secret>("default", "s"));
  auto node = host.put(test::makeNode("worker", {}));
  EXPECT_EQ(claimsOf(tokenIn(requestBound("Secret", "s"))).secret, (TokenClaims::Reference{"s", str(secret.uid())}));
  TokenClaims claims = claimsOf(tokenIn(requestBound("Node", "worker")));
  EXPECT_EQ(claims.node, (TokenClaims::Reference{"worker", str(node.uid())}));
  EXPECT_FALSE(claims.pod);
}

TEST_F(TokenRequestTest, WhatItIsBoundToMustFit) {
  putPod("others", "admin");
  putPod("web");
  struct Case {
    const char *kind, *name, *uid, *apiVersion;
    int code;
    const char* why;
  };
  for (const Case& one : {
           Case{"Pod", "absent", "", "v1", 404, "pods \"absent\" not found"},
           Case{"Secret", "absent", "", "v1", 404, "secrets \"absent\" not found"},
           Case{"Pod", "others", "", "v1", 400,
                "cannot bind token for serviceaccount \"robot\" to pod running with different serviceaccount name."},
           Case{"Pod", "web", "old", "v1", 409,
                "the UID in the bound object reference (old) does not match the UID in record. The object might have "
                "been deleted and then recreated"},
           Case{"ConfigMap", "c", "", "v1", 400, "cannot bind token to object of type /v1, Kind=ConfigMap"},
           Case{"Pod", "web", "", "apps/v1", 400, "cannot bind token to object of type apps/v1, Kind=Pod"},
       }) {
    auto outcome = requestBound(one.kind, one.name, one.uid, one.apiVersion);
    EXPECT_EQ(outcome.status.code, one.code) << one.why;
    EXPECT_THAT(outcome.status.message, HasSubstr(one.why));
  }
}

TEST_F(TokenRequestTest, WhenTheClusterDoesNotAnswerThereIsNoToken) {
  putPod("web");
  host.onRequest([](std::string_view, std::string_view, std::string_view) -> Result<void> {
    return fail(Status::tooManyRequests("later", 1));
  });
  EXPECT_EQ(requestBound("Pod", "web").status.code, 429);
}

TEST_F(TokenRequestTest, EveryTokenHasAnIdOfItsOwn) { EXPECT_NE(claimsOf(issued()).id, claimsOf(issued()).id); }

TEST_F(TokenRequestTest, WithoutAKeyThePluginDoesNotStart) {
  plugin.reset();
  ASSERT_TRUE(removeTree(folder).has_value());
  plugin.emplace(host.start(cleat_plugin_v1()));
  host.settle();
  EXPECT_FALSE(plugin->ready());
  EXPECT_THAT(plugin->readyError(), HasSubstr("/sa.key"));
}

TEST_F(TokenRequestTest, OnANodeItSaysOnlyWhatTheSubresourceLooksLike) {
  plugin.reset();
  ASSERT_TRUE(removeTree(folder).has_value());
  host.nodeName() = "worker";
  plugin.emplace(host.start(cleat_plugin_v1()));
  host.settle();
  ASSERT_TRUE(plugin->ready()) << plugin->readyError();
  auto described = plugin->call(role::kinds::describe);
  ASSERT_TRUE(described.ok());
  ASSERT_EQ(described.answer->getSubresources().size(), 1u);
  EXPECT_EQ(view(described.answer->getSubresources()[0].getBodyKind()), "TokenRequest");
}

}  // namespace
}  // namespace cleat
