// Streams of plugins in plain C (<cleat/c/stream.h>): with those in C++ at the other end, whichever of them offers.
#include <cleat/c/stream.h>
#include <cleat/sdk/streams.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <filesystem>
#include <string>
#include <thread>

#include "tests/sdk/stream_folder.h"

namespace cleat {
namespace {

using namespace std::chrono_literals;

class CStreams : public StreamFolder {};

int fileWith(std::string_view text) {
  const int file = memfd_create("test", MFD_CLOEXEC);
  EXPECT_EQ(write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return file;
}

std::string contentOf(int file) {
  char text[64] = {};
  EXPECT_GE(pread(file, text, sizeof text - 1, 0), 0);
  return text;
}

TEST_F(CStreams, OneOfferedInCIsConnectedToInCpp) {
  cleat_stream_offer offer;
  ASSERT_EQ(cleat_offer_stream(&offer, folder_.c_str()), 0) << strerror(errno);
  std::thread caller([address = std::string(offer.address)] {
    auto stream = connectStream(address);
    ASSERT_TRUE(stream) << stream.error().message;
    const Fd question(fileWith("a question"));
    const int descriptor = question.get();
    ASSERT_TRUE(sendStream(*stream, "look", std::span(&descriptor, 1)));
    auto part = receiveStream(*stream);
    ASSERT_TRUE(part);
    EXPECT_EQ(part->bytes, "seen");
    ASSERT_EQ(part->descriptors.size(), 1u);
    EXPECT_EQ(contentOf(part->descriptors[0].get()), "an answer");
  });
  const Fd stream(cleat_take_stream(&offer, 10000));
  ASSERT_TRUE(stream) << strerror(errno);
  char bytes[16] = {};
  int descriptors[CLEAT_STREAM_DESCRIPTORS];
  size_t count = 0;
  EXPECT_EQ(cleat_receive_stream(stream.get(), bytes, sizeof bytes, descriptors, &count), 4);
  EXPECT_STREQ(bytes, "look");
  ASSERT_EQ(count, 1u);
  const Fd question(descriptors[0]);
  EXPECT_EQ(contentOf(question.get()), "a question");
  EXPECT_TRUE(fcntl(question.get(), F_GETFD) & FD_CLOEXEC);
  const Fd answer(fileWith("an answer"));
  const int descriptor = answer.get();
  EXPECT_EQ(cleat_send_stream(stream.get(), "seen", 4, &descriptor, 1), 0);
  EXPECT_EQ(cleat_receive_stream(stream.get(), bytes, sizeof bytes, nullptr, nullptr), 0) << "the end";
  caller.join();
  EXPECT_TRUE(isEmpty());
  EXPECT_EQ(cleat_take_stream(&offer, 10000), -1) << "an address is good for one";
}

TEST_F(CStreams, OneOfferedInCppIsConnectedToInC) {
  auto offer = StreamOffer::make(folder_);
  ASSERT_TRUE(offer) << offer.error().message;
  std::thread called([offer = *offer] {
    auto stream = offer->take(10s);
    ASSERT_TRUE(stream) << stream.error().message;
    auto part = receiveStream(*stream);
    ASSERT_TRUE(part);
    ASSERT_TRUE(sendStream(*stream, "got " + part->bytes));
  });
  const Fd stream(cleat_connect_stream((*offer)->address().c_str(), 10000));
  ASSERT_TRUE(stream) << strerror(errno);
  EXPECT_EQ(cleat_send_stream(stream.get(), "it", 2, nullptr, 0), 0);
  char bytes[16] = {};
  EXPECT_EQ(cleat_receive_stream(stream.get(), bytes, sizeof bytes, nullptr, nullptr), 6);
  EXPECT_STREQ(bytes, "got it");
  called.join();
}

TEST_F(CStreams, FailuresSayWhy) {
  cleat_stream_offer offer;
  ASSERT_EQ(cleat_offer_stream(&offer, folder_.c_str()), 0);
  EXPECT_EQ(cleat_take_stream(&offer, 1), -1);
  EXPECT_EQ(errno, ETIMEDOUT);
  std::string forged = offer.address;
  forged[0] = forged[0] == '0' ? '1' : '0';
  std::thread caller([&] {
    EXPECT_EQ(cleat_connect_stream(forged.c_str(), 10000), -1);
    EXPECT_EQ(errno, EACCES);
  });
  close(cleat_take_stream(&offer, 10000));
  caller.join();
  EXPECT_EQ(cleat_connect_stream("nonsense", 1), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(cleat_offer_stream(&offer, "/no/such/folder"), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(cleat_offer_stream(&offer, std::string(200, 'x').c_str()), -1);
  EXPECT_EQ(errno, ENAMETOOLONG);
  EXPECT_TRUE(isEmpty());
}

}  // namespace
}  // namespace cleat
