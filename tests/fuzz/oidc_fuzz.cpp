// What an OpenID Connect provider and the holders of tokens say: no set of keys that comes from outside, whatever it
// is, finds a token good that none of its owners has signed; and claims become a user or an error.
#include <openssl/ec.h>

#include "plugins/authn-oidc/claim_mapping.h"
#include "plugins/jwt-common/base64_url.h"
#include "plugins/jwt-common/json_web_keys.h"
#include "plugins/jwt-common/signature.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace cleat;

EVP_PKEY* signer() {
  static EVP_PKEY* const kKey = EVP_EC_gen("P-256");
  return kKey;
}

const oidc::IssuerConfig& issuer() {
  static const oidc::IssuerConfig kIssuer = [] {
    auto parsed = oidc::parseAuthenticationConfig(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
        "- issuer: {url: \"https://a.example\", audiences: [c]}\n"
        "  claimValidationRules: [{expression: \"!has(claims.x) || claims.x == 1\"}]\n"
        "  claimMappings:\n"
        "    username: {claim: sub, prefix: \"a:\"}\n"
        "    groups: {expression: \"has(claims.g) ? claims.g : []\"}\n"
        "  userValidationRules: [{expression: \"user.groups.all(g, g != 'admin')\"}]\n",
        "fuzz", "");
    fuzz::require(parsed.has_value(), "the configuration is wrong", parsed ? "" : parsed.error().message);
    return parsed->issuers[0];
  }();
  return kIssuer;
}

void mapped(JsonView claims, std::string_view input) {
  const auto user = oidc::mapClaims(claims, issuer());
  if (!user) return;
  fuzz::require(user->name.size() > 2 && user->name.starts_with("a:"), "a user has no name of the issuer's", input);
  for (const std::string& group : user->groups) fuzz::require(group != "admin", "a rule was not held", input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = fuzz::textOf(data, size);
  const std::string text = concat(jwt::encodeBase64Url(R"({"alg":"ES256"})"), ".", jwt::encodeBase64Url("{}"));
  static const std::string kSignature = *jwt::sign(signer(), "ES256", text);
  const auto token = jwt::parseToken(concat(text, ".", jwt::encodeBase64Url(kSignature)));
  fuzz::require(token.has_value(), "a good token cannot be read", "");
  if (auto keys = jwt::parseKeys(input)) {
    for (const jwt::JsonWebKey& key : *keys) fuzz::require(!key.verifies(*token), "somebody else's key is good", input);
  }
  if (auto bytes = jwt::decodeBase64Url(input)) {
    fuzz::require(jwt::encodeBase64Url(*bytes) == input, "bytes have two texts", input);
  }
  if (auto parsed = jwt::parseToken(input)) mapped(parsed->claims.view(), input);
  if (auto claims = JsonTree::parse(input)) mapped(claims->view(), input);
  return 0;
}
