#include "claim_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat::oidc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Mapping {
  const char* what;
  const char* jwt;  // the mappings and rules, in YAML
  const char* claims;
  const char* user;  // "name uid [groups] {extra}", or the error
};
void PrintTo(const Mapping& mapping, std::ostream* out) { *out << mapping.what; }

std::string shown(const TokenUser& user) {
  std::string text = concat(user.name, " ", user.uid, " [");
  for (const std::string& group : user.groups) text += concat(group, ";");
  text += "]";
  for (const auto& [key, values] : user.extra) {
    text += concat(" ", key, "=");
    for (const std::string& value : values) text += concat(value, ";");
  }
  return text;
}

std::string mapped(const char* jwt, const char* claims) {
  auto config = parseAuthenticationConfig(
      concat("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
             "- issuer: {url: \"https://a.example\", audiences: [c]}\n",
             jwt),
      "auth.yaml", "");
  if (!config) return config.error().message;
  auto tree = JsonTree::parse(claims);
  auto user = mapClaims(tree->view(), config->issuers[0]);
  return user ? shown(*user) : user.error().message;
}

class ClaimMapping : public testing::TestWithParam<Mapping> {};

TEST_P(ClaimMapping, MakesAUserOrSaysWhyNot) {
  EXPECT_EQ(mapped(GetParam().jwt, GetParam().claims), GetParam().user) << GetParam().what;
}

constexpr const char* kPlain =
    "  claimMappings: {username: {claim: sub, prefix: 'o:'}, groups: {claim: g, prefix: 'o:'}}\n";
constexpr const char* kMail = "  claimMappings: {username: {claim: email, prefix: ''}}\n";

INSTANTIATE_TEST_SUITE_P(
    Claims, ClaimMapping,
    testing::Values(Mapping{"a name", kPlain, R"({"sub":"jane"})", "o:jane  []"},
                    Mapping{"groups", kPlain, R"({"sub":"jane","g":["a","b"]})", "o:jane  [o:a;o:b;]"},
                    Mapping{"one group", kPlain, R"({"sub":"jane","g":"a"})", "o:jane  [o:a;]"},
                    Mapping{"groups that are none", kPlain, R"({"sub":"jane","g":[7]})",
                            "oidc: parse groups claim \"g\": it is neither a text nor a list of texts"},
                    Mapping{"no name", kPlain, R"({})", "oidc: parse username claims \"sub\": claim not present"},
                    Mapping{"a name that is none", kPlain, R"({"sub":7})",
                            "oidc: parse username claims \"sub\": the claim is no text"},
                    Mapping{"an empty name", kPlain, R"({"sub":""})", "oidc: username claim \"sub\" is empty"},
                    Mapping{"an address", kMail, R"({"email":"a@b"})", "a@b  []"},
                    Mapping{"one that is proved", kMail, R"({"email":"a@b","email_verified":true})", "a@b  []"},
                    Mapping{"one that is not", kMail, R"({"email":"a@b","email_verified":false})",
                            "oidc: email not verified"},
                    Mapping{"one of which it cannot be told", kMail, R"({"email":"a@b","email_verified":"true"})",
                            "oidc: parse 'email_verified' claim: it is no boolean"}));

constexpr const char* kCel =
    "  claimMappings:\n"
    "    username: {expression: \"claims.user.name\"}\n"
    "    groups: {expression: \"has(claims.roles) ? claims.roles.split(',') : []\"}\n"
    "    uid: {expression: \"string(claims.id)\"}\n"
    "    extra: [{key: e.io/t, valueExpression: \"has(claims.t) ? claims.t : ''\"}]\n";

INSTANTIATE_TEST_SUITE_P(
    Expressions, ClaimMapping,
    testing::Values(Mapping{"all", kCel, R"({"user":{"name":"jane"},"roles":"a,b","id":7,"t":["x","","y"]})",
                            "jane 7 [a;b;] e.io/t=x;y;"},
                    Mapping{"nothing of what may be absent", kCel, R"({"user":{"name":"jane"},"id":7})", "jane 7 []"},
                    Mapping{"an empty name", kCel, R"({"user":{"name":""},"id":7})",
                            "oidc: empty username via CEL expression is not allowed"},
                    Mapping{"no such claim", kCel, R"({"id":7})",
                            "oidc: error evaluating username claim expression: no such key: user"},
                    Mapping{"another type", kCel, R"({"user":{"name":7},"id":7})",
                            "oidc: error evaluating username claim expression: expression must return a string"}));

constexpr const char* kRules =
    "  claimMappings: {username: {claim: sub, prefix: ''}}\n"
    "  claimValidationRules: [{claim: hd, requiredValue: x.io}, {expression: 'claims.exp - claims.iat <= 10', message: long}]\n"
    "  userValidationRules: [{expression: \"!user.username.startsWith('system:')\", message: reserved}]\n";

INSTANTIATE_TEST_SUITE_P(
    Rules, ClaimMapping,
    testing::Values(
        Mapping{"all hold", kRules, R"({"sub":"a","hd":"x.io","exp":20,"iat":10})", "a  []"},
        Mapping{"a claim that is absent", kRules, R"({"sub":"a"})", "oidc: required claim hd not present in ID token"},
        Mapping{"another value", kRules, R"({"sub":"a","hd":"y.io"})",
                "oidc: required claim hd value does not match. Got = y.io, want = x.io"},
        Mapping{
            "a rule that does not hold", kRules, R"({"sub":"a","hd":"x.io","exp":30,"iat":10})",
            "oidc: error evaluating claim validation expression: validation expression 'claims.exp - claims.iat <= 10' "
            "failed: long"},
        Mapping{
            "a rule that fails", kRules, R"({"sub":"a","hd":"x.io","exp":30})",
            "oidc: error evaluating claim validation expression: expression 'claims.exp - claims.iat <= 10' resulted in "
            "error: no such key: iat"},
        Mapping{"a rule about the user", kRules, R"({"sub":"system:admin","hd":"x.io","exp":20,"iat":10})",
                "oidc: error evaluating user info validation rule: validation expression "
                "'!user.username.startsWith('system:')' failed: reserved"}));

}  // namespace
}  // namespace cleat::oidc
