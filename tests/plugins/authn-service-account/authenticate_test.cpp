#include "tests/plugins/authn-service-account/tokens_fixture.h"

namespace cleat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class AuthenticateTest : public ServiceAccountTokensTest {
 protected:
  std::vector<std::string> extras(const test::Outcome<role::AuthenticateResults>& known) {
    std::vector<std::string> out;
    for (auto extra : known.answer->getUser().getExtra()) {
      std::string_view key = view(extra.getKey());
      EXPECT_TRUE(key.starts_with("authentication.kubernetes.io/"));
      out.push_back(concat(key.substr(key.find('/') + 1), "=", extra.getValues()[0]));
    }
    return out;
  }
  template <class K>
  void markDeleted(const char* ns, const char* name, Duration ago) {
    host.change<K>(ns, name, [&](auto object) {
      object.getMetadata().setDeletionTimestamp(formatTime(host.wallNow() - ago));
      object.getMetadata().initFinalizers(1).set(0, "example.com/wait");
    });
    host.settle();
  }
};

TEST_F(AuthenticateTest, ATokenThatWasIssuedSaysWhoTheCallerIs) {
  const std::string token = issued();
  auto known = authenticate(token);
  ASSERT_TRUE(known.ok()) << known.status.message;
  auto user = known.answer->getUser();
  EXPECT_EQ(view(user.getName()), "system:serviceaccount:default:robot");
  EXPECT_EQ(view(user.getUid()), host.get<core_v1::ServiceAccount>("default", "robot").uid());
  EXPECT_THAT(strings(user.getGroups()), ElementsAre("system:serviceaccounts", "system:serviceaccounts:default"));
  EXPECT_THAT(extras(known), ElementsAre("credential-id=JTI=" + claimsOf(token).id));
  EXPECT_THAT(strings(known.answer->getAudiences()), ElementsAre(kIssuer));
}

TEST_F(AuthenticateTest, APodsTokenSaysWhichPodAndNode) {
  auto node = host.put(test::makeNode("worker", {}));
  auto pod = putPod("web");
  auto known = authenticate(tokenIn(requestBound("Pod", "web")));
  ASSERT_TRUE(known.ok()) << known.status.message;
  EXPECT_THAT(extras(known),
              UnorderedElementsAre(testing::StartsWith("credential-id="), "node-name=worker",
                                   concat("node-uid=", node.uid()), "pod-name=web", concat("pod-uid=", pod.uid())));
}

TEST_F(AuthenticateTest, TokensOfOthersAreLeftToTheNext) {
  TokenClaims claims = goodClaims();
  claims.issuer = "https://accounts.example.com";
  EXPECT_EQ(authenticate(signedClaims(claims)).outcome, CLEAT_NOT_MINE);
  for (const char* token : {"", "s3cret", "a.b.c", "....", "eyJhbGciOiJSUzI1NiJ9.e30.x"}) {
    EXPECT_EQ(authenticate(token).outcome, CLEAT_NOT_MINE) << token;
  }
}

TEST_F(AuthenticateTest, ATokenSignedWithAnotherKeyIsDenied) {
  SigningKey other = test::makeSigningKey();
  expectDenied(*signToken(other.get(), keyId(key()), writeClaims(goodClaims())), "signature is not good");
  expectDenied(test::signedToken(key(), R"({"alg":"none"})", boost::json::serialize(writeClaims(goodClaims()))),
               "of no accepted kind");
}

TEST_F(AuthenticateTest, ATokenIsGoodFromItsBeginningToItsEnd) {
  const std::string token = issued();
  host.advance(59min + 59s);
  EXPECT_TRUE(authenticate(token).ok());
  host.advance(1s);
  expectDenied(token, "service account token has expired");

  TokenClaims later = goodClaims();
  later.notBefore = nowSeconds() + 60;
  expectDenied(signedClaims(later), "service account token is not valid yet");
  TokenClaims endless = goodClaims();
  endless.expiry = 0;
  expectDenied(signedClaims(endless), "service account token has expired");
}

TEST_F(AuthenticateTest, ATokenIsForItsAudiences) {
  TokenClaims claims = goodClaims();
  claims.audiences = {"vault", "registry"};
  const std::string token = signedClaims(claims);
  expectDenied(token, "token audiences [\"vault\" \"registry\"] is invalid for the target audiences [\"" +
                          std::string(kIssuer) + "\"]");
  auto known = authenticate(token, {"registry", "other"});
  ASSERT_TRUE(known.ok()) << known.status.message;
  EXPECT_THAT(strings(known.answer->getAudiences()), ElementsAre("registry"));
  EXPECT_EQ(authenticate(issued(), {"vault"}).outcome, CLEAT_DENIED);
}

TEST_F(AuthenticateTest, WithItsAccountATokenGoes) {
  const std::string token = issued();
  const std::string old = str(host.get<core_v1::ServiceAccount>("default", "robot").uid());
  host.remove<core_v1::ServiceAccount>("default", "robot");
  host.settle();
  expectDenied(token, "serviceaccounts \"robot\" not found");
  auto again = host.put(test::named<core_v1::ServiceAccount>("default", "robot"));
  host.settle();
  ASSERT_NE(again.uid(), old);
  expectDenied(token, concat("service account UID (", again.uid(), ") does not match claim (", old, ")"));
  EXPECT_TRUE(authenticate(issued()).ok());
}

TEST_F(AuthenticateTest, AnAccountOfAMomentAgoIsKnown) {
  host.put(test::named<core_v1::ServiceAccount>("default", "fresh"));  // the plugin has not heard of it
  TokenClaims claims = goodClaims();
  claims.account = {"fresh", str(host.get<core_v1::ServiceAccount>("default", "fresh").uid())};
  EXPECT_TRUE(authenticate(signedClaims(claims)).ok());
}

TEST_F(AuthenticateTest, AnAccountThatWaitsForItsEndIsGone) {
  const std::string token = issued();
  markDeleted<core_v1::ServiceAccount>("default", "robot", 59s);
  EXPECT_TRUE(authenticate(token).ok()) << "a minute's leeway";
  host.advance(2s);
  expectDenied(token, "service account default/robot has been deleted");
}

TEST_F(AuthenticateTest, WithWhatItIsBoundToATokenGoes) {
  host.put(test::makeNode("worker", {}));
  putPod("web");
  host.put(test::named<core_v1::Secret>("default", "s"));
  const std::string ofPod = tokenIn(requestBound("Pod", "web"));
  const std::string ofSecret = tokenIn(requestBound("Secret", "s"));
  const std::string ofNode = tokenIn(requestBound("Node", "worker"));
  for (const std::string& token : {ofPod, ofSecret, ofNode}) EXPECT_TRUE(authenticate(token).ok());

  host.remove<core_v1::Node>("", "worker");
  expectDenied(ofNode, "service account token has been invalidated");
  EXPECT_TRUE(authenticate(ofPod).ok()) << "a pod's token only names its node";
  host.remove<core_v1::Pod>("default", "web");
  expectDenied(ofPod, "service account token has been invalidated");
  putPod("web");
  expectDenied(ofPod, ") does not match service account pod ref claim (");
  host.remove<core_v1::Secret>("default", "s");
  expectDenied(ofSecret, "service account token has been invalidated");
  host.put(test::named<core_v1::Secret>("default", "s"));
  expectDenied(ofSecret, ") does not match service account secret ref claim (");
}

TEST_F(AuthenticateTest, APodThatIsBeingStoppedKeepsItsTokenForItsGracePeriod) {
  putPod("web");
  const std::string token = tokenIn(requestBound("Pod", "web"));
  markDeleted<core_v1::Pod>("default", "web", -30s);
  host.advance(30s + 59s);
  EXPECT_TRUE(authenticate(token).ok());
  host.advance(2s);
  expectDenied(token, "service account token has been invalidated");
}

TEST_F(AuthenticateTest, WhenTheClusterDoesNotAnswerNobodyIsLetIn) {
  putPod("web");
  const std::string token = tokenIn(requestBound("Pod", "web"));
  host.onRequest([](std::string_view, std::string_view, std::string_view) -> Result<void> {
    return fail(Status::unavailable("later"));
  });
  EXPECT_EQ(authenticate(token).outcome, CLEAT_RETRY);
}

TEST_F(AuthenticateTest, SignedClaimsOfAnotherShapeAreDenied) {
  for (
      const char* claims :
      {R"({"iss":"https://kubernetes.default.svc"})",
       R"({"iss":"https://kubernetes.default.svc","aud":"https://kubernetes.default.svc","exp":9e99})",
       R"({"iss":"https://kubernetes.default.svc","aud":["https://kubernetes.default.svc"],"exp":4000000000,"kubernetes.io":7})",
       R"({"iss":"https://kubernetes.default.svc","aud":["https://kubernetes.default.svc"],"exp":4000000000,)"
       R"("kubernetes.io":{"namespace":"default","serviceaccount":{"name":"robot"}}})"}) {
    auto outcome = authenticate(test::signedToken(key(), R"({"alg":"RS256"})", claims));
    EXPECT_EQ(outcome.outcome, CLEAT_DENIED) << claims;
  }
}

TEST_F(AuthenticateTest, NothingIsHeldWhenThePluginStops) {
  putPod("web");
  EXPECT_TRUE(authenticate(tokenIn(requestBound("Pod", "web"))).ok());
  plugin->stop();
  EXPECT_EQ(host.heldObjects(), 0u);
}

}  // namespace
}  // namespace cleat
