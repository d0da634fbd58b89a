// FrameSocket: one end of the socket between the host and an isolated plugin's process, with the thread that reads it.
// Sending never blocks: what the socket does not take at once is queued, within a bound, and written by the thread.
//
// Large bodies go through memory that both share (shared_body.h).
//
// Whoever sends something that is answered at once may read the answer itself: that saves the thread's being woken, and
// its waking whoever waits, which is most of what a short call to another process costs. Both ends look for what comes
// next for a moment before they sleep, as long as that is worth it: a core that has fallen asleep takes longer to wake
// than most calls take.
//
// Made with a connected socket, which it owns. `send` and `close` may be called from any thread; the functions given to
// `start` are called by one thread at a time, mostly the socket's own, `closed` on that one and last of all. Not to be
// destroyed on that thread.
#pragma once

#include <cleat/sdk/mutex.h>

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "core/host/isolation/frames.h"
#include "core/host/isolation/patience.h"
#include "core/host/isolation/printed_lines.h"
#include "core/host/isolation/shared_body.h"

namespace cleat::host {

class FrameSocket {
 public:
  // Frames with bodies of more than `mostWords` end the connection. `side` says how large bodies go and come.
  enum class Side { server, plugin };
  FrameSocket(int fd, uint64_t mostWords, Side side);
  ~FrameSocket();

  // Before `start`: these are given on the socket's thread.
  void listenTo(PrintedLines printed);

  using Received = std::function<void(const ReceivedFrame&)>;
  using Closed = std::function<void(std::string why)>;
  void start(Received received, Closed closed);
  // False when the other end has gone or takes nothing any more. `stream` goes with a `call` or `request`.
  bool send(FrameWords frame, gate::StreamEnd stream = {});
  // Whether this thread may read; then it does by sendAndRead, which sends, and reads what comes until there is
  // `enough` or the time has passed: which of the two.
  bool beginReading() { return !reading_.exchange(true, std::memory_order_acquire); }
  bool sendAndRead(FrameWords frame, gate::StreamEnd stream, std::chrono::nanoseconds most,
                   const std::function<bool()>& enough);
  // Ends the connection; `closed` follows.
  void close();

 private:
  struct Outgoing {
    FrameWords words;
    size_t sentBytes = 0;
    size_t counted = 0;           // of queuedWords_
    Fd body = {};                 // of a large one, which goes with the first of the words
    gate::StreamEnd stream = {};  // the same
  };
  void run();
  bool readSome();
  bool readAwake(Patience& patience, const std::function<bool()>& enough);
  bool readWhileItComes();
  ssize_t receive(char* into, size_t size);
  ssize_t receiveWithDescriptors(char* into, size_t size);
  BodyPlace moveBody(Outgoing& outgoing) CLEAT_REQUIRES(mutex_);
  bool headerIsThere();
  bool streamIsThere();
  SharedMemory receivedBody();
  void frameIsThere(std::span<const uint64_t> body);
  // Ends the connection, by what the other end has sent.
  void refuse(const char* why);
  bool writeSome() CLEAT_REQUIRES(mutex_);
  void endReading() { reading_.store(false, std::memory_order_release); }
  // Whether the socket's own thread is woken by what comes.
  void listen(bool listens);
  // Poll's answer to whether something has come by then.
  int waitUntil(std::chrono::steady_clock::time_point end) const;

  const int fd_;
  const int wakeFd_;
  const int arrivalsFd_;  // an epoll instance: says that something has come, while somebody wants to know
  const uint64_t mostWords_;
  const Side side_;
  PrintedLines printed_;
  Received received_;
  Closed closed_;
  std::thread thread_;

  Mutex mutex_;
  std::string why_ CLEAT_GUARDED_BY(mutex_);
  std::deque<Outgoing> queue_ CLEAT_GUARDED_BY(mutex_);
  size_t queuedWords_ CLEAT_GUARDED_BY(mutex_) = 0;
  SharedMemory slot_ CLEAT_GUARDED_BY(mutex_);  // of the server, once it has been needed
  bool slotIsFree_ CLEAT_GUARDED_BY(mutex_) = true;
  std::atomic<bool> broken_ = false;

  Patience awakeForAnswers_, awakeForCalls_;
  std::atomic<bool> reading_ = false;
  // Of whoever reads. What has come behind what was asked for: most frames come with one call of the kernel.
  std::array<char, 16384> ahead_;
  size_t aheadBegin_ = 0, aheadEnd_ = 0;
  uint64_t frames_ = 0;   // that have come
  bool drained_ = false;  // the last call gave less than there was room for
  FrameHeader header_;
  size_t haveBytes_ = 0;  // of the header, then of the body
  bool inBody_ = false;
  FrameWords body_;
  gate::StreamEnd stream_;      // that comes with the frame
  SharedMemory theirSlot_;      // of the plugin's side
  std::deque<Fd> descriptors_;  // of large bodies and streams whose headers come
  bool hasTooMany_ = false;     // descriptors that nothing was said of
};

}  // namespace cleat::host
