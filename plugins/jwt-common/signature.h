// Signatures as JOSE writes them (RFC 7518, section 3): RS and PS by keys of RSA, ES by those of the curve that belongs
// to the algorithm, where a signature is two numbers, one behind the other, and no structure.
#pragma once

#include <cleat/sdk/status.h>
#include <openssl/evp.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat::jwt {

// RS, ES and PS with 256, 384 and 512.
const std::vector<std::string>& knownAlgorithms();

// By what a key signs: RS256 for RSA, ES256 for P-256, ES384, ES512. Empty for a key of another kind.
std::string algorithmOf(const EVP_PKEY* key);

// False also for an algorithm that is none of the key's kind.
bool verifies(EVP_PKEY* key, std::string_view algorithm, std::string_view text, std::string_view signature);
Result<std::string> sign(EVP_PKEY* key, std::string_view algorithm, std::string_view text);

// The members of the public half as a JSON Web Key (RFC 7517): kty, and n and e, or crv, x and y. None of a key of
// another kind.
std::vector<std::pair<std::string, std::string>> publicMembers(const EVP_PKEY* key);

}  // namespace cleat::jwt
