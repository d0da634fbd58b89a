#include "core/app/tokens.h"

#include <gtest/gtest.h>

namespace cleat::app {
namespace {

const std::string kFingerprint(64, 'a');

TEST(JoinToken, IsAFingerprintAndASecret) {
  const auto plain = parseJoinToken(kFingerprint + ".0123456789abcdef\n");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->caFingerprint, kFingerprint);
  EXPECT_EQ(plain->secret, "0123456789abcdef");
}

TEST(JoinToken, MayHaveABootstrapTokenForASecret) {
  const auto token = parseJoinToken(kFingerprint + ".abcdef.0123456789abcdef");
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->secret, "abcdef.0123456789abcdef");
}

TEST(JoinToken, OfAnotherFormIsRefused) {
  for (const std::string& text : {std::string(), kFingerprint, kFingerprint + ".",
                                  std::string("abcdef.0123456789abcdef"), std::string(64, 'A') + ".secret"}) {
    EXPECT_FALSE(parseJoinToken(text)) << text;
  }
}

}  // namespace
}  // namespace cleat::app
