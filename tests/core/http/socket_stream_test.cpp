// What a SocketStream owes to those who wait on it. The server's tests see the rest.
#include "core/http/socket_stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <semaphore>
#include <vector>

#include "core/base/asio_executor.h"

namespace cleat::http {
namespace {

// Waits on the stream that it owns, as a connection does.
struct Owner {
  std::shared_ptr<SocketStream> stream;
};

// The executor has no threads, so nothing that is queued runs: as when it stops right after the close.
TEST(SocketStreamTest, LetsGoOfThoseWhoWaitOnItEvenIfTheExecutorStopsAtTheClose) {
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets), 0);
  std::weak_ptr<Owner> forReading, forWriting;
  {
    base::AsioExecutor executor({.threads = 0});
    for (bool reads : {true, false}) {
      auto owner = std::make_shared<Owner>();
      owner->stream = SocketStream::make(executor, executor.makeStrand(), sockets[reads ? 0 : 1], nullptr,
                                         SocketStream::Side::server);
      (reads ? forReading : forWriting) = owner;
      if (reads) owner->stream->whenReadable([owner] {});
      if (!reads) owner->stream->whenWritable([owner] {});
      owner->stream->close();
    }
  }
  EXPECT_TRUE(forReading.expired());
  EXPECT_TRUE(forWriting.expired());
}

TEST(SocketStreamTest, TellsThoseWhoWaitThatItWasClosedOnceAndOnItsStrand) {
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets), 0);
  std::vector<std::string> told;
  {
    base::AsioExecutor executor({.threads = 1});
    std::shared_ptr<base::Strand> strand = executor.makeStrand();
    auto stream = SocketStream::make(executor, strand, sockets[0], nullptr, SocketStream::Side::server);
    std::binary_semaphore done(0);
    strand->post([&] {
      auto note = [&told, strand](const char* what) {
        told.push_back(what + std::string(strand->runsHere() ? "" : "?"));
      };
      stream->whenReadable([&, note] {
        note("readable");
        char byte;
        if (stream->readSome(&byte, 1) != ByteStream::kFailed) note("not failed");
        // Who asks once more is told so once more, not left waiting.
        stream->whenReadable([&, note] {
          note("still closed");
          executor.post([&] { done.release(); });
        });
      });
      stream->close();
      note("closed");
    });
    EXPECT_TRUE(done.try_acquire_for(std::chrono::seconds(10)));
  }
  ::close(sockets[1]);
  EXPECT_EQ(told, (std::vector<std::string>{"closed", "readable", "still closed"}));
}

}  // namespace
}  // namespace cleat::http
