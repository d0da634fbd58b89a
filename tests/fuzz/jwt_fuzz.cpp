// What anybody can send as a bearer token: the parser of JSON web tokens takes no text for a token but what the key has
// signed, and reads back what was signed.
#include <openssl/rsa.h>

#include <boost/json/parse.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "plugins/authn-service-account/claims.h"
#include "plugins/service-account-common/jwt.h"

namespace cleat {
namespace {

void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(input.size()), input.data());
  std::abort();
}

EVP_PKEY* key() {
  static const SigningKey key(EVP_RSA_gen(2048));
  return key.get();
}

// Whatever the claims are, their reading is stable.
void readTwice(const boost::json::object& object, std::string_view input) {
  const TokenClaims claims = readClaims(object);
  require(readClaims(writeClaims(claims)) == claims, "claims change when they are written and read again", input);
}

// What is signed is always what the plugin writes: no numbers but integers, say.
void signAndForge(const TokenClaims& claims, std::string_view input) {
  Result<std::string> token = signToken(key(), keyId(key()), writeClaims(claims));
  require(token.has_value(), "cannot sign", input);
  Result<boost::json::object> read = checkToken(key(), *token);
  require(read ? readClaims(*read) == claims : token->size() > 16 * 1024, "what was signed is not read back", input);
  std::string forged = *token;
  const size_t at = input.size() * 7919 % forged.size();
  forged[at] = forged[at] == 'A' ? 'B' : 'A';
  require(!checkToken(key(), forged), "a changed token is accepted", forged);
}

}  // namespace
}  // namespace cleat

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (Result<boost::json::object> peeked = peekClaims(input)) readTwice(*peeked, input);
  require(!checkToken(key(), input), "a token that the key has not signed is accepted", input);
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(input, error);
  if (error || !value.is_object()) return 0;
  readTwice(value.get_object(), input);
  signAndForge(readClaims(value.get_object()), input);
  return 0;
}
