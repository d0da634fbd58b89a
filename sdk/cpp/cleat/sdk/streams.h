// Streams: calls that are more than a message each way. Whoever makes one has an end of a socket, whoever is called has
// the other: bytes both ways for as long as the call lasts, and file descriptors. It is the same in one process and
// between two, confined or not: the host passes one end on and has nothing to do with what goes over it, so that no
// more waits in between than the kernel's buffers hold, and who sends faster than the other end reads is made to wait.
//
//   // Whoever calls (Fillers::open for one filler by name):
//   CLEAT_CO_TRY(auto haggling, openStream(context(), acme::priceList::haggle, fill, {.timeout = 5min}));
//   auto work = [stream = haggling.stream()] { CLEAT_TRY(stream->send("tea\n")); … };     // Context::blocking
//   auto said = co_await context().blocking(work);
//   auto answer = co_await haggling.ended();                  // what the method gives, or why the stream ended early
//
//   // Whoever is called: a handler that ends when the stream is done with.
//   auto work = [stream = call.stream()] { CLEAT_TRY(auto part, stream->receive()); … };  // Context::blocking
//
// A stream ends with its call: when the handler returns, at the call's deadline, when the caller cancels it (also by
// destroying the StreamingCall), and when either side's process ends. Whoever sends or waits to receive then is woken
// and told. What had been sent before can still be received, so the end of the bytes does not say that all of them
// came: for the caller that is what `ended` says; whoever is called gets an error instead of the end when the caller
// has gone without saying that it is done (`finish`).
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/mutex.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cleat {

// What has come: some bytes, and with them the descriptors that came along. Nothing at all is the end of the stream.
struct StreamPart {
  std::string bytes;
  std::vector<Fd> descriptors;
};

// One end of a stream. Thread-safe; what sends and receives blocks, and belongs into Context::blocking.
class Stream {
 public:
  static constexpr size_t kMostDescriptors = 16;  // with one send

  enum class Side { caller, called };
  Stream(Fd socket, Side side) : socket_(std::move(socket)), side_(side) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // All of the bytes; waits for the other end to read where there is no room. The descriptors go with the first of them
  // (some bytes there must be), and stay the sender's as well.
  Result<void> send(std::string_view bytes, std::span<const int> descriptors = {});
  // What has come, once something has: at most so much.
  Result<StreamPart> receive(size_t most = 1u << 16);
  // Nothing is sent from here any more: the other end comes to the end of the bytes. Receiving goes on.
  void finish();
  // Ends both directions, for a reason that those who send and receive here are told; none: it is over in order.
  void end(std::optional<Status> why = {});

 private:
  Result<void> wait(short events);
  Result<void> failed(std::string_view doing, int error);
  bool callerHasGone() const;

  const Fd socket_;
  const Side side_;
  Mutex mutex_;
  bool finished_ CLEAT_GUARDED_BY(mutex_) = false;
  std::optional<Status> why_ CLEAT_GUARDED_BY(mutex_);
};

// A call that was made with a stream, whatever it gives. Destroying it cancels the call and ends the stream.
class AnyStreamingCall {
 public:
  static Result<AnyStreamingCall> open(Context& context, CallRequest request);
  AnyStreamingCall(AnyStreamingCall&& other) noexcept;
  AnyStreamingCall& operator=(AnyStreamingCall&& other) noexcept;
  ~AnyStreamingCall();

  const std::shared_ptr<Stream>& stream() const;
  // Until the call has been answered, or has failed. Once.
  Task<Result<AnyAnswer>> ended();

 private:
  struct Sink;
  explicit AnyStreamingCall(std::unique_ptr<Sink> sink);
  std::unique_ptr<Sink> sink_;
};

template <class Results>
class StreamingCall {
 public:
  using Unwrap = Result<AnyAnswer> (*)(AnyAnswer);
  explicit StreamingCall(AnyStreamingCall call, Unwrap unwrap = nullptr) : call_(std::move(call)), unwrap_(unwrap) {}
  const std::shared_ptr<Stream>& stream() const { return call_.stream(); }
  Task<Result<Answer<Results>>> ended() {
    CLEAT_CO_TRY(AnyAnswer answer, co_await call_.ended());
    if (!unwrap_) co_return Answer<Results>(std::move(answer));
    CLEAT_CO_TRY(AnyAnswer unwrapped, unwrap_(std::move(answer)));
    co_return Answer<Results>(std::move(unwrapped));
  }

 private:
  AnyStreamingCall call_;
  Unwrap unwrap_;
};

// Calls a method of a role, with a stream. The call is made at once.
template <class P, class R, class Build>
  requires std::invocable<Build&, typename P::Builder>
Result<StreamingCall<R>> openStream(Context& context, Method<P, R> method, Build build, CallOptions options = {}) {
  Draft<P> params;
  build(*params);
  CLEAT_TRY(auto call,
            AnyStreamingCall::open(context, {method, std::move(params), std::move(options.objects), options.timeout}));
  return StreamingCall<R>(std::move(call));
}
template <class R>
Result<StreamingCall<R>> openStream(Context& context, Method<void, R> method, CallOptions options = {}) {
  CallRequest request{method};
  request.objects = std::move(options.objects);
  request.timeout = options.timeout;
  CLEAT_TRY(auto call, AnyStreamingCall::open(context, std::move(request)));
  return StreamingCall<R>(std::move(call));
}

}  // namespace cleat
