#include "plugins/runtime-oci/streams/stream_frames.h"

#include <gtest/gtest.h>

namespace cleat::runtime {
namespace {

TEST(FrameTest, FramesAreFoundInWhateverPiecesTheyCome) {
  std::string bytes;
  appendFrame(bytes, Channel::standardOutput, "abc");
  appendFrame(bytes, Channel::standardInput, "");
  appendFrame(bytes, Channel::resize, R"({"Width":1,"Height":2})");
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    FrameReader reader;
    std::string seen;
    for (size_t start = 0; start < bytes.size(); start += piece)
      ASSERT_TRUE(
          reader.feed(std::string_view(bytes).substr(start, piece), [&](Channel channel, std::string_view content) {
            seen += std::to_string(int(channel)) + "[" + std::string(content) + "]";
          }));
    EXPECT_EQ(seen, R"(1[abc]0[]4[{"Width":1,"Height":2}])");
  }
  FrameReader reader;
  EXPECT_FALSE(reader.feed("\x01\x7f\xff\xff\xff", [](Channel, std::string_view) {})) << "longer than a frame may be";
}

TEST(FrameTest, AResizeThatIsNoneChangesNothing) {
  EXPECT_EQ(parseResize(R"({"Width": 80, "Height": 24})").height, 24);
  for (const char* wrong : {"", "{", "[]", R"({"Width":"a"})", R"({"Width":-1})", R"({"Width":99999999})"})
    EXPECT_EQ(parseResize(wrong).width, 0) << wrong;
}

}  // namespace
}  // namespace cleat::runtime
