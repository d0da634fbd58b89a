// Streams between two ends: bytes and descriptors both ways, and that nobody is mistaken for the other end.
#include <cleat/sdk/streams.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "tests/sdk/stream_folder.h"

namespace cleat {
namespace {

using namespace std::chrono_literals;

class Streams : public StreamFolder {};

TEST_F(Streams, CarryBytesAndDescriptorsBothWays) {
  auto offer = StreamOffer::make(folder_);
  ASSERT_TRUE(offer) << offer.error().message;
  std::thread called([offer = *offer] {
    auto stream = offer->take(10s);
    ASSERT_TRUE(stream) << stream.error().message;
    auto part = receiveStream(*stream);
    ASSERT_TRUE(part);
    EXPECT_EQ(part->bytes, "tea?");
    const int file = memfd_create("answer", MFD_CLOEXEC);
    ASSERT_EQ(write(file, "300", 3), 3);
    ASSERT_TRUE(sendStream(*stream, "here", std::span(&file, 1)));
    close(file);
    auto end = receiveStream(*stream);
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->bytes.empty()) << "the other end has gone";
  });
  {
    auto stream = connectStream((*offer)->address());
    ASSERT_TRUE(stream) << stream.error().message;
    ASSERT_TRUE(sendStream(*stream, "tea?"));
    auto part = receiveStream(*stream);
    ASSERT_TRUE(part);
    EXPECT_EQ(part->bytes, "here");
    ASSERT_EQ(part->descriptors.size(), 1u);
    char text[4] = {};
    EXPECT_EQ(pread(part->descriptors[0].get(), text, 3, 0), 3);
    EXPECT_STREQ(text, "300");
  }
  called.join();
  EXPECT_TRUE(isEmpty());
}

TEST_F(Streams, WhoDoesNotKnowTheSecretIsNotTheOtherEnd) {
  auto offer = StreamOffer::make(folder_);
  ASSERT_TRUE(offer);
  std::string address = (*offer)->address();
  address[0] = address[0] == 'a' ? 'b' : 'a';
  std::thread called([offer = *offer] { static_cast<void>(offer->take(10s)); });
  auto stream = connectStream(address);
  called.join();
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().message, "at the stream's address is somebody else");
  EXPECT_FALSE(connectStream((*offer)->address())) << "one connection, and no more";
  for (const char* wrong : {"", "/run/socket", "short@/run/socket"}) EXPECT_FALSE(connectStream(wrong)) << wrong;
}

TEST_F(Streams, AnOfferThatNobodyTakesLeavesNothing) {
  {
    auto offer = StreamOffer::make(folder_);
    ASSERT_TRUE(offer);
    auto nobody = (*offer)->take(1ms);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, 504);
  }
  EXPECT_TRUE(isEmpty());
  EXPECT_FALSE(StreamOffer::make(folder_ + "/absent"));
  EXPECT_FALSE(StreamOffer::make("/" + std::string(120, 'x')));
}

}  // namespace
}  // namespace cleat
