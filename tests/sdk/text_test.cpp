// Texts made of several values.
#include <cleat/sdk/text.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace cleat {
namespace {

TEST(Text, OfARangeHasTheSeparatorBetweenAllOfItsValues) {
  EXPECT_EQ(joined(std::vector<std::string>(), ", "), "");
  EXPECT_EQ(joined(std::vector<std::string>{"a"}, ", "), "a");
  EXPECT_EQ(joined(std::vector<std::string>{"", "b", ""}, ","), ",b,") << "also where one is empty";
  EXPECT_EQ(joined(std::set<int>{3, 1, 2}, " "), "1 2 3");
  EXPECT_EQ(joined(std::vector<const char*>{"a", "b"}, ", ", inQuotes), R"("a", "b")");
}

}  // namespace
}  // namespace cleat
