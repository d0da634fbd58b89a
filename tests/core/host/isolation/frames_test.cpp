#include "core/host/isolation/frames.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <random>

#include "core/host/isolation/busy_time.h"
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

TEST(Frames, WhatAChildSaysOfItsBusyTimeIsBelievedWithinReason) {
  constexpr int64_t kHour = 3'600'000'000'000;
  BusyTime busy;
  EXPECT_EQ(busy.saysInAll(INT64_MIN), 0);
  EXPECT_EQ(busy.saysInAll(5), 5);
  EXPECT_EQ(busy.saysInAll(7), 2);
  for (const int64_t less : {int64_t{7}, int64_t{0}, INT64_MIN}) EXPECT_EQ(busy.saysInAll(less), 0) << less;
  EXPECT_EQ(busy.saysInAll(8), 1);
  EXPECT_EQ(busy.saysInAll(INT64_MAX), kHour);
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
  FrameSocket left(ends[0], 1u << 24, FrameSocket::Side::plugin), right(ends[1], 1u << 24, FrameSocket::Side::server);
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

// A server and a plugin's process that send each other large frames.
TEST(FrameSocket, LargeFramesGoBothWaysThroughSharedMemory) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  FrameSocket server(ends[0], 1u << 24, FrameSocket::Side::server),
      plugin(ends[1], 1u << 24, FrameSocket::Side::plugin);
  constexpr uint64_t kCount = 60;
  auto textOfFrame = [](uint64_t id) {
    // Through the socket, through the slot, and too large for the slot.
    const size_t size = id % 3 == 0 ? 10 : id % 3 == 1 ? 1'000'000 : 5'000'000;
    return std::string(size, static_cast<char>('a' + id % 26));
  };
  std::promise<void> there, here;
  plugin.start(
      [&](const ReceivedFrame& frame) {
        EXPECT_EQ(frame.text, textOfFrame(frame.header.id));
        EXPECT_TRUE(plugin.send(encodeFrame({.type = FrameType::log, .id = frame.header.id}, frame.text)));
        if (frame.header.id == kCount) there.set_value();
      },
      [](std::string) {});
  uint64_t last = 0;
  server.start(
      [&](const ReceivedFrame& frame) {
        EXPECT_EQ(frame.header.id, ++last);
        EXPECT_EQ(frame.text, textOfFrame(frame.header.id));
        if (last == kCount) here.set_value();
      },
      [](std::string) {});
  for (uint64_t id = 1; id <= kCount; ++id) {
    ASSERT_TRUE(server.send(encodeFrame({.type = FrameType::call, .id = id}, textOfFrame(id))));
  }
  there.get_future().wait();
  here.get_future().wait();
}

// What a hostile process sends instead of a body that it has sealed: why the server ends the connection.
std::string sendsMemory(int descriptor, uint32_t place, uint64_t bodyWords, int copies = 1,
                        FrameType type = FrameType::log) {
  int ends[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  std::promise<std::string> why;
  FrameSocket server(ends[0], kMostWordsFromChild, FrameSocket::Side::server);
  server.start([](const ReceivedFrame&) { ADD_FAILURE() << "it was believed"; },
               [&](std::string reason) { why.set_value(reason); });
  FrameHeader header{};
  header.magic = kFrameMagic;
  header.type = type;
  header.place = place;
  header.bodyWords = bodyWords;
  alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = {};
  iovec part{&header, sizeof header};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(copies * sizeof(int));
    cmsghdr* with = CMSG_FIRSTHDR(&message);
    with->cmsg_level = SOL_SOCKET;
    with->cmsg_type = SCM_RIGHTS;
    with->cmsg_len = CMSG_LEN(copies * sizeof(int));
    for (int i = 0; i < copies; ++i) std::memcpy(CMSG_DATA(with) + i * sizeof(int), &descriptor, sizeof descriptor);
  }
  EXPECT_EQ(sendmsg(ends[1], &message, MSG_NOSIGNAL), static_cast<ssize_t>(sizeof header));
  std::string reason = why.get_future().get();
  close(ends[1]);
  return reason;
}

TEST(FrameSocket, MemoryThatCouldStillChangeIsNotBelieved) {
  constexpr const char* kRefused = "it sent a large frame in memory that is not sealed, or not as large as it says";
  const std::vector<uint64_t> words(kSharedBodyWords, 7);
  std::optional<Fd> sealed = sealedBody(words);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sendsMemory(sealed->get(), kInSealedMemory, words.size() + 1), kRefused) << "larger than it is";
  EXPECT_EQ(sendsMemory(sealed->get(), kInSealedMemory, words.size() - 512), kRefused) << "smaller than it is";
  EXPECT_EQ(sendsMemory(sealed->get(), kInSlot, words.size()), kRefused) << "as the server's slot";
  EXPECT_EQ(sendsMemory(sealed->get(), 7, words.size()), kRefused) << "at no place that there is";
  EXPECT_EQ(sendsMemory(-1, kInSealedMemory, words.size()), kRefused) << "with no memory at all";
  EXPECT_EQ(sendsMemory(sealed->get(), kInSealedMemory, words.size(), 12), "it sent what is no frame") << "too many";
  EXPECT_EQ(sendsMemory(sealed->get(), kInSealedMemory, kMostWordsFromChild + 1), "it sent what is no frame");

  const Fd open(memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(ftruncate(open.get(), static_cast<off_t>(words.size() * 8)), 0);
  EXPECT_EQ(sendsMemory(open.get(), kInSealedMemory, words.size()), kRefused) << "not sealed";
  ASSERT_EQ(fcntl(open.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
  EXPECT_EQ(sendsMemory(open.get(), kInSealedMemory, words.size()), kRefused) << "its bytes may change";
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  EXPECT_EQ(sendsMemory(pipes[0], kInSealedMemory, words.size()), kRefused) << "no memory, but a pipe";
  close(pipes[0]);
  close(pipes[1]);
}

// Streams go with calls, beside a body wherever that is.
TEST(FrameSocket, PassesStreamsOn) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  FrameSocket plugin(ends[0], 1u << 24, FrameSocket::Side::plugin),
      server(ends[1], 1u << 24, FrameSocket::Side::server);
  constexpr uint64_t kCount = 40;
  std::vector<gate::StreamEnd> there;
  std::promise<void> done;
  server.start(
      [&](const ReceivedFrame& frame) {
        ASSERT_EQ(frame.header.id, there.size() + 1);
        EXPECT_EQ(frame.stream != nullptr, frame.header.id % 2 == 0);
        there.push_back(frame.stream);
        if (frame.header.id == kCount) done.set_value();
      },
      [](std::string) {});
  plugin.start([](const ReceivedFrame&) {}, [](std::string) {});
  std::vector<Fd> kept;
  for (uint64_t id = 1; id <= kCount; ++id) {
    gate::StreamEnd passed;
    if (id % 2 == 0) {
      int pair[2];
      ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
      kept.emplace_back(pair[0]);
      passed = std::make_shared<const Fd>(pair[1]);
    }
    const std::string text(id % 4 == 0 ? 200'000 : 10, 'x');
    ASSERT_TRUE(plugin.send(encodeFrame({.type = FrameType::request, .id = id}, text), std::move(passed)));
  }
  done.get_future().wait();
  for (size_t i = 0; i < kept.size(); ++i) {
    ASSERT_EQ(write(kept[i].get(), &i, sizeof i), static_cast<ssize_t>(sizeof i));
    size_t got = 0;
    ASSERT_EQ(read(there[2 * i + 1]->get(), &got, sizeof got), static_cast<ssize_t>(sizeof got));
    EXPECT_EQ(got, i) << "each with its own frame";
  }
}

TEST(FrameSocket, WhatIsNoStreamIsNotPassedOn) {
  constexpr const char* kRefused = "it sent a stream that is none";
  int ends[2], pipes[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  ASSERT_EQ(pipe(pipes), 0);
  const Fd one(ends[0]), other(ends[1]), in(pipes[0]), out(pipes[1]);
  const Fd datagrams(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const Fd inet(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Fd listens(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr nameless{};
  nameless.sa_family = AF_UNIX;
  ASSERT_EQ(bind(listens.get(), &nameless, sizeof nameless.sa_family), 0);
  ASSERT_EQ(listen(listens.get(), 1), 0);
  const Fd alone(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  for (int none : {-1, in.get(), datagrams.get(), inet.get(), listens.get(), alone.get()}) {
    EXPECT_EQ(sendsMemory(none, kWithStream, 0, 1, FrameType::request), kRefused) << none;
  }
  EXPECT_EQ(sendsMemory(one.get(), kWithStream, 0, 1, FrameType::log), kRefused) << "where none belongs";
}

TEST(FrameSocket, WhatIsNoFrameEndsTheConnection) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  std::promise<std::string> why;
  FrameSocket socket(ends[0], 1u << 20, FrameSocket::Side::server);
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
  FrameSocket socket(ends[0], 1u << 20, FrameSocket::Side::server);
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
