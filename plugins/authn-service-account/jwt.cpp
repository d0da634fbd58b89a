#include "jwt.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <optional>
#include <vector>

namespace cleat {
namespace {

constexpr size_t kMaxToken = 16 * 1024;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encodeBase64Url(std::string_view bytes) {
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += kAlphabet[bits >> count & 63];
    }
  }
  if (count > 0) text += kAlphabet[bits << (6 - count) & 63];
  return text;
}

// Only the one text that encodes the bytes is taken: no padding, no bits left over.
std::optional<std::string> decodeBase64Url(std::string_view text) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xff);
    }
  }
  if (count >= 6 || (bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

struct Parts {
  std::string_view signedText, header, payload, signature;
};

std::optional<Parts> split(std::string_view token) {
  if (token.size() > kMaxToken) return std::nullopt;
  size_t first = token.find('.');
  size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  return Parts{token.substr(0, last), token.substr(0, first), token.substr(first + 1, last - first - 1),
               token.substr(last + 1)};
}

Status notMine() { return Status::notFound("tokens", "this is no token of a service account"); }

std::optional<boost::json::object> decodeObject(std::string_view part) {
  std::optional<std::string> text = decodeBase64Url(part);
  if (!text) return std::nullopt;
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(*text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

// Whether the header says what the signature is checked as, and demands nothing else (RFC 7515, 4.1.11).
bool isRs256(const boost::json::object& header) {
  const boost::json::value* algorithm = header.if_contains("alg");
  return algorithm && algorithm->is_string() && algorithm->get_string() == "RS256" && !header.contains("crit");
}

bool verifies(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

}  // namespace

Result<SigningKey> loadSigningKey(const std::string& file) {
  std::unique_ptr<FILE, decltype(&std::fclose)> in(std::fopen(file.c_str(), "re"), std::fclose);
  SigningKey key(in ? PEM_read_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key) return fail(Status::internal("cannot read a private key from " + file));
  return key;
}

std::string keyId(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  int size = i2d_PUBKEY(key, &der);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  if (size > 0) SHA256(der, static_cast<size_t>(size), digest.data());
  OPENSSL_free(der);
  return encodeBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

boost::json::object publicKey(EVP_PKEY* key, const std::string& id) {
  auto number = [&](const char* name) -> std::optional<std::string> {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &value) != 1) return std::nullopt;
    std::string bytes(static_cast<size_t>(BN_num_bytes(value)), 0);
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(bytes.data()));
    BN_free(value);
    return encodeBase64Url(bytes);
  };
  const auto modulus = number(OSSL_PKEY_PARAM_RSA_N), exponent = number(OSSL_PKEY_PARAM_RSA_E);
  if (!modulus || !exponent) return {};
  return {{"use", "sig"}, {"kty", "RSA"}, {"kid", id}, {"alg", "RS256"}, {"n", *modulus}, {"e", *exponent}};
}

Result<std::string> signToken(EVP_PKEY* key, const std::string& id, const boost::json::object& claims) {
  boost::json::object header{{"alg", "RS256"}, {"kid", id}};
  std::string text =
      encodeBase64Url(boost::json::serialize(header)) + "." + encodeBase64Url(boost::json::serialize(claims));
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) {
    return fail(Status::internal("cannot sign a token"));
  }
  std::vector<unsigned char> signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, bytes, text.size()) != 1) {
    return fail(Status::internal("cannot sign a token"));
  }
  return text + "." + encodeBase64Url({reinterpret_cast<const char*>(signature.data()), size});
}

Result<boost::json::object> peekClaims(std::string_view token) {
  std::optional<Parts> parts = split(token);
  std::optional<boost::json::object> claims = parts ? decodeObject(parts->payload) : std::nullopt;
  if (!claims) return fail(notMine());
  return std::move(*claims);
}

Result<boost::json::object> checkToken(EVP_PKEY* key, std::string_view token) {
  CLEAT_TRY(boost::json::object claims, peekClaims(token));
  std::optional<Parts> parts = split(token);
  std::optional<boost::json::object> header = decodeObject(parts->header);
  if (!header || !isRs256(*header)) return fail(Status::unauthorized("the token's signature is of no accepted kind"));
  std::optional<std::string> signature = decodeBase64Url(parts->signature);
  if (!signature || !verifies(key, parts->signedText, *signature)) {
    return fail(Status::unauthorized("the token's signature is not good"));
  }
  return claims;
}

}  // namespace cleat
