#include "remote-common/review_cache.h"

#include <openssl/sha.h>

namespace cleat::remote {

std::string digestOf(std::string_view question) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(question.data()), question.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace cleat::remote
