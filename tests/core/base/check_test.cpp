#include "core/base/check.h"

#include <gtest/gtest.h>

namespace cleat::base {
namespace {

TEST(Check, SaysNothingOfWhatHolds) {
  CHECK(1 + 1 == 2, "numbers add up");
  CHECK(std::string("b") > std::string("a"), "letters have an order");
  int evaluated = 0;
  CHECK(++evaluated == 1, "the condition is evaluated once");
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, EndsTheProcessWithBothValuesAndWhy) {
  const int revision = 3, last = 7;
  EXPECT_DEATH(CHECK(revision > last, "revisions ascend"),
               "check_test.cpp:[0-9]+: CHECK\\(revision > last\\) failed \\(3 > 7\\): revisions ascend");
  EXPECT_DEATH(CHECK(std::string("a") == "b", "names agree"), "\\(a == b\\): names agree");
  EXPECT_DEATH(CHECK(false, "it is true"), "CHECK\\(false\\) failed \\(false\\): it is true");
}

}  // namespace
}  // namespace cleat::base
