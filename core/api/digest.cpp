#include "core/api/digest.h"

#include <openssl/evp.h>

#include <array>

#include "core/base/hex.h"

namespace cleat::api {

namespace {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes) {
  Sha256 digest;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

}  // namespace

std::string sha256Hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : sha256(bytes)) base::appendHex(text, byte, base::HexCase::upper);
  return text;
}

std::string shortDigest(std::string_view bytes) {
  constexpr int kBytes = 8;
  std::array<unsigned char, 16> text;
  const int size = EVP_EncodeBlock(text.data(), sha256(bytes).data(), kBytes);
  return {text.begin(), text.begin() + size};
}

}  // namespace cleat::api
