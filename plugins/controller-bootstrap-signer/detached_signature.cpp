#include "detached_signature.h"

#include <cleat/sdk/text.h>
#include <openssl/hmac.h>

#include "jwt-common/base64_url.h"

namespace cleat::bootstrap {

std::string detachedSignature(std::string_view content, std::string_view keyId, std::string_view secret) {
  const std::string header = jwt::encodeBase64Url(concat(R"({"alg":"HS256","kid":")", keyId, "\"}"));
  const std::string text = concat(header, ".", jwt::encodeBase64Url(content));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return concat(header, "..", jwt::encodeBase64Url({reinterpret_cast<const char*>(digest), size}));
}

}  // namespace cleat::bootstrap
