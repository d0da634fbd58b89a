#include "service-account-common/jwt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "tests/plugins/service-account-common/signing_key.h"

namespace cleat {
namespace {

using test::base64Url;
using test::signedToken;
using testing::HasSubstr;

constexpr const char* kHeader = R"({"alg":"RS256","kid":"x"})";
constexpr const char* kClaims = R"({"iss":"us","sub":"jane"})";

EVP_PKEY* key() {
  static const SigningKey key = test::makeSigningKey();
  return key.get();
}

TEST(Jwt, WhatIsSignedIsReadBack) {
  const boost::json::object claims{{"iss", "us"}, {"exp", int64_t{1} << 40}, {"aud", {"a", "b"}}, {"n", "jané"}};
  Result<std::string> token = signToken(key(), keyId(key()), claims);
  ASSERT_TRUE(token.has_value());
  Result<boost::json::object> read = checkToken(key(), *token);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, claims);
  EXPECT_EQ(*peekClaims(*token), claims);
}

TEST(Jwt, ATokenThatWasChangedAnywhereIsRefused) {
  const std::string token = *signToken(key(), keyId(key()), {{"iss", "us"}, {"sub", "jane"}});
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(checkToken(key(), changed).has_value()) << "at " << i;
  }
  for (size_t i = 0; i < token.size(); ++i) EXPECT_FALSE(checkToken(key(), token.substr(0, i)).has_value()) << i;
}

TEST(Jwt, OneSignatureHasOneTextOnly) {
  const std::string token = *signToken(key(), keyId(key()), {{"iss", "us"}});
  for (const char* more : {"A", "=", "==", "AA", "AAA", "\n", " ", "."}) {
    EXPECT_FALSE(checkToken(key(), token + more).has_value()) << more;
  }
  // 256 bytes leave four bits of the last letter unused.
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string sibling = token;
  sibling.back() = kAlphabet[kAlphabet.find(token.back()) + 1];
  EXPECT_FALSE(checkToken(key(), sibling).has_value());
}

TEST(Jwt, ASignatureOfAnotherKeyIsNotGood) {
  SigningKey other = test::makeSigningKey();
  auto read = checkToken(key(), *signToken(other.get(), keyId(key()), {{"iss", "us"}}));
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, 401);
}

TEST(Jwt, OnlyRs256IsAccepted) {
  EXPECT_TRUE(checkToken(key(), signedToken(key(), kHeader, kClaims)).has_value());
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"HS256"})", R"({"alg":"RS512"})", R"({"alg":"rs256"})", R"({"alg":["RS256"]})",
        R"({"kid":"x"})", "[]", "", "{", R"("RS256")", R"({"alg":"RS256","crit":["b64"],"b64":false})"}) {
    auto read = checkToken(key(), signedToken(key(), header, kClaims));
    ASSERT_FALSE(read.has_value()) << header;
    EXPECT_EQ(read.error().code, 401) << header;
  }
  const std::string text = base64Url(R"({"alg":"none"})") + "." + base64Url(kClaims);
  EXPECT_FALSE(checkToken(key(), text + ".").has_value()) << "without a signature";
}

TEST(Jwt, AKeyOfTheCurveSignsByItsOwnAlgorithm) {
  const SigningKey curve(EVP_EC_gen("P-256"));
  Result<std::string> token = signToken(curve.get(), keyId(curve.get()), {{"iss", "us"}});
  ASSERT_TRUE(token.has_value());
  EXPECT_TRUE(token->starts_with(base64Url(R"({"alg":"ES256","kid":")").substr(0, 28))) << *token;
  EXPECT_EQ(token->size() - token->rfind('.') - 1, 86u) << "64 bytes in base64";
  EXPECT_TRUE(checkToken(curve.get(), *token).has_value());
  EXPECT_FALSE(checkToken(key(), *token).has_value());
  EXPECT_FALSE(checkToken(curve.get(), *signToken(key(), "x", {{"iss", "us"}})).has_value());
  // Neither the structure that OpenSSL signs, nor the algorithm of another kind of key.
  EXPECT_FALSE(checkToken(curve.get(), signedToken(curve.get(), R"({"alg":"ES256"})", kClaims)).has_value());
  EXPECT_FALSE(checkToken(curve.get(), signedToken(curve.get(), R"({"alg":"RS256"})", kClaims)).has_value());
  const boost::json::object json = publicKey(curve.get(), "k");
  EXPECT_EQ(json.at("kty"), "EC");
  EXPECT_EQ(json.at("crv"), "P-256");
  EXPECT_EQ(json.at("alg"), "ES256");
  EXPECT_EQ(json.at("x").as_string().size(), 43u);
  EXPECT_EQ(publicKey(key(), "k").at("kty"), "RSA");
}

TEST(Jwt, ThePublicKeyIsNoSecretToSignWith) {
  unsigned char* der = nullptr;
  int size = i2d_PUBKEY(key(), &der);
  const std::string text = base64Url(R"({"alg":"HS256"})") + "." + base64Url(kClaims);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int macSize = 0;
  HMAC(EVP_sha256(), der, size, reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &macSize);
  OPENSSL_free(der);
  const std::string forged = text + "." + base64Url({reinterpret_cast<char*>(mac), macSize});
  EXPECT_FALSE(checkToken(key(), forged).has_value());
}

TEST(Jwt, WhatDoesNotLookLikeATokenIsSomebodyElses) {
  const std::string big = base64Url("{\"iss\":\"" + std::string(17 * 1024, 'x') + "\"}");
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("abc"), std::string("a.b"),
        std::string("a.b.c"), base64Url(kHeader) + "." + base64Url("[1]") + ".x",
        base64Url(kHeader) + "." + base64Url("{\"iss\":") + ".x", base64Url(kHeader) + "." + base64Url(kClaims),
        base64Url(kHeader) + "." + base64Url(kClaims) + ".more.parts", base64Url(kHeader) + "." + big + ".x",
        base64Url(kHeader) + "." + base64Url(std::string(4000, '[')) + ".x"}) {
    auto read = checkToken(key(), text);
    ASSERT_FALSE(read.has_value()) << text.substr(0, 80);
    EXPECT_EQ(read.error().code, 404) << text.substr(0, 80);
  }
}

TEST(Jwt, AKeyIsNamedByItsPublicHalf) {
  EXPECT_EQ(keyId(key()).size(), 43u) << "256 bits in base64";
  EXPECT_EQ(keyId(key()), keyId(key()));
  EXPECT_NE(keyId(key()), keyId(test::makeSigningKey().get()));
}

TEST(Jwt, AFileWithoutAPrivateKeyIsNamed) {
  auto loaded = loadSigningKey("/nowhere/sa.key");
  ASSERT_FALSE(loaded.has_value());
  EXPECT_THAT(loaded.error().message, HasSubstr("/nowhere/sa.key"));
}

}  // namespace
}  // namespace cleat
