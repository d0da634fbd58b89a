// SPDY/3.1 frames.
#include "server/spdy_frames.h"

#include <gtest/gtest.h>

namespace cleat::agent {
namespace {

TEST(Spdy, HeadersGoThroughOneCompressedStreamPerConnection) {
  SpdyCodec client;
  SpdyCodec server;
  for (uint32_t stream = 1; stream < 40; stream += 2) {
    std::string port = std::to_string(8000 + stream);
    auto frame = server.decode(client.synStream(stream, {{"streamType", "data"}, {"port", port}}));
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ((*frame)->stream, stream);
    EXPECT_EQ(headerIn((*frame)->headers, "streamType"), "data");
    EXPECT_EQ(headerIn((*frame)->headers, "Port"), port);
  }
}

TEST(Spdy, TheFirstHeadersBeginAsTheDictionarySays) {
  SpdyCodec codec;
  std::string frame = codec.synStream(1, {{"a", "b"}});
  EXPECT_EQ(frame.substr(18, 6), std::string("\x78\xbb\xe3\xc6\xa7\xc2"));
}

TEST(Spdy, FramesMayComeInPieces) {
  SpdyCodec codec;
  std::string bytes = codec.data(5, "hello", true) + codec.ping(7);
  SpdyCodec reader;
  int frames = 0;
  for (char c : bytes) {
    auto frame = reader.decode(std::string_view(&c, 1));
    ASSERT_TRUE(frame);
    if (!*frame) continue;
    ++frames;
    if ((*frame)->type != SpdyFrame::Type::data) continue;
    EXPECT_EQ((*frame)->bytes, "hello");
    EXPECT_TRUE((*frame)->fin);
  }
  EXPECT_EQ(frames, 2);
}

TEST(Spdy, WrongFramesAreRefused) {
  for (std::string bytes : {std::string("\x80\x02\x00\x01\x00\x00\x00\x00", 8),              // version 2
                            std::string("\x00\x00\x00\x01\x00\xff\xff\xff", 8),              // 16 MiB
                            std::string("\x80\x03\x00\x01\x00\x00\x00\x02\x00\x00", 10)}) {  // too short
    SpdyCodec codec;
    EXPECT_FALSE(codec.decode(bytes));
  }
}

}  // namespace
}  // namespace cleat::agent
