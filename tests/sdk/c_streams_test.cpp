// Streams of plugins in plain C (<cleat/c/stream.h>), with an end in C++ at the other side.
#include <cleat/c/stream.h>
#include <cleat/sdk/streams.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>
#include <thread>

namespace cleat {
namespace {

Fd fileWith(std::string_view text) {
  Fd file(memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return file;
}

std::string contentOf(int file) {
  char text[64] = {};
  EXPECT_GE(pread(file, text, sizeof text - 1, 0), 0);
  return text;
}

struct Ends {
  explicit Ends(int flags = 0) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, ends), 0);
    c = Fd(ends[0]);
    cpp = std::make_unique<Stream>(Fd(ends[1]), Stream::Side::caller);
  }
  Fd c;
  std::unique_ptr<Stream> cpp;
};

TEST(CStreams, AreThoseOfCpp) {
  Ends ends;
  const Fd question = fileWith("a question");
  int descriptor = question.get();
  ASSERT_TRUE(ends.cpp->send("look", std::span(&descriptor, 1)));
  char bytes[16] = {};
  int descriptors[CLEAT_STREAM_DESCRIPTORS];
  size_t count = 0;
  EXPECT_EQ(cleat_receive_stream(ends.c.get(), bytes, sizeof bytes, descriptors, &count), 4);
  EXPECT_STREQ(bytes, "look");
  ASSERT_EQ(count, 1u);
  const Fd got(descriptors[0]);
  EXPECT_EQ(contentOf(got.get()), "a question");
  EXPECT_TRUE(fcntl(got.get(), F_GETFD) & FD_CLOEXEC);
  const Fd answer = fileWith("an answer");
  descriptor = answer.get();
  EXPECT_EQ(cleat_send_stream(ends.c.get(), "seen", 4, &descriptor, 1), 0);
  auto part = ends.cpp->receive();
  ASSERT_TRUE(part);
  EXPECT_EQ(part->bytes, "seen");
  ASSERT_EQ(part->descriptors.size(), 1u);
  EXPECT_EQ(contentOf(part->descriptors[0].get()), "an answer");
  cleat_finish_stream(ends.c.get());
  part = ends.cpp->receive();
  ASSERT_TRUE(part);
  EXPECT_TRUE(part->bytes.empty());
  ends.cpp.reset();
  EXPECT_EQ(cleat_receive_stream(ends.c.get(), bytes, sizeof bytes, nullptr, nullptr), 0) << "the end";
  EXPECT_EQ(cleat_send_stream(ends.c.get(), "?", 1, nullptr, 0), -1);
}

TEST(CStreams, WaitForRoomAlsoWhereTheSocketDoesNot) {
  Ends ends(SOCK_NONBLOCK);
  const std::string sent(4u << 20, 'x');
  std::thread sender([&] {
    EXPECT_EQ(cleat_send_stream(ends.c.get(), sent.data(), sent.size(), nullptr, 0), 0);
    cleat_finish_stream(ends.c.get());
  });
  size_t got = 0;
  for (;;) {
    auto part = ends.cpp->receive();
    ASSERT_TRUE(part) << part.error().message;
    if (part->bytes.empty()) break;
    got += part->bytes.size();
  }
  sender.join();
  EXPECT_EQ(got, sent.size());
}

TEST(CStreams, AnEndWakesWhoeverWaits) {
  Ends ends;
  std::thread waits([&] {
    char byte;
    EXPECT_EQ(cleat_receive_stream(ends.c.get(), &byte, 1, nullptr, nullptr), 0);
  });
  cleat_end_stream(ends.c.get());
  waits.join();
}

TEST(CStreams, TheStreamOfACallIsTakenFromItsEvent) {
  Ends ends;
  cleat_event event{};
  event.struct_size = sizeof event;
  event.type = CLEAT_EVENT_CALL;
  EXPECT_EQ(cleat_stream_of(&event), -1);
  EXPECT_EQ(errno, ENOTCONN);
  event.stream = ends.c.get();
  const Fd own(cleat_stream_of(&event));
  ASSERT_TRUE(own);
  EXPECT_NE(own.get(), event.stream) << "the host closes its own";
  EXPECT_EQ(cleat_send_stream(own.get(), "hello", 5, nullptr, 0), 0);
  EXPECT_EQ(ends.cpp->receive()->bytes, "hello");
  event.struct_size = offsetof(cleat_event, stream);
  EXPECT_EQ(cleat_stream_of(&event), -1) << "of a host of the first release";
}

TEST(CStreams, AreAskedOfTheHost) {
  static uint64_t calledWith;
  cleat_host host{};
  host.struct_size = offsetof(cleat_host, call_with_stream);
  EXPECT_EQ(cleat_open_stream({&host, nullptr}, nullptr, 7, 1, 0, nullptr), -1);
  EXPECT_EQ(errno, ENOSYS) << "of a host of the first release";
  host.struct_size = sizeof host;
  host.call_with_stream = [](cleat_context*, uint64_t, uint64_t id, uint32_t method, int64_t, const cleat_payload*) {
    calledWith = id + method;
    return 77;
  };
  EXPECT_EQ(cleat_open_stream({&host, nullptr}, nullptr, 7, 1, 0, nullptr), 77);
  EXPECT_EQ(calledWith, 8u);
}

}  // namespace
}  // namespace cleat
