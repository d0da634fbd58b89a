#include "plugins/runtime-oci/images/manifest_check.h"

#include <gtest/gtest.h>

namespace cleat::runtime {
namespace {

std::string manifest(const std::string& configSize, const std::string& layers) {
  return R"({"config":{"digest":"sha256:c","size":)" + configSize + R"(},"layers":[)" + layers + "]}";
}

TEST(ManifestCheckTest, TheLargestBlobIsTheMostThatIsFetched) {
  ImageLimits limits{.layer = {.bytes = 1000}, .bytes = 1500};
  EXPECT_EQ(*largestBlob(manifest("10", R"({"digest":"a","size":700},{"digest":"b","size":800})"), limits), 800u);
  EXPECT_EQ(*largestBlob(R"({"manifests":[]})", limits), 1000u) << "which of them it will be is not known yet";
}

TEST(ManifestCheckTest, WhatIsTooLargeIsNotEvenFetched) {
  ImageLimits limits{.layer = {.bytes = 1000}, .bytes = 1500};
  auto layer = largestBlob(manifest("10", R"({"digest":"sha256:a","size":1001})"), limits);
  EXPECT_EQ(layer.error().message, "layer sha256:a has 1001 bytes; max_layer_bytes allows 1000");
  EXPECT_EQ(layer.error().code, 413);
  auto image = largestBlob(manifest("10", R"({"digest":"a","size":800},{"digest":"b","size":800})"), limits);
  EXPECT_EQ(image.error().message, "the image's layers have 1600 bytes; max_image_bytes allows 1500");
  auto config = largestBlob(manifest("5000000", R"({"digest":"a","size":1})"), limits);
  EXPECT_EQ(config.error().message, "the image's configuration has 5000000 bytes; at most 4194304 are read");
  std::string many = R"({"digest":"a","size":0})";
  for (int i = 0; i < 127; ++i) many += R"(,{"digest":"a","size":0})";
  EXPECT_EQ(largestBlob(manifest("1", many), limits).error().message,
            "the image has 128 layers; at most 127 can be stacked");
}

TEST(ManifestCheckTest, WhatIsNoManifestIsRefused) {
  for (const std::string& text :
       {std::string("x"), std::string("[]"), std::string("{}"), manifest("-1", ""), manifest("1", "5"),
        manifest("1", R"({"digest":"a","size":-5})"), manifest("1", R"({"digest":"a","size":1e30})"),
        manifest("1", R"({"digest":5,"size":18446744073709551615})"), "[" + std::string(100'000, '[')}) {
    auto result = largestBlob(text, {});
    ASSERT_FALSE(result) << text.substr(0, 80);
    EXPECT_TRUE(result.error().code == 400 || result.error().code == 413) << text.substr(0, 80);
  }
}

}  // namespace
}  // namespace cleat::runtime
