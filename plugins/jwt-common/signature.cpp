#include "jwt-common/signature.h"

#include <cleat/sdk/text.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <optional>

#include "jwt-common/base64_url.h"
#include "jwt-common/openssl_bytes.h"

namespace cleat::jwt {

namespace {

struct Curve {
  std::string_view name, algorithm, group;  // the last as OpenSSL has it
  size_t bytes;                             // of a number
};
constexpr Curve kCurves[] = {
    {"P-256", "ES256", "prime256v1", 32}, {"P-384", "ES384", "secp384r1", 48}, {"P-521", "ES512", "secp521r1", 66}};

const Curve* curveOf(const EVP_PKEY* key) {
  char group[80] = {};
  size_t size = 0;
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || EVP_PKEY_get_group_name(key, group, sizeof group, &size) != 1) {
    return nullptr;
  }
  const std::string_view found(group, size);
  for (const Curve& curve : kCurves) {
    if (found == curve.group || found == curve.name) return &curve;
  }
  return nullptr;
}

bool isOfKind(const EVP_PKEY* key, std::string_view algorithm) {
  if (std::ranges::find(knownAlgorithms(), algorithm) == knownAlgorithms().end()) return false;
  if (!algorithm.starts_with("ES")) return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
  const Curve* curve = curveOf(key);
  return curve != nullptr && curve->algorithm == algorithm;
}

const EVP_MD* digestOf(std::string_view algorithm) {
  if (algorithm.ends_with("256")) return EVP_sha256();
  return algorithm.ends_with("384") ? EVP_sha384() : EVP_sha512();
}

bool setPadding(EVP_PKEY_CTX* context, std::string_view algorithm, int saltLength) {
  if (!algorithm.starts_with("PS")) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, saltLength) == 1;
}

unsigned char* writable(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// Two numbers as the structure that OpenSSL wants.
std::optional<std::string> derOf(std::string_view signature, const Curve& curve) {
  if (signature.size() != 2 * curve.bytes) return std::nullopt;
  const int size = static_cast<int>(curve.bytes);
  Owned<BIGNUM, BN_free> r(BN_bin2bn(bytesOf(signature), size, nullptr));
  Owned<BIGNUM, BN_free> s(BN_bin2bn(bytesOf(signature.substr(curve.bytes)), size, nullptr));
  Owned<ECDSA_SIG, ECDSA_SIG_free> both(ECDSA_SIG_new());
  if (ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return std::nullopt;
  (void)r.release();
  (void)s.release();
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(both.get(), &der);
  if (length <= 0) return std::nullopt;
  std::string made(reinterpret_cast<const char*>(der), static_cast<size_t>(length));
  OPENSSL_free(der);
  return made;
}

// And back.
std::optional<std::string> numbersOf(const std::string& der, const Curve& curve) {
  const unsigned char* at = bytesOf(std::string_view(der));
  Owned<ECDSA_SIG, ECDSA_SIG_free> both(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string made(2 * curve.bytes, '\0');
  const int size = static_cast<int>(curve.bytes);
  if (!both || BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), writable(made), size) != size ||
      BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), writable(made) + curve.bytes, size) != size) {
    return std::nullopt;
  }
  return made;
}

// A number of the key, with as many bytes as it is to have; 0: as few as it takes.
std::optional<std::string> numberOf(const EVP_PKEY* key, const char* name, size_t size) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &found) != 1) return std::nullopt;
  const Owned<BIGNUM, BN_free> number(found);
  std::string bytes(size > 0 ? size : static_cast<size_t>(BN_num_bytes(found)), '\0');
  if (BN_bn2binpad(found, writable(bytes), static_cast<int>(bytes.size())) < 0) return std::nullopt;
  return encodeBase64Url(bytes);
}

}  // namespace

const std::vector<std::string>& knownAlgorithms() {
  static const std::vector<std::string> kAll{"RS256", "RS384", "RS512", "ES256", "ES384",
                                             "ES512", "PS256", "PS384", "PS512"};
  return kAll;
}

std::string algorithmOf(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return "RS256";
  const Curve* curve = curveOf(key);
  return curve != nullptr ? str(curve->algorithm) : std::string();
}

bool verifies(EVP_PKEY* key, std::string_view algorithm, std::string_view text, std::string_view signature) {
  if (!isOfKind(key, algorithm)) return false;
  std::optional<std::string> plain = str(signature);
  if (const Curve* curve = curveOf(key)) plain = derOf(signature, *curve);
  if (!plain) return false;
  Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  return EVP_DigestVerifyInit(context.get(), &padding, digestOf(algorithm), nullptr, key) == 1 &&
         setPadding(padding, algorithm, RSA_PSS_SALTLEN_AUTO) &&
         EVP_DigestVerify(context.get(), bytesOf(std::string_view(*plain)), plain->size(), bytesOf(text),
                          text.size()) == 1;
}

Result<std::string> sign(EVP_PKEY* key, std::string_view algorithm, std::string_view text) {
  const auto failed = [] { return fail(Status::internal("cannot sign a token")); };
  if (!isOfKind(key, algorithm)) return failed();
  Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), &padding, digestOf(algorithm), nullptr, key) != 1 ||
      !setPadding(padding, algorithm, RSA_PSS_SALTLEN_DIGEST) ||
      EVP_DigestSign(context.get(), nullptr, &size, bytesOf(text), text.size()) != 1) {
    return failed();
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), writable(signature), &size, bytesOf(text), text.size()) != 1) return failed();
  signature.resize(size);
  const Curve* curve = curveOf(key);
  if (curve == nullptr) return signature;
  auto numbers = numbersOf(signature, *curve);
  if (!numbers) return failed();
  return *std::move(numbers);
}

std::vector<std::pair<std::string, std::string>> publicMembers(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    auto modulus = numberOf(key, OSSL_PKEY_PARAM_RSA_N, 0), exponent = numberOf(key, OSSL_PKEY_PARAM_RSA_E, 0);
    if (!modulus || !exponent) return {};
    return {{"kty", "RSA"}, {"n", *modulus}, {"e", *exponent}};
  }
  const Curve* curve = curveOf(key);
  if (curve == nullptr) return {};
  auto x = numberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, curve->bytes),
       y = numberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, curve->bytes);
  if (!x || !y) return {};
  return {{"kty", "EC"}, {"crv", str(curve->name)}, {"x", *x}, {"y", *y}};
}

}  // namespace cleat::jwt
