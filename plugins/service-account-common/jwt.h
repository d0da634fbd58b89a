// JSON web tokens (RFC 7519) as service accounts have them, signed by the kind of the cluster's key:
// ES256 for one of the curve P-256, RS256 for one of RSA.
#pragma once

#include <cleat/sdk/status.h>
#include <openssl/evp.h>

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace cleat {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using SigningKey = std::unique_ptr<EVP_PKEY, KeyFree>;

// The private key in a PEM file; its public half checks what it signed.
Result<SigningKey> loadSigningKey(const std::string& file);

// What a token's header names the key by: the SHA-256 of its public form, in base64url.
std::string keyId(EVP_PKEY* key);

// The public half as a JSON Web Key (RFC 7517), for those who check signatures elsewhere. Empty of members for a key
// of another kind.
boost::json::object publicKey(EVP_PKEY* key, const std::string& keyId);

Result<std::string> signToken(EVP_PKEY* key, const std::string& keyId, const boost::json::object& claims);

// The claims of a token whose signature is good. Anything that does not look like such a token at all is a 404: not
// mine. At most 16 KiB.
Result<boost::json::object> checkToken(EVP_PKEY* key, std::string_view token);
// The claims of a token, not checked in any way: to see whose it is.
Result<boost::json::object> peekClaims(std::string_view token);

}  // namespace cleat
