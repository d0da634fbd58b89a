// The order in which versions stand for one another.
#include "kinds-apiextensions/version_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cleat::kinds::extensions {
namespace {

TEST(VersionOrder, IsThatOfKubernetes) {
  std::vector<std::string> versions{"foo10",   "v1",       "v12alpha1", "v11alpha2", "v2", "v10",
                                    "v3beta1", "v10beta3", "v11beta2",  "foo1",      "v01"};
  std::ranges::stable_sort(versions, [](const std::string& a, const std::string& b) { return isNewer(a, b); });
  EXPECT_THAT(versions, testing::ElementsAre("v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1",
                                             "v11alpha2", "foo1", "foo10", "v01"));
}

TEST(VersionOrder, HasNoPlaceForNumbersBeyondMeasure) {
  EXPECT_TRUE(isNewer("v1", "v99999999999999999999"));
  EXPECT_FALSE(isNewer("v", "v1"));
  EXPECT_FALSE(isNewer("v1beta", "v1alpha1"));
  EXPECT_FALSE(isNewer("v1", "v1"));
}

}  // namespace
}  // namespace cleat::kinds::extensions
