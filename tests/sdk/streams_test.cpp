// Streams between two ends: bytes and descriptors both ways, and how each end learns that it is over; and the calls
// that have them, before a host in memory.
#include <cleat/schema/bus.capnp.h>
#include <cleat/sdk/streams.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace cleat {
namespace {

using namespace std::chrono_literals;

constexpr Method<wire::Status, wire::Status> kTalk{{0xa1b2c3d4e5f60718, 0}};

class Streams : public testing::Test {
 protected:
  Streams() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    caller = std::make_shared<Stream>(Fd(ends[0]), Stream::Side::caller);
    called = std::make_shared<Stream>(Fd(ends[1]), Stream::Side::called);
  }
  std::shared_ptr<Stream> caller, called;
};

std::string bytesOf(Result<StreamPart> part) { return part ? part->bytes : "failed: " + part.error().message; }

TEST_F(Streams, CarryBytesAndDescriptorsBothWays) {
  ASSERT_TRUE(caller->send("tea?"));
  EXPECT_EQ(bytesOf(called->receive()), "tea?");
  const int file = memfd_create("answer", MFD_CLOEXEC);
  ASSERT_EQ(write(file, "300", 3), 3);
  ASSERT_TRUE(called->send("here", std::span(&file, 1)));
  close(file);
  auto part = caller->receive();
  ASSERT_TRUE(part);
  EXPECT_EQ(part->bytes, "here");
  ASSERT_EQ(part->descriptors.size(), 1u);
  char text[4] = {};
  EXPECT_EQ(pread(part->descriptors[0].get(), text, 3, 0), 3);
  EXPECT_STREQ(text, "300");
  EXPECT_EQ(caller->send("", std::span(&file, 1)).error().code, 400) << "descriptors go with bytes";
}

TEST_F(Streams, WhoSendsFasterThanTheOtherEndReadsWaits) {
  const std::string sent(8u << 20, 'x');
  std::thread sender([&] {
    EXPECT_TRUE(caller->send(sent));
    caller->finish();
  });
  std::string got;
  for (;;) {
    auto part = called->receive();
    ASSERT_TRUE(part) << part.error().message;
    if (part->bytes.empty()) break;
    got += part->bytes;
  }
  sender.join();
  EXPECT_EQ(got, sent);
  EXPECT_TRUE(called->send("all of it")) << "the other direction goes on";
  EXPECT_EQ(bytesOf(caller->receive()), "all of it");
}

TEST_F(Streams, WhoHasFinishedIsToldFromWhoHasGone) {
  ASSERT_TRUE(caller->send("half a"));
  caller.reset();
  EXPECT_EQ(bytesOf(called->receive()), "half a");
  EXPECT_EQ(bytesOf(called->receive()), "failed: whoever made the call has gone");
  EXPECT_EQ(called->send("more").error().message, "whoever made the call has gone");
}

TEST_F(Streams, AnEndWakesWhoeverWaitsAndSaysWhy) {
  std::thread waits([&] { EXPECT_EQ(bytesOf(caller->receive()), "failed: it is too late"); });
  std::thread sends([&] {
    const std::string much(8u << 20, 'x');
    EXPECT_EQ(caller->send(much).error().message, "it is too late");
  });
  // What was sent until then shows that they have begun.
  ASSERT_FALSE(bytesOf(called->receive(1)).empty());
  caller->end(Status::timeout("it is too late"));
  waits.join();
  sends.join();
}

TEST_F(Streams, WhatCameBeforeTheEndIsStillThere) {
  ASSERT_TRUE(called->send("the last words"));
  called->end();
  caller->end();
  EXPECT_EQ(bytesOf(caller->receive()), "the last words");
  EXPECT_EQ(bytesOf(caller->receive()), "");
}

TEST_F(Streams, AnEndThatDoesNotBlockIsWaitedForAsAnyOther) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  Stream left(Fd(ends[0]), Stream::Side::caller), right(Fd(ends[1]), Stream::Side::called);
  std::thread sender([&] {
    EXPECT_TRUE(left.send(std::string(4u << 20, 'x')));
    left.finish();
  });
  size_t got = 0;
  for (;;) {
    auto part = right.receive();
    ASSERT_TRUE(part) << part.error().message;
    if (part->bytes.empty()) break;
    got += part->bytes.size();
  }
  sender.join();
  EXPECT_EQ(got, 4u << 20);
}

// Answers what comes on a stream in capitals, until the caller has finished.
class Loud : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override {
    context().serve(kTalk, [this](wire::Status::Reader, Call<wire::Status>& call) { return talk(call); });
    co_return {};
  }

 private:
  Task<Result<void>> talk(Call<wire::Status>& call) {
    if (!call.stream()) co_return fail(Status::badRequest("there is no stream"));
    auto work = [stream = call.stream()]() -> Result<std::string> {
      for (std::string all;;) {
        CLEAT_TRY(StreamPart part, stream->receive());
        if (part.bytes.empty()) return all;
        all += part.bytes;
        for (char& letter : part.bytes) letter = static_cast<char>(std::toupper(letter));
        CLEAT_TRY(stream->send(part.bytes));
      }
    };
    CLEAT_CO_TRY(const std::string all, co_await context().blocking(work));
    call.results().setMessage(all);
    co_return {};
  }
};

TEST(CallsWithStreams, HaveTheOtherEndInATest) {
  test::FakeHost host;
  auto plugin = host.start<Loud>();
  auto talk = plugin.open(kTalk, [](auto) {});
  ASSERT_TRUE(talk.stream->send("tea"));
  talk.stream->finish();
  host.settle();
  EXPECT_EQ(bytesOf(talk.stream->receive()), "TEA");
  EXPECT_EQ(bytesOf(talk.stream->receive()), "");
  auto outcome = plugin.outcome<wire::Status>(talk.call);
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  EXPECT_EQ(str(outcome.answer->getMessage()), "tea");
  EXPECT_EQ(plugin.call(kTalk, [](auto) {}).status.message, "there is no stream");
}

TEST(CallsWithStreams, TellWhoeverIsCalledThatTheCallerHasGone) {
  test::FakeHost host;
  auto plugin = host.start<Loud>();
  auto talk = plugin.open(kTalk, [](auto) {});
  ASSERT_TRUE(talk.stream->send("te"));
  talk.stream.reset();
  host.settle();
  EXPECT_EQ(plugin.outcome<wire::Status>(talk.call).status.message, "whoever made the call has gone");
}

TEST(CallsWithStreams, AreMadeAndEnd) {
  test::FakeHost host;
  auto plugin = host.start<test::EmptyPlugin>();
  std::shared_ptr<Stream> others;
  host.onStream(kTalk, [](Stream& stream) { EXPECT_TRUE(stream.send("300")); });
  host.onCall(kTalk, [](wire::Status::Reader, wire::Status::Builder results) -> Result<void> {
    results.setMessage("done");
    return {};
  });
  std::string price, ended;
  auto buy = [&]() -> Task<void> {
    auto talk = openStream(plugin->context(), kTalk, [](auto params) { params.setMessage("please"); });
    if (!talk) co_return;
    auto work = [stream = talk->stream()]() -> Result<std::string> {
      CLEAT_TRY(stream->send("tea?"));
      CLEAT_TRY(StreamPart part, stream->receive());
      stream->finish();
      return part.bytes;
    };
    const Result<std::string> got = co_await plugin->context().blocking(work);
    price = got ? *got : got.error().message;
    const auto answer = co_await talk->ended();
    ended = answer ? str((*answer)->getMessage()) : answer.error().message;
  };
  plugin.enter([&] { spawn(buy()); });
  host.settle();
  EXPECT_EQ(price, "300");
  EXPECT_EQ(ended, "done");
  const auto calls = host.calls(kTalk);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(str(calls[0].params<wire::Status>().getMessage()), "please");
  EXPECT_EQ(bytesOf(calls[0].stream->receive()), "tea?");
}

TEST(CallsWithStreams, AreGivenUpWithWhatHoldsThem) {
  test::FakeHost host;
  auto plugin = host.start<test::EmptyPlugin>();
  std::shared_ptr<Stream> kept;
  plugin.enter([&] {
    auto talk = openStream(plugin->context(), kTalk, [](auto) {});
    ASSERT_TRUE(talk);
    kept = talk->stream();
  });
  host.settle();
  EXPECT_EQ(bytesOf(kept->receive()), "failed: the call was given up");
}

}  // namespace
}  // namespace cleat
