#include "plugins/controller-job/index_set.h"

#include <gtest/gtest.h>

namespace cleat::job {
namespace {

IndexSet set(std::string_view text, int64_t completions = 100) { return IndexSet::parse(text, completions); }

TEST(IndexSets, AreWrittenAsTheyAreRead) {
  for (const char* text : {"", "0", "0,1", "0-2", "1,3-5,7", "0,1,3,4,6-8"}) EXPECT_EQ(set(text).text(), text);
}

TEST(IndexSets, LeaveOutWhatTheJobDoesNotHaveAndWhatIsWrong) {
  EXPECT_EQ(set("1,3-9", 5).text(), "1,3,4");
  EXPECT_EQ(set("1,x,3-", 5).text(), "1");
  EXPECT_EQ(set("7", 5).text(), "");
}

TEST(IndexSets, GrowTogether) {
  IndexSet grown;
  for (int64_t index : {4, 0, 2, 3, 7, 6, 1, 1}) grown.add(index);
  EXPECT_EQ(grown.text(), "0-4,6,7");
  EXPECT_EQ(grown.size(), 7);
  EXPECT_TRUE(grown.has(3));
  EXPECT_FALSE(grown.has(5));
  grown.add(5);
  EXPECT_EQ(grown, set("0-7"));
}

TEST(IndexSets, CountWhatIsInBoth) {
  EXPECT_EQ(set("0-4,8").common(set("3-8")), 3);
  EXPECT_EQ(set("").common(set("3-8")), 0);
  EXPECT_EQ(set("0,2,4").common(set("1,3,5")), 0);
}

}  // namespace
}  // namespace cleat::job
