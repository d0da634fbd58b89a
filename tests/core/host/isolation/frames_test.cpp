#include "core/host/isolation/frames.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <random>

#include "core/host/isolation/frame_socket.h"

namespace cleat::host {
namespace {

Ref<const Message> message(const std::string& text) {
  return makeMessage<wire::Status>([&](wire::Status::Builder status) { status.setMessage(text); });
}

FrameHeader headerOf(const FrameWords& frame) {
  FrameHeader header;
  std::memcpy(&header, frame.data(), sizeof header);
  return header;
}

std::optional<ReceivedFrame> decode(const FrameWords& frame) {
  return decodeFrame(headerOf(frame), std::span(frame).subspan(sizeof(FrameHeader) / sizeof(uint64_t)));
}

TEST(Frames, WhatIsEncodedIsDecoded) {
  Payload payload{message("hello"), {{message("one"), 1}, {message("two"), 2}}};
  FrameWords words = encodeFrame({.type = FrameType::call, .id = 7, .interfaceId = 8, .method = 9}, payload);
  auto frame = decode(words);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->header.id, 7u);
  EXPECT_EQ(frame->header.method, 9u);
  Payload taken = takeTrusted(*frame);
  EXPECT_EQ(textOf(taken.message->root<wire::Status>().getMessage()), "hello");
  ASSERT_EQ(taken.objects.size(), 2u);
  EXPECT_EQ(taken.objects[1].revision, 2u);
  EXPECT_EQ(textOf(taken.objects[1].message->root<wire::Status>().getMessage()), "two");

  std::vector<LinkChange> changes{{CLEAT_CHANGE_ADDED, 5, message("three")}, {CLEAT_CHANGE_SYNCED, 6, {}}};
  words = encodeFrame({.type = FrameType::changes, .id = 3}, changes);
  frame = decode(words);
  ASSERT_TRUE(frame);
  auto takenChanges = takeTrustedChanges(*frame);
  ASSERT_EQ(takenChanges.size(), 2u);
  EXPECT_EQ(takenChanges[1].type, uint32_t{CLEAT_CHANGE_SYNCED});
  EXPECT_EQ(takenChanges[1].revision, 6u);
  EXPECT_FALSE(takenChanges[1].object);

  FrameWords line = encodeFrame({.type = FrameType::log, .status = 2}, std::string_view("a line"));
  frame = decode(line);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->text, "a line");
}

TEST(Frames, ADeadlineIsNeverBehindTheEndOfTheClock) {
  FrameHeader header{};
  for (auto [remaining, deadline] : {std::pair<int64_t, int64_t>{5, 1005},
                                     {0, 0},
                                     {-1, 0},
                                     {INT64_MIN, 0},
                                     {INT64_MAX - 1000, INT64_MAX},
                                     {INT64_MAX, INT64_MAX}}) {
    header.remainingNs = remaining;
    EXPECT_EQ(deadlineOf(header, 1000), deadline) << remaining;
  }
}

TEST(Frames, SizesThatDoNotFitAreRefusedWhateverTheyAre) {
  Payload payload{message("hello"), {{message("one"), 1}, {message("two"), 2}}};
  const FrameWords good = encodeFrame({.type = FrameType::answer, .id = 1}, payload);
  std::mt19937_64 random(11);
  size_t refused = 0;
  for (int i = 0; i < 5000; ++i) {
    FrameWords bad = good;
    auto* bytes = reinterpret_cast<unsigned char*>(bad.data());
    for (int hit = 0; hit < 3; ++hit) bytes[random() % (bad.size() * 8)] = static_cast<unsigned char>(random());
    auto frame = decode(bad);
    if (!frame) {
      ++refused;
      continue;
    }
    // Whatever is left lies inside.
    for (const auto& object : frame->objects) {
      EXPECT_GE(object.words.data, bad.data());
      EXPECT_LE(object.words.data + object.words.count, bad.data() + bad.size());
    }
  }
  EXPECT_GT(refused, 0u);
}

TEST(FrameSocket, FramesOfAnySizeArriveInOrder) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  FrameSocket left(ends[0], 1u << 24), right(ends[1], 1u << 24);
  std::vector<uint64_t> ids;
  std::promise<void> done;
  constexpr uint64_t kCount = 200;
  std::string big(3'000'000, 'x');
  right.start(
      [&](const ReceivedFrame& frame) {
        EXPECT_EQ(frame.text.size(), frame.header.id % 50 == 0 ? big.size() : frame.header.id);
        ids.push_back(frame.header.id);
        if (frame.header.id == kCount) done.set_value();
      },
      [](std::string) {});
  left.start([](const ReceivedFrame&) {}, [](std::string) {});
  for (uint64_t id = 1; id <= kCount; ++id) {
    std::string_view text(big.data(), id % 50 == 0 ? big.size() : id);
    ASSERT_TRUE(left.send(encodeFrame({.type = FrameType::log, .id = id}, text)));
  }
  done.get_future().wait();
  ASSERT_EQ(ids.size(), kCount);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST(FrameSocket, WhatIsNoFrameEndsTheConnection) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  std::promise<std::string> why;
  FrameSocket socket(ends[0], 1u << 20);
  socket.start([](const ReceivedFrame&) { ADD_FAILURE(); }, [&](std::string reason) { why.set_value(reason); });
  std::string garbage(256, 'g');
  ASSERT_EQ(write(ends[1], garbage.data(), garbage.size()), 256);
  EXPECT_EQ(why.get_future().get(), "it sent what is no frame");
  EXPECT_FALSE(socket.send(encodeFrame({.type = FrameType::stop})));
  close(ends[1]);
}

TEST(FrameSocket, AnEndThatReadsNothingIsGivenUp) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  std::promise<std::string> why;
  FrameSocket socket(ends[0], 1u << 20);
  socket.start([](const ReceivedFrame&) {}, [&](std::string reason) { why.set_value(reason); });
  std::string big(16'000'000, 'x');
  bool taken = true;
  for (int i = 0; i < 20 && taken; ++i)
    taken = socket.send(encodeFrame({.type = FrameType::log}, std::string_view(big)));
  EXPECT_FALSE(taken);
  EXPECT_EQ(why.get_future().get(), "it does not take its messages");
  close(ends[1]);
}

}  // namespace
}  // namespace cleat::host
