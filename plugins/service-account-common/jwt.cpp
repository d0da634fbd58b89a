#include "jwt.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <optional>
#include <vector>

#include "jwt-common/base64_url.h"
#include "jwt-common/signature.h"

namespace cleat {
namespace {

constexpr size_t kMaxToken = 16 * 1024;
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
  std::optional<std::string> text = jwt::decodeBase64Url(part);
  if (!text) return std::nullopt;
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(*text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

// The algorithm of a header that demands nothing else (RFC 7515, 4.1.11).
std::string algorithmIn(const boost::json::object& header) {
  const boost::json::value* algorithm = header.if_contains("alg");
  if (!algorithm || !algorithm->is_string() || header.contains("crit")) return {};
  return std::string(algorithm->get_string());
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
  return jwt::encodeBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

boost::json::object publicKey(EVP_PKEY* key, const std::string& id) {
  boost::json::object json{{"use", "sig"}, {"kid", id}, {"alg", jwt::algorithmOf(key)}};
  const auto members = jwt::publicMembers(key);
  if (members.empty()) return {};
  for (const auto& [name, value] : members) json[name] = value;
  return json;
}

Result<std::string> signToken(EVP_PKEY* key, const std::string& id, const boost::json::object& claims) {
  const std::string algorithm = jwt::algorithmOf(key);
  const boost::json::object header{{"alg", algorithm}, {"kid", id}};
  const std::string text =
      jwt::encodeBase64Url(boost::json::serialize(header)) + "." + jwt::encodeBase64Url(boost::json::serialize(claims));
  CLEAT_TRY(const std::string signature, jwt::sign(key, algorithm, text));
  return text + "." + jwt::encodeBase64Url(signature);
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
  const std::string algorithm = header ? algorithmIn(*header) : std::string();
  if (algorithm.empty() || algorithm != jwt::algorithmOf(key))
    return fail(Status::unauthorized("the token's signature is of no accepted kind"));
  std::optional<std::string> signature = jwt::decodeBase64Url(parts->signature);
  if (!signature || !jwt::verifies(key, algorithm, parts->signedText, *signature)) {
    return fail(Status::unauthorized("the token's signature is not good"));
  }
  return claims;
}

}  // namespace cleat
