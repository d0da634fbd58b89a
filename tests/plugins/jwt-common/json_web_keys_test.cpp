#include "jwt-common/json_web_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

namespace cleat::jwt {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::string base64Url(std::string_view bytes) {
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

// A key pair that signs tokens and shows its public half.
class Signer {
 public:
  static Signer rsa(unsigned bits = 2048) { return Signer(EVP_RSA_gen(bits), ""); }
  static Signer curve(const char* name) { return Signer(EVP_EC_gen(name), name); }

  std::string number(const char* name, size_t size = 0) const {
    BIGNUM* value = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key_.get(), name, &value), 1);
    std::string bytes(size > 0 ? size : static_cast<size_t>(BN_num_bytes(value)), 0);
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    BN_free(value);
    return base64Url(bytes);
  }
  size_t half() const { return curve_ == "P-256" ? 32 : curve_ == "P-384" ? 48 : 66; }
  std::string json(const std::string& id) const {
    if (curve_.empty()) {
      return concat(R"({"kty":"RSA","kid":")", id, R"(","n":")", number("n"), R"(","e":")", number("e"), "\"}");
    }
    return concat(R"({"kty":"EC","kid":")", id, R"(","crv":")", curve_, R"(","x":")", number("qx", half()),
                  R"(","y":")", number("qy", half()), "\"}");
  }

  std::string sign(const std::string& algorithm, const std::string& claims, const std::string& id = "k") const {
    std::string text =
        concat(base64Url(concat(R"({"alg":")", algorithm, R"(","kid":")", id, "\"}")), ".", base64Url(claims));
    const EVP_MD* digest = algorithm.ends_with("256")   ? EVP_sha256()
                           : algorithm.ends_with("384") ? EVP_sha384()
                                                        : EVP_sha512();
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* padding = nullptr;
    EXPECT_EQ(EVP_DigestSignInit(context.get(), &padding, digest, nullptr, key_.get()), 1);
    if (algorithm[0] == 'P') {
      EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST);
    }
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::string signature(size, 0);
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size());
    signature.resize(size);
    return concat(text, ".", base64Url(curve_.empty() ? signature : plain(signature)));
  }

 private:
  Signer(EVP_PKEY* key, std::string curve) : key_(key, EVP_PKEY_free), curve_(std::move(curve)) {}
  std::string plain(const std::string& der) const {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string both(2 * half(), 0);
    auto* out = reinterpret_cast<unsigned char*>(both.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, static_cast<int>(half()));
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half(), static_cast<int>(half()));
    ECDSA_SIG_free(signature);
    return both;
  }
  std::shared_ptr<EVP_PKEY> key_;
  std::string curve_;
};

std::vector<JsonWebKey> keysOf(const std::string& json) {
  auto keys = parseKeys(concat(R"({"keys":[)", json, "]}"));
  EXPECT_TRUE(keys) << keys.error().message;
  return keys ? *keys : std::vector<JsonWebKey>();
}

bool accepts(const std::string& keyJson, const std::string& token) {
  auto parsed = parseToken(token);
  const auto keys = keysOf(keyJson);
  return parsed && keys.size() == 1 && keys[0].verifies(*parsed);
}

const Signer& rsaSigner() {
  static const Signer kSigner = Signer::rsa();
  return kSigner;
}

TEST(JsonWebKeys, CheckEveryAlgorithmOfTheirType) {
  for (const char* algorithm : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}) {
    EXPECT_TRUE(accepts(rsaSigner().json("k"), rsaSigner().sign(algorithm, R"({"sub":"a"})"))) << algorithm;
  }
  const std::pair<const char*, const char*> curves[] = {{"P-256", "ES256"}, {"P-384", "ES384"}, {"P-521", "ES512"}};
  for (auto [curve, algorithm] : curves) {
    const Signer signer = Signer::curve(curve);
    EXPECT_TRUE(accepts(signer.json("k"), signer.sign(algorithm, R"({"sub":"a"})"))) << algorithm;
  }
}

TEST(JsonWebKeys, RefuseWhatIsNotTheirs) {
  const std::string good = rsaSigner().sign("RS256", R"({"sub":"a"})");
  EXPECT_FALSE(accepts(Signer::rsa().json("k"), good));
  // The claims of one token with the signature of another.
  const std::string other = rsaSigner().sign("RS256", R"({"sub":"b"})");
  EXPECT_FALSE(accepts(rsaSigner().json("k"), other.substr(0, other.rfind('.')) + good.substr(good.rfind('.'))));
  // Another algorithm of the same key, or of another type of key.
  const Signer curve = Signer::curve("P-256");
  EXPECT_FALSE(accepts(curve.json("k"), good));
  EXPECT_FALSE(accepts(rsaSigner().json("k"), curve.sign("ES256", "{}")));
}

TEST(JsonWebKeys, AreNoSecretsAndNoneIsNoAlgorithm) {
  const std::string claims = base64Url(R"({"sub":"a"})");
  EXPECT_FALSE(accepts(rsaSigner().json("k"), concat(base64Url(R"({"alg":"none"})"), ".", claims, ".")));
  const std::string text = concat(base64Url(R"({"alg":"HS256","kid":"k"})"), ".", claims);
  const std::string secret = rsaSigner().number("n");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  const std::string signature = base64Url(std::string_view(reinterpret_cast<char*>(digest), size));
  EXPECT_FALSE(accepts(rsaSigner().json("k"), concat(text, ".", signature)));
}

TEST(JsonWebKeys, SetsPassOverWhatChecksNoSignatures) {
  EXPECT_THAT(keysOf(R"({"kty":"oct","k":"c2VjcmV0"},{"kty":"OKP","crv":"Ed25519","x":"AA"},7,{},null)"), IsEmpty());
  EXPECT_THAT(keysOf(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})"), IsEmpty());
  // A point beside the curve, a modulus that is too small and an exponent that would cost.
  const std::string zero(43, 'A');
  EXPECT_THAT(keysOf(concat(R"({"kty":"EC","crv":"P-256","x":")", zero, R"(","y":")", zero, "\"}")), IsEmpty());
  EXPECT_THAT(keysOf(Signer::rsa(512).json("k")), IsEmpty());
  EXPECT_THAT(
      keysOf(concat(R"({"kty":"RSA","n":")", rsaSigner().number("n"), R"(","e":")", rsaSigner().number("n"), "\"}")),
      IsEmpty());
  std::string forEncryption = rsaSigner().json("k");
  forEncryption.insert(1, R"("use":"enc",)");
  EXPECT_THAT(keysOf(forEncryption), IsEmpty());
  EXPECT_THAT(keysOf(rsaSigner().json("k") + "," + rsaSigner().json("l")), SizeIs(2));
}

TEST(JsonWebKeys, WhatIsNoSetIsAnError) {
  for (const char* text : {"", "[]", "{}", R"({"keys":7})", "{]"}) EXPECT_FALSE(parseKeys(text)) << text;
}

TEST(SignedToken, IsThreePartsOfWhichTwoAreObjects) {
  const std::string object = base64Url("{}");
  EXPECT_TRUE(parseToken(concat(object, ".", object, ".AAAA")));
  for (const std::string& token :
       {std::string(), object, object + "." + object, concat(object, ".", object, ".AAAA.AAAA"),
        concat(base64Url("[]"), ".", object, ".AAAA"), concat(object, ".", base64Url("{"), ".AAAA"),
        concat(object, ".", object, ".AA=="), concat(object, ".", object, ".A*"), concat("a+b/", ".", object, ".AAAA"),
        concat(base64Url(R"({"crit":["exp"]})"), ".", object, ".AAAA"), std::string(kMostToken + 1, 'a')}) {
    EXPECT_FALSE(parseToken(token)) << token.substr(0, 80);
  }
}

}  // namespace
}  // namespace cleat::jwt
