#include <cleat/sdk/streams.h>

#include <cleat/sdk/text.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "strand.h"

namespace cleat {
namespace {

// Room for the descriptors that come or go with some bytes.
struct Control {
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int) * Stream::kMostDescriptors)] = {};
};

void putDescriptors(msghdr& message, Control& control, std::span<const int> descriptors) {
  message.msg_control = control.room;
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
}

std::vector<Fd> takeDescriptors(msghdr& message) {
  std::vector<Fd> taken;
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(one) + i * sizeof(int), sizeof fd);
      taken.emplace_back(fd);
    }
  }
  return taken;
}

Status callerGone() { return Status::unavailable("whoever made the call has gone"); }

// Whoever shares the socket may have told it not to block.
bool comesLater() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

Result<void> Stream::failed(std::string_view doing, int error) {
  MutexLock lock(mutex_);
  if (why_) return fail(*why_);
  if (!finished_ && callerHasGone()) return fail(callerGone());
  // It was ended here, in order, or there: whoever is at the other end does not take or say anything any more.
  if (error == EPIPE || error == ECONNRESET) return fail(Status::unavailable(concat(doing, ": the stream has ended")));
  return fail(systemError(doing, error));
}

Result<void> Stream::wait(short events) {
  pollfd polled{socket_.get(), events, 0};
  while (poll(&polled, 1, -1) < 0) {
    if (errno != EINTR) return failed("cannot wait for the stream", errno);
  }
  return {};
}

// Both directions are closed over there, and not by what was ended here: the one who calls closes its end only when it
// has its answer.
bool Stream::callerHasGone() const {
  pollfd polled{socket_.get(), 0, 0};
  return side_ == Side::called && poll(&polled, 1, 0) > 0 && (polled.revents & POLLHUP) != 0;
}

Result<void> Stream::send(std::string_view bytes, std::span<const int> descriptors) {
  if (descriptors.size() > kMostDescriptors || (bytes.empty() && !descriptors.empty())) {
    return fail(Status::badRequest("at most 16 descriptors go along with some bytes"));
  }
  while (!bytes.empty()) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    Control control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) putDescriptors(message, control, descriptors);
    const ssize_t sent = sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && comesLater()) {
      CLEAT_TRY(wait(POLLOUT));
      continue;
    }
    if (sent < 0) return failed("cannot send on the stream", errno);
    bytes.remove_prefix(static_cast<size_t>(sent));
    descriptors = {};
  }
  return {};
}

Result<StreamPart> Stream::receive(size_t most) {
  StreamPart received;
  received.bytes.resize(most);
  iovec part{received.bytes.data(), received.bytes.size()};
  Control control;
  msghdr message{};
  ssize_t got;
  for (;;) {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.room;
    message.msg_controllen = sizeof control.room;
    got = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (got >= 0 || !comesLater()) break;
    CLEAT_TRY(wait(POLLIN));
  }
  if (got < 0) {
    CLEAT_TRY(failed("cannot receive from the stream", errno));
  }
  received.bytes.resize(static_cast<size_t>(got));
  received.descriptors = takeDescriptors(message);
  if (got > 0) return received;
  MutexLock lock(mutex_);
  if (why_) return fail(*why_);
  if (!finished_ && callerHasGone()) return fail(callerGone());
  return received;
}

void Stream::finish() {
  MutexLock lock(mutex_);
  finished_ = true;
  shutdown(socket_.get(), SHUT_WR);
}

void Stream::end(std::optional<Status> why) {
  MutexLock lock(mutex_);
  if (!why_) why_ = std::move(why);
  finished_ = true;
  shutdown(socket_.get(), SHUT_RDWR);
}

struct AnyStreamingCall::Sink final : detail::EventSink {
  explicit Sink(detail::Strand& onStrand) : strand(onStrand.shared_from_this()), token(strand->add(*this)) {}
  ~Sink() {
    if (token != 0) strand->cancel(token);
    if (stream) stream->end(Status::unavailable("the call was given up"));
  }
  void onEvent(const cleat_event& event) override {
    strand->remove(std::exchange(token, 0));
    Result<AnyAnswer> answer = strand->answerIn(event);
    stream->end(answer ? std::nullopt : std::optional(answer.error()));
    // Whoever goes on may end this.
    auto completing = done;
    completing.complete(std::move(answer));
  }

  std::shared_ptr<detail::Strand> strand;
  uint64_t token;
  std::shared_ptr<Stream> stream;
  Completion<Result<AnyAnswer>> done;
};

AnyStreamingCall::AnyStreamingCall(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}
AnyStreamingCall::AnyStreamingCall(AnyStreamingCall&& other) noexcept = default;
AnyStreamingCall& AnyStreamingCall::operator=(AnyStreamingCall&& other) noexcept = default;
AnyStreamingCall::~AnyStreamingCall() = default;

Result<AnyStreamingCall> AnyStreamingCall::open(Context& context, CallRequest request) {
  auto sink = std::make_unique<Sink>(context.strand());
  Instant deadline{};
  if (request.timeout > Duration::zero()) deadline = context.now() + request.timeout;
  CLEAT_TRY(Fd end, sink->strand->callWithStream(sink->token, request, deadline));
  sink->stream = std::make_shared<Stream>(std::move(end), Stream::Side::caller);
  return AnyStreamingCall(std::move(sink));
}

const std::shared_ptr<Stream>& AnyStreamingCall::stream() const { return sink_->stream; }

Task<Result<AnyAnswer>> AnyStreamingCall::ended() { co_return co_await sink_->done; }

}  // namespace cleat
