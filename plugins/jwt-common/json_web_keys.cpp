#include "jwt-common/json_web_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "jwt-common/base64_url.h"
#include "jwt-common/openssl_bytes.h"
#include "jwt-common/signature.h"

namespace cleat::jwt {

namespace {

using Number = Owned<BIGNUM, BN_free>;

// What a set may make the server work for: a modulus and an exponent of these sizes are checked in microseconds.
constexpr int kLeastModulusBits = 1024, kMostModulusBits = 8192, kMostExponentBits = 31;
constexpr size_t kMostKeys = 256;

std::optional<JsonTree> decodeObject(std::string_view part) {
  auto text = decodeBase64Url(part);
  if (!text) return std::nullopt;
  auto tree = JsonTree::parse(*text);
  if (!tree || !tree->view().isObject()) return std::nullopt;
  return *std::move(tree);
}

std::string textOf(JsonView object, std::string_view name) {
  auto member = object.member(name);
  return member ? str(member->text()) : std::string();
}

Number numberOf(JsonView json, std::string_view name) {
  auto bytes = decodeBase64Url(textOf(json, name));
  if (!bytes || bytes->empty() || bytes->size() > kMostModulusBits / 8) return nullptr;
  return Number(BN_bin2bn(bytesOf(*bytes), static_cast<int>(bytes->size()), nullptr));
}

std::shared_ptr<EVP_PKEY> keyOfParameters(const char* type, OSSL_PARAM_BLD* build) {
  Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(build));
  Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return {made, EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> rsaKey(JsonView json) {
  const Number modulus = numberOf(json, "n"), exponent = numberOf(json, "e");
  if (!modulus || !exponent) return nullptr;
  const int bits = BN_num_bits(modulus.get());
  if (bits < kLeastModulusBits || bits > kMostModulusBits) return nullptr;
  if (BN_num_bits(exponent.get()) > kMostExponentBits || !BN_is_odd(exponent.get())) return nullptr;
  Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return keyOfParameters("RSA", build.get());
}

size_t fieldBytes(std::string_view curve) { return curve == "P-256" ? 32 : curve == "P-384" ? 48 : 66; }

std::shared_ptr<EVP_PKEY> curveKey(JsonView json, const std::string& curve) {
  if (curve != "P-256" && curve != "P-384" && curve != "P-521") return nullptr;
  auto x = decodeBase64Url(textOf(json, "x")), y = decodeBase64Url(textOf(json, "y"));
  if (!x || !y || x->size() != fieldBytes(curve) || y->size() != fieldBytes(curve)) return nullptr;
  const std::string point = concat('\x04', *x, *y);
  Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.c_str(), 0);
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  std::shared_ptr<EVP_PKEY> key = keyOfParameters("EC", build.get());
  if (!key) return nullptr;
  // Not every point is one of the curve.
  Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> check(EVP_PKEY_CTX_new(key.get(), nullptr));
  return EVP_PKEY_public_check(check.get()) == 1 ? key : nullptr;
}

}  // namespace

std::optional<SignedToken> parseToken(std::string_view token) {
  if (token.size() > kMostToken) return std::nullopt;
  const size_t first = token.find('.'), last = token.rfind('.');
  if (first == std::string_view::npos || first == last || token.find('.', first + 1) != last) return std::nullopt;
  auto header = decodeObject(token.substr(0, first));
  auto claims = decodeObject(token.substr(first + 1, last - first - 1));
  auto signature = decodeBase64Url(token.substr(last + 1));
  // What the header demands to be understood (RFC 7515, 4.1.11) is nothing that is known here.
  if (!header || !claims || !signature || header->view().member("crit")) return std::nullopt;
  return SignedToken{textOf(header->view(), "alg"), textOf(header->view(), "kid"), str(token.substr(0, last)),
                     *std::move(signature), *std::move(claims)};
}

bool JsonWebKey::verifies(const SignedToken& token) const {
  return jwt::verifies(key_.get(), token.algorithm, token.signedText, token.signature);
}

std::optional<JsonWebKey> keyOf(JsonView json) {
  if (textOf(json, "use") == "enc") return std::nullopt;
  JsonWebKey key;
  key.id_ = textOf(json, "kid");
  const std::string type = textOf(json, "kty");
  if (type == "RSA") {
    key.key_ = rsaKey(json);
  } else if (type == "EC") {
    key.key_ = curveKey(json, textOf(json, "crv"));
  }
  if (!key.key_) return std::nullopt;
  return key;
}

Result<std::vector<JsonWebKey>> parseKeys(std::string_view text) {
  CLEAT_TRY(const JsonTree tree, JsonTree::parse(text));
  auto list = tree.view().member("keys");
  if (!list || !list->isList()) return fail(Status::internal("the answer has no list of keys"));
  std::vector<JsonWebKey> keys;
  for (JsonView each : list->items()) {
    if (keys.size() == kMostKeys) break;
    if (auto key = keyOf(each)) keys.push_back(*std::move(key));
  }
  return keys;
}

}  // namespace cleat::jwt
