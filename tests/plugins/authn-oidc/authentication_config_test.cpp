#include "authentication_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat::oidc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHead = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n";
const std::string kIssuer = "- issuer: {url: \"https://a.example\", audiences: [cluster]}\n";
const std::string kName = "  claimMappings: {username: {claim: sub, prefix: \"\"}}\n";

Result<AuthenticationConfig> parse(const std::string& text) {
  return parseAuthenticationConfig(text, "auth.yaml", "https://kubernetes.default.svc");
}
std::string complaints(const std::string& text) {
  auto parsed = parse(text);
  return parsed ? "" : parsed.error().message;
}

TEST(AuthenticationConfig, SaysWhoComesInWithoutCredentials) {
  const auto anonymous = [](const std::string& text) { return parse(kHead + "jwt: []\n" + text)->anonymous; };
  EXPECT_EQ(anonymous(""), std::nullopt);
  EXPECT_EQ(anonymous("anonymous: {enabled: false}\n"), (AnonymousConfig{false, {}}));
  EXPECT_EQ(anonymous("anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}]}\n"),
            (AnonymousConfig{true, {"/livez", "/readyz"}}));
}

TEST(AuthenticationConfig, SaysIssuersRulesAndMappings) {
  auto parsed = parse(kHead + R"yaml(jwt:
- issuer:
    url: https://a.example/realm
    discoveryURL: https://b.example/.well-known/openid-configuration
    audiences: [one, two]
    audienceMatchPolicy: MatchAny
  claimValidationRules:
  - {claim: hd, requiredValue: example.com}
  - {expression: "claims.exp - claims.nbf <= 86400", message: too long}
  claimMappings:
    username: {expression: "claims.email_verified ? claims.email : claims.sub"}
    groups: {claim: groups, prefix: "oidc:"}
    uid: {claim: sub}
    extra: [{key: example.com/tenant, valueExpression: claims.tenant}]
  userValidationRules: [{expression: "!user.username.startsWith('system:')", message: reserved}]
- issuer: {url: "https://c.example", audiences: [x]}
  claimMappings: {username: {claim: sub, prefix: ""}}
)yaml");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->issuers.size(), 2u);
  const IssuerConfig& first = parsed->issuers[0];
  EXPECT_EQ(first.url, "https://a.example/realm");
  EXPECT_EQ(first.discoveryUrl, "https://b.example/.well-known/openid-configuration");
  EXPECT_THAT(first.audiences, ElementsAre("one", "two"));
  ASSERT_EQ(first.claimRules.size(), 2u);
  EXPECT_EQ(first.claimRules[0].requiredValue, "example.com");
  EXPECT_TRUE(first.claimRules[1].expression);
  EXPECT_TRUE(first.username.expression);
  EXPECT_EQ(first.groups.prefix, "oidc:");
  EXPECT_EQ(first.uid.claim, "sub");
  EXPECT_EQ(first.extra[0].key, "example.com/tenant");
  EXPECT_EQ(first.userRules[0].message, "reserved");
}

TEST(AuthenticationConfig, IsTheSameInItsBeta) {
  auto parsed =
      parse("apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\njwt:\n" + kIssuer + kName);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->issuers.size(), 1u);
}

struct Wrong {
  const char* what;
  std::string text;
  const char* says;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.what; }

class WrongAuthenticationConfig : public testing::TestWithParam<Wrong> {};

TEST_P(WrongAuthenticationConfig, IsToldWithLineAndField) {
  EXPECT_THAT(complaints(GetParam().text), HasSubstr(GetParam().says)) << GetParam().what;
}

std::string withIssuer(const std::string& issuer) { return kHead + "jwt:\n- issuer: " + issuer + "\n" + kName; }
std::string withMappings(const std::string& mappings) {
  return kHead + "jwt:\n" + kIssuer + "  claimMappings: " + mappings + "\n";
}
std::string withRules(const std::string& rules) {
  return kHead + "jwt:\n" + kIssuer + kName + "  claimValidationRules: " + rules + "\n";
}

INSTANTIATE_TEST_SUITE_P(
    Cases, WrongAuthenticationConfig,
    testing::Values(
        Wrong{"no YAML", "a: [", "auth.yaml:1: "},
        Wrong{"another kind", "apiVersion: v1\nkind: Pod\n", "auth.yaml:1: expected apiserver.config.k8s.io/v1, Kind="},
        Wrong{"an unknown field", kHead + "jwt: []\njvt: []\n", "auth.yaml:4: jvt: unknown field"},
        Wrong{"one deep in it", withIssuer("{url: \"https://a.example\", audiences: [c], uri: x}"),
              "auth.yaml:4: jwt[0].issuer.uri: unknown field"},
        Wrong{"a field twice", kHead + "jwt: []\njwt: []\n", "auth.yaml:4: jwt: the field stands there twice"},
        Wrong{"a number for a text", withIssuer("{url: 7, audiences: [c]}"),
              "jwt[0].issuer.url: expected a text, which 7 without quotes is not"},
        Wrong{"conditions of nothing", kHead + "jwt: []\nanonymous: {enabled: false, conditions: [{path: /livez}]}\n",
              "auth.yaml:4: anonymous.conditions: Invalid value: enabled should be set to true when conditions are "
              "defined"},
        Wrong{"no URL", withIssuer("{audiences: [c]}"), "jwt[0].issuer.url: Required value: URL is required"},
        Wrong{"no TLS", withIssuer("{url: \"http://a.example\", audiences: [c]}"), "URL scheme must be https"},
        Wrong{"a query", withIssuer("{url: \"https://a.example?x=1\", audiences: [c]}"), "must not contain a query"},
        Wrong{"a user", withIssuer("{url: \"https://me@a.example\", audiences: [c]}"),
              "URL must not contain a username or password"},
        Wrong{"the cluster's own", withIssuer("{url: \"https://kubernetes.default.svc\", audiences: [c]}"),
              "URL must not overlap with disallowed issuers: [https://kubernetes.default.svc]"},
        Wrong{"discovery at the issuer",
              withIssuer("{url: \"https://a.example\", discoveryURL: \"https://a.example/\", audiences: [c]}"),
              "discoveryURL must be different from URL"},
        Wrong{"no audience", withIssuer("{url: \"https://a.example\"}"), "jwt[0].issuer.audiences: Required value"},
        Wrong{"no policy for two", withIssuer("{url: \"https://a.example\", audiences: [a, b]}"),
              "audienceMatchPolicy must be MatchAny for multiple audiences"},
        Wrong{"an audience twice",
              withIssuer("{url: \"https://a.example\", audiences: [a, a], audienceMatchPolicy: MatchAny}"),
              "jwt[0].issuer.audiences[1]: Duplicate value: \"a\""},
        Wrong{"no certificate", withIssuer("{url: \"https://a.example\", audiences: [a], certificateAuthority: x}"),
              "data does not contain any valid RSA or ECDSA certificates"},
        Wrong{"an issuer twice", kHead + "jwt:\n" + kIssuer + kName + kIssuer + kName,
              "auth.yaml:6: jwt[1].issuer.url: Duplicate value: \"https://a.example\""}));

INSTANTIATE_TEST_SUITE_P(
    Mappings, WrongAuthenticationConfig,
    testing::Values(
        Wrong{"no name", withMappings("{}"), "claimMappings.username: Required value: claim or expression is required"},
        Wrong{"no prefix", withMappings("{username: {claim: sub}}"), "prefix is required when claim is set"},
        Wrong{"both", withMappings("{username: {claim: sub, prefix: a, expression: claims.sub}}"),
              "claim and expression can't both be set"},
        Wrong{"a prefix of an expression", withMappings("{username: {prefix: a, expression: claims.sub}}"),
              "prefix can't be set when expression is set"},
        Wrong{"wrong CEL", withMappings("{username: {expression: \"claims.\"}}"),
              "auth.yaml:5: jwt[0].claimMappings.username.expression: Invalid value: \"claims.\": compilation failed: "
              "ERROR"},
        Wrong{"another type", withMappings("{username: {expression: \"1 + 1\"}}"), "must evaluate to string"},
        Wrong{"an address that may be anybody's", withMappings("{username: {expression: claims.email}}"),
              "claims.email_verified must be used"},
        Wrong{"a key of Kubernetes",
              withMappings(
                  "{username: {claim: sub, prefix: \"\"}, extra: [{key: a.k8s.io/x, valueExpression: claims.a}]}"),
              "their subdomains are reserved for Kubernetes use"},
        Wrong{"capitals",
              withMappings("{username: {claim: sub, prefix: \"\"}, extra: [{key: A.b/x, valueExpression: claims.a}]}"),
              "key must be lowercase"},
        Wrong{"no path",
              withMappings("{username: {claim: sub, prefix: \"\"}, extra: [{key: x, valueExpression: claims.a}]}"),
              "must be a domain-prefixed path"},
        Wrong{"no rule", withRules("[{}]"), "claim or expression is required"},
        Wrong{"a rule that is no condition", withRules("[{expression: \"'x'\"}]"), "must evaluate to bool"},
        Wrong{"a rule of both", withRules("[{claim: a, expression: \"true\"}]"),
              "claim and expression can't both be set"},
        Wrong{"a message of a claim", withRules("[{claim: a, message: x}]"), "message can't be set when claim is set"},
        Wrong{"a rule of users about claims",
              kHead + "jwt:\n" + kIssuer + kName + "  userValidationRules: [{expression: \"claims.a == 1\"}]\n",
              "undeclared reference to 'claims'"}));

TEST(AuthenticationConfig, TellsAllThatIsWrongAtOnce) {
  const std::string all = complaints(withIssuer("{url: \"http://a.example\"}") + "  nonsense: 1\n");
  EXPECT_THAT(all, HasSubstr("URL scheme must be https"));
  EXPECT_THAT(all, HasSubstr("audiences: Required value"));
  EXPECT_THAT(all, HasSubstr("jwt[0].nonsense: unknown field"));
}

}  // namespace
}  // namespace cleat::oidc
