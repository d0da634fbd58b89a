#include <cleat/sdk/base64.h>

#include <gtest/gtest.h>

namespace cleat {
namespace {

TEST(Base64, GivesTheBytes) {
  EXPECT_EQ(decodeBase64(""), "");
  EXPECT_EQ(decodeBase64("Zg=="), "f");
  EXPECT_EQ(decodeBase64("Zm9v"), "foo");
  EXPECT_EQ(decodeBase64("AP/+"), std::string("\0\xff\xfe", 3));
}

TEST(Base64, PassesOverPaddingAndLineEnds) {
  EXPECT_EQ(decodeBase64("Zm\r\n9v\n"), "foo");
  EXPECT_EQ(decodeBase64("Zm8"), "fo");
}

TEST(Base64, RefusesWhatIsNotOfTheAlphabet) {
  for (const char* text : {"Zm9v ", "Zm-_", "Zm9v\t", "\xc3\xa4"}) EXPECT_EQ(decodeBase64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace cleat
