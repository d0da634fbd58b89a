// What an operator leaves of what a plugin asks to be allowed.
#include "core/host/loading/grants.h"

#include <gtest/gtest.h>

namespace cleat::host {
namespace {

constexpr const char* kAsked = "- pods,services get,list,watch\n* events create\napps deployments *\n";

TEST(Grants, LessThanWasAskedForIsGiven) {
  for (const char* line :
       {"- pods get", "- services,pods list,get", "events.k8s.io events create", "apps deployments patch"}) {
    auto left = narrowGrants(kAsked, {line});
    ASSERT_TRUE(left) << left.error().message;
    EXPECT_EQ(*left, std::string(line) + "\n");
  }
  EXPECT_EQ(*narrowGrants(kAsked, {"- pods get", "- events create"}), "- pods get\n- events create\n");
  EXPECT_EQ(*narrowGrants(kAsked, {}), "") << "nothing at all";
}

TEST(Grants, MoreThanWasAskedForIsRefused) {
  for (const char* line : {"- pods delete", "- secrets get", "apps pods get", "* pods get", "- * get", "- pods *"}) {
    EXPECT_FALSE(narrowGrants(kAsked, {line})) << line;
  }
  EXPECT_EQ(narrowGrants(kAsked, {"- pods,secrets get"}).error().message,
            "\"- pods,secrets get\": the plugin does not ask to get secrets");
}

TEST(Grants, WhatIsNoGrantIsRefused) {
  for (const char* line : {"", "pods get", "- pods get list", "- pods,,services get"}) {
    EXPECT_FALSE(narrowGrants(kAsked, {line})) << line;
  }
}

}  // namespace
}  // namespace cleat::host
