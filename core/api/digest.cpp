#include "core/api/digest.h"

#include <openssl/evp.h>

namespace cleat::api {

std::string sha256Hex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += {kHex[digest[i] >> 4], kHex[digest[i] & 15]};
  return text;
}

}  // namespace cleat::api
