#include "core/api/gzip.h"

#include <gtest/gtest.h>

namespace cleat::api {
namespace {

TEST(Gzip, GivesBackWhatItWasGiven) {
  std::string large;
  for (int i = 0; i < 100'000; ++i) large += R"({"type":"string","n":)" + std::to_string(i) + "}";
  for (const std::string& text : {std::string(), std::string("a"), std::string(3, '\0'), large}) {
    const std::string packed = gzipped(text);
    EXPECT_EQ(packed.substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(gunzipped(packed), text);
  }
  EXPECT_LT(gzipped(large).size(), large.size() / 4);
}

}  // namespace
}  // namespace cleat::api
