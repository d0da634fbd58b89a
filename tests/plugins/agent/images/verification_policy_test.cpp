#include "images/verification_policy.h"

#include <gtest/gtest.h>

namespace cleat::agent::test {
namespace {

bool mustVerify(const VerificationPolicy& policy, std::string_view image, bool pulledHere) {
  return policy.mustVerify(*parseImageName(image), pulledHere);
}

TEST(VerificationPolicyTest, SaysWhoHasToShowACredential) {
  const std::string image = "registry.example/team/app:1";
  auto never = *VerificationPolicy::parse("NeverVerify", {});
  auto preloaded = *VerificationPolicy::parse("NeverVerifyPreloadedImages", {});
  auto always = *VerificationPolicy::parse("AlwaysVerify", {});
  EXPECT_FALSE(mustVerify(never, image, true));
  EXPECT_TRUE(mustVerify(preloaded, image, true));
  EXPECT_FALSE(mustVerify(preloaded, image, false));
  EXPECT_TRUE(mustVerify(always, image, false));
  EXPECT_TRUE(mustVerify({}, image, true)) << "the kubelet's default";
  EXPECT_FALSE(mustVerify({}, image, false));
}

TEST(VerificationPolicyTest, AListNamesRepositoriesOrAllBelowAPath) {
  auto policy = VerificationPolicy::parse("NeverVerifyAllowlistedImages",
                                          {"registry.example/team/*", "docker.io/library/busybox"});
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_FALSE(mustVerify(*policy, "registry.example/team/app:1", true));
  EXPECT_FALSE(mustVerify(*policy, "registry.example/team/deep/app", true));
  EXPECT_FALSE(mustVerify(*policy, "busybox:1.36", true));
  EXPECT_TRUE(mustVerify(*policy, "registry.example/teams/app", false));
  EXPECT_TRUE(mustVerify(*policy, "busybox.example/busybox", false));
}

TEST(VerificationPolicyTest, WhatIsMeantOtherwiseIsNotGuessed) {
  EXPECT_EQ(VerificationPolicy::parse("Sometimes", {}).error().message,
            "image_pull_credentials_verification_policy: \"Sometimes\" is none of NeverVerify, "
            "NeverVerifyPreloadedImages, NeverVerifyAllowlistedImages and AlwaysVerify");
  EXPECT_FALSE(VerificationPolicy::parse("AlwaysVerify", {"docker.io/library/busybox"}));
  for (const char* pattern :
       {"*", "/*", "a*/b", "registry.example/app:1", "busybox", "registry.example/*/app", " x.y/a"})
    EXPECT_FALSE(VerificationPolicy::parse("NeverVerifyAllowlistedImages", {pattern})) << pattern;
}

}  // namespace
}  // namespace cleat::agent::test
