#include "bootstrap-token-common/bootstrap_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/bootstrap-token-common/bootstrap_secret.h"

namespace cleat::bootstrap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Object<core_v1::Secret> secretWith(const test::SecretData& more, const std::string& name = "bootstrap-token-abcdef") {
  test::SecretData data = test::tokenData();
  for (const auto& [key, value] : more) data[key] = value;
  return test::bootstrapSecret(data, name).freeze();
}

TEST(BootstrapToken, HasAForm) {
  auto parts = splitToken("abcdef.0123456789abcdef");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->id, "abcdef");
  EXPECT_EQ(parts->secret, "0123456789abcdef");
  for (const char* other :
       {"", "abcdef", "abcdef.0123456789abcde", "abcdef.0123456789abcdefg", "Abcdef.0123456789abcdef",
        "abcdef-0123456789abcdef", "abcde.f0123456789abcdef", "abcdef.0123456789abcde."}) {
    EXPECT_FALSE(splitToken(other)) << other;
  }
}

TEST(BootstrapToken, IsWhatNameAndContentSay) {
  EXPECT_TRUE(tokenOf(secretWith({})));
  EXPECT_FALSE(tokenOf(secretWith({{"token-id", "fedcba"}})));
  EXPECT_FALSE(tokenOf(secretWith({{"token-secret", ""}})));
  EXPECT_FALSE(tokenOf(secretWith({}, "token-abcdef")));
  EXPECT_FALSE(tokenOf(test::bootstrapSecret(test::tokenData(), "bootstrap-token-abcdef", "Opaque").freeze()));
}

TEST(BootstrapToken, HasATimeOrNone) {
  const WallTime now = *parseTime(std::string_view("2026-03-01T12:00:00Z"));
  EXPECT_FALSE(timeLeft(secretWith({}), now));
  EXPECT_FALSE(isExpired(secretWith({}), now));
  EXPECT_EQ(timeLeft(secretWith({{"expiration", "2026-03-01T13:00:00+00:30"}}), now), std::chrono::minutes(30));
  EXPECT_TRUE(isExpired(secretWith({{"expiration", "2026-03-01T12:00:00Z"}}), now));
  EXPECT_TRUE(isExpired(secretWith({{"expiration", "tomorrow"}}), now));
}

TEST(BootstrapToken, GivesGroupsOfItsKindAlone) {
  EXPECT_THAT(*groupsOf(secretWith({})), ElementsAre("system:bootstrappers"));
  EXPECT_THAT(*groupsOf(secretWith({{"auth-extra-groups", "system:bootstrappers:a,system:bootstrappers:b:c-1"}})),
              ElementsAre("system:bootstrappers", "system:bootstrappers:a", "system:bootstrappers:b:c-1"));
  for (const char* group : {"system:masters", "system:bootstrappers", "system:bootstrappers:", "system:bootstrappers:A",
                            "system:bootstrappers:a-", "system:bootstrappersa", " system:bootstrappers:a"}) {
    auto groups = groupsOf(secretWith({{"auth-extra-groups", group}}));
    ASSERT_FALSE(groups) << group;
    EXPECT_THAT(groups.error().message, HasSubstr("is invalid (must match"));
  }
}

}  // namespace
}  // namespace cleat::bootstrap
