#include "core/base/few.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace cleat::base {
namespace {

template <class List>
std::string joined(const List& list) {
  std::string all;
  for (const std::string& text : list) all += text;
  return all;
}

TEST(Few, KeepsItsOrderAsItGrowsOutOfItself) {
  Few<std::string, 2> list;
  std::string expected;
  for (const char* text : {"a", "b", "c", "d"}) {
    list.push_back(text);
    expected += text;
    EXPECT_EQ(joined(list), expected);
    EXPECT_EQ(list.size(), expected.size());
  }
  EXPECT_EQ(list.front(), "a");
  EXPECT_EQ(list[3], "d");
}

TEST(Few, IsEmptyOnceItHasBeenMovedAway) {
  for (const size_t count : {1u, 2u, 3u}) {
    Few<std::unique_ptr<int>, 2> from;
    for (size_t i = 0; i < count; ++i) from.push_back(std::make_unique<int>(static_cast<int>(i)));
    Few<std::unique_ptr<int>, 2> to(std::move(from));
    EXPECT_TRUE(from.empty());
    ASSERT_EQ(to.size(), count);
    EXPECT_EQ(*to[count - 1], static_cast<int>(count - 1));
    from.push_back(std::make_unique<int>(7));
    EXPECT_EQ(*from.front(), 7);
    to = std::move(from);
    ASSERT_EQ(to.size(), 1u);
    EXPECT_EQ(*to.front(), 7);
  }
}

TEST(Few, IsCopiedWhole) {
  const Few<std::string, 2> all{"x", "y", "z"};
  const Few<std::string, 2> last(all.begin() + 1, all.end());
  Few<std::string, 2> copy = all;
  EXPECT_EQ(joined(copy), "xyz");
  copy = last;
  EXPECT_EQ(joined(copy), "yz");
  EXPECT_EQ(joined(all), "xyz");
}

}  // namespace
}  // namespace cleat::base
