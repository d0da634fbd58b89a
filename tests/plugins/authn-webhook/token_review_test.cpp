#include "authn-webhook/token_review.h"

#include <cleat/sdk/text.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

using testing::ElementsAre;

TEST(TokenReview, SendsTheTokenAndItsAudiences) {
  EXPECT_EQ(tokenReviewText("a\"b", {"x", "y"}), R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1",)"
                                                 R"("spec":{"token":"a\"b","audiences":["x","y"]}})");
}

TEST(TokenReview, SaysWhoItIs) {
  auto reviewed = readTokenReview(
      R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","status":{"authenticated":true,"audiences":["x"],)"
      R"("user":{"username":"jane","uid":"7","groups":["dev"],"extra":{"k":["a","b"]}}}})");
  ASSERT_TRUE(reviewed) << reviewed.error().message;
  EXPECT_TRUE(reviewed->isAuthenticated);
  EXPECT_EQ(reviewed->name, "jane");
  EXPECT_EQ(reviewed->uid, "7");
  EXPECT_THAT(reviewed->groups, ElementsAre("dev"));
  EXPECT_THAT(reviewed->audiences, ElementsAre("x"));
  ASSERT_EQ(reviewed->extra.size(), 1u);
  EXPECT_THAT(reviewed->extra[0].second, ElementsAre("a", "b"));
}

TEST(TokenReview, OfAnotherShapeMakesNobodyKnown) {
  for (const char* status :
       {R"({})", R"({"authenticated":"true"})", R"({"authenticated":1,"user":{"username":"x"}})"}) {
    auto reviewed = readTokenReview(
        concat(R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","status":)", status, "}"));
    ASSERT_TRUE(reviewed);
    EXPECT_FALSE(reviewed->isAuthenticated) << status;
  }
  EXPECT_FALSE(readTokenReview(R"({"apiVersion":"authentication.k8s.io/v1beta1","kind":"TokenReview","status":{}})"));
}

}  // namespace
}  // namespace cleat
