#include <cleat/sdk/percent.h>

#include <gtest/gtest.h>

namespace cleat {
namespace {

TEST(PercentEncoded, KeepsWhatCanStandInAUrl) {
  EXPECT_EQ(percentEncoded("Az09-._~"), "Az09-._~");
  EXPECT_EQ(percentEncoded(""), "");
}

TEST(PercentEncoded, WritesEveryOtherByteInCapitals) {
  EXPECT_EQ(percentEncoded("a b/c?d=e&f%\n"), "a%20b%2Fc%3Fd%3De%26f%25%0A");
  EXPECT_EQ(percentEncoded("\xc3\xa4\xff"), "%C3%A4%FF");
  EXPECT_EQ(percentEncoded(std::string_view("\0", 1)), "%00");
}

TEST(PercentEncoded, KeepsWhatItIsTold) {
  EXPECT_EQ(percentEncoded("/a.b:c", "/"), "/a%2Eb%3Ac");
  EXPECT_EQ(percentEncoded("..", ""), "%2E%2E");
}

}  // namespace
}  // namespace cleat
