// A pair of keys for signing tokens in tests, and tokens with parts of one's own choice.
#pragma once

#include <cleat/sdk/file.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "service-account-common/jwt.h"

namespace cleat::test {

inline SigningKey makeSigningKey() { return SigningKey(EVP_RSA_gen(2048)); }

inline void writeSigningKey(const std::string& file, EVP_PKEY* key) {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  long size = BIO_get_mem_data(memory, &text);
  Result<void> wrote = cleat::writeFile(file, std::string(text, static_cast<size_t>(size)));
  BIO_free_all(memory);
  if (!wrote) throw std::runtime_error(wrote.error().message);
}

inline std::string base64Url(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6;) text += kAlphabet[bits >> (count -= 6) & 63];
  }
  if (count > 0) text += kAlphabet[bits << (6 - count) & 63];
  return text;
}

// A token with any header, truly signed with RS256.
inline std::string signedToken(EVP_PKEY* key, std::string_view header, std::string_view claims) {
  std::string text = base64Url(header) + "." + base64Url(claims);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  unsigned char signature[512];
  size_t size = sizeof signature;
  EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
  EVP_DigestSign(context, signature, &size, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  EVP_MD_CTX_free(context);
  return text + "." + base64Url({reinterpret_cast<char*>(signature), size});
}

}  // namespace cleat::test
