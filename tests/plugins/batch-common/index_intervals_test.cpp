#include "batch-common/index_intervals.h"

#include <gtest/gtest.h>

#include <vector>

namespace cleat::batch {
namespace {

TEST(IndexIntervals, AreCounted) {
  EXPECT_EQ(countIndexes("", 10).value(), 0);
  EXPECT_EQ(countIndexes("7", 10).value(), 1);
  EXPECT_EQ(countIndexes("1,3-5,7", 10).value(), 5);
}

TEST(IndexIntervals, AreRefusedInTheWordsThatClientsKnow) {
  for (
      auto [text, error] : std::vector<std::pair<std::string, std::string>>{
          {"a", "cannot convert string to integer for index: \"a\""},
          {"1,", "cannot convert string to integer for index: \"\""},
          {"-1", "cannot convert string to integer for index: \"\""},
          {"1-2-3",
           "the fragment \"1-2-3\" violates the requirement that an index interval can have at most two parts separated by "
           "'-'"},
          {"10", "too large index: \"10\""},
          {"3-10", "too large index: \"10\""},
          {"4-4", "non-increasing order, previous: 4, current: 4"},
          {"4,2", "non-increasing order, previous: 4, current: 2"}}) {
    auto count = countIndexes(text, 10);
    ASSERT_FALSE(count) << text;
    EXPECT_EQ(count.error(), error);
  }
}

TEST(IndexIntervals, MayShareAnIndex) {
  EXPECT_EQ(commonIndex("1-3,7", "4-6,8", 10), std::nullopt);
  EXPECT_EQ(commonIndex("1-3,7", "0,3", 10), 3);
  EXPECT_EQ(commonIndex("1-3,x,7", "5-9", 10), 7);
  EXPECT_EQ(commonIndex("", "1", 10), std::nullopt);
}

}  // namespace
}  // namespace cleat::batch
