// Signed tokens (RFC 7515, 7519) and the keys that check them (RFC 7517), as an OpenID Connect provider has them: RSA
// and elliptic curves. Everything here comes from outside.
#pragma once

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/status.h>
#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::jwt {

inline constexpr size_t kMostToken = 64 * 1024;

struct SignedToken {
  std::string algorithm, keyId;
  std::string signedText, signature;
  JsonTree claims;  // not checked in any way
};
// Nothing for what does not look like such a token.
std::optional<SignedToken> parseToken(std::string_view token);

class JsonWebKey {
 public:
  const std::string& id() const { return id_; }
  // Whether the token's signature is this key's. No key is good for another type of algorithm than its own.
  bool verifies(const SignedToken& token) const;

 private:
  friend std::optional<JsonWebKey> keyOf(JsonView json);
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

// Those of the set that can check signatures; others are passed over. An error for what is no set.
Result<std::vector<JsonWebKey>> parseKeys(std::string_view text);

}  // namespace cleat::jwt
