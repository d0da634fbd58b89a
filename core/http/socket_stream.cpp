#include "core/http/socket_stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <ctime>

#include "core/base/on_strand.h"

namespace cleat::http {
namespace {

constexpr size_t kReadBytes = 16384;

// Of this thread.
int64_t processorNs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// What an earlier call on this thread has left behind would be taken for a later one's. Hardly ever there is anything,
// and to look costs less than to clear.
void forgetErrors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

struct SocketStream::Waits {
  boost::asio::posix::stream_descriptor descriptor;
};

SocketStream::SocketStream(base::AsioExecutor& executor, std::shared_ptr<base::Strand> strand, int socket)
    : strand_(std::move(strand)), socket_(socket),
      waits_(new Waits{boost::asio::posix::stream_descriptor(executor.context(), socket)}) {}

std::shared_ptr<SocketStream> SocketStream::make(base::AsioExecutor& executor, std::shared_ptr<base::Strand> strand,
                                                 int socket, std::shared_ptr<TlsContext> context, Side side,
                                                 const std::string& serverName) {
  std::shared_ptr<SocketStream> stream(new SocketStream(executor, std::move(strand), socket));
  if (!context) return stream;
  stream->context_ = std::move(context);
  SSL* session = SSL_new(stream->context_->get());
  stream->session_ = session;
  if (!session) return stream;
  SSL_set_fd(session, socket);
  if (side == Side::server) {
    SSL_set_accept_state(session);
    return stream;
  }
  SSL_set_connect_state(session);
  in6_addr address;
  bool isAddress =
      inet_pton(AF_INET, serverName.c_str(), &address) == 1 || inet_pton(AF_INET6, serverName.c_str(), &address) == 1;
  if (isAddress) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), serverName.c_str());
  } else if (!serverName.empty()) {
    SSL_set_tlsext_host_name(session, serverName.c_str());
    SSL_set1_host(session, serverName.c_str());
  }
  return stream;
}

SocketStream::~SocketStream() {
  release();
  if (session_) SSL_free(session_);
}

bool SocketStream::isOpen() const { return waits_->descriptor.is_open(); }

// One step, in its turn. False when it did not get one.
Task<bool> SocketStream::stepOfHandshake(std::shared_ptr<HandshakeTurns> turns, std::string origin, HandshakeStep step,
                                         int& result) {
  if (turns) {
    bool mine = co_await turns->take(origin, step);
    co_await base::goTo(*strand_);
    if (!mine) co_return false;
  }
  int64_t begun = processorNs();
  if (isOpen()) {
    ERR_clear_error();
    errno = 0;
    result = SSL_do_handshake(session_);
  }
  int systemError = errno;
  if (turns) {
    const int64_t took = processorNs() - begun;
    handshakeNs_ += took;
    turns->giveBack(took);
  }
  errno = systemError;
  co_return true;
}

Task<Result<void>> SocketStream::handshake(std::shared_ptr<HandshakeTurns> turns, std::string origin) {
  auto self = shared_from_this();
  if (!context_) co_return Result<void>();
  if (!session_) co_return fail(Status::internal("cannot set up TLS: " + lastTlsError()));
  if (turns) co_await readable();  // who says nothing takes no turn
  for (auto step = HandshakeStep::first;; step = HandshakeStep::further) {
    if (!isOpen()) co_return fail(Status::unavailable("the connection was closed during the TLS handshake"));
    int result = -1;
    bool done = co_await stepOfHandshake(turns, origin, step, result);
    if (!done) co_return fail(Status::unavailable("there were too many TLS handshakes at a time"));
    if (!isOpen()) co_return fail(Status::unavailable("the connection was closed during the TLS handshake"));
    if (result == 1) co_return Result<void>();
    switch (SSL_get_error(session_, result)) {
      case SSL_ERROR_WANT_READ: {
        co_await readable();
        break;
      }
      case SSL_ERROR_WANT_WRITE: {
        co_await writable();
        break;
      }
      default: {
        if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
          static const char kAnswer[] =
              "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
          (void)!::send(socket_, kAnswer, sizeof kAnswer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        std::string reason = ERR_peek_error() ? lastTlsError()
                             : errno          ? strerror(errno)
                                              : "the peer closed the connection";
        co_return fail(Status::unavailable("TLS handshake: " + reason));
      }
    }
  }
}

// What an SSL_read or SSL_write that gave nothing means.
ssize_t SocketStream::outcome(int result, bool& wantsOther, bool reading) {
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ: wantsOther = !reading; return kAgain;
    case SSL_ERROR_WANT_WRITE: wantsOther = reading; return kAgain;
    case SSL_ERROR_ZERO_RETURN: return kEnd;
    default: return failed(errno);
  }
}

ssize_t SocketStream::failed(int systemError) {
  failure_ = ERR_peek_error() ? lastTlsError() : systemError ? strerror(systemError) : "";
  return kFailed;
}

std::string SocketStream::failure() const { return failure_.empty() ? "the connection was closed" : failure_; }

ssize_t SocketStream::readSome(char* to, size_t size) {
  if (!isOpen()) return kFailed;
  if (!unread_.empty()) {
    size_t taken = unread_.copy(to, size);
    unread_.erase(0, taken);
    return static_cast<ssize_t>(taken);
  }
  if (session_) {
    forgetErrors();
    int result = SSL_read(session_, to, static_cast<int>(size));
    readWantsWrite_ = false;
    return result > 0 ? result : outcome(result, readWantsWrite_, true);
  }
  ssize_t result = ::recv(socket_, to, size, MSG_DONTWAIT);
  if (result >= 0) return result;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? kAgain : failed(errno);
}

ssize_t SocketStream::readInto(std::string& text) {
  thread_local char scratch[kReadBytes];
  ssize_t size = readSome(scratch, sizeof scratch);
  if (size > 0) text.append(scratch, static_cast<size_t>(size));
  return size;
}

bool SocketStream::mayHoldMore() const { return !unread_.empty() || !session_ || SSL_has_pending(session_) == 1; }

ssize_t SocketStream::writeSome(const char* from, size_t size) {
  if (!isOpen()) return kFailed;
  if (session_) {
    forgetErrors();
    int result = SSL_write(session_, from, static_cast<int>(std::min<size_t>(size, 1u << 20)));
    writeWantsRead_ = false;
    return result > 0 ? result : outcome(result, writeWantsRead_, false);
  }
  ssize_t result = ::send(socket_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (result >= 0) return result;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? kAgain : failed(errno);
}

void SocketStream::whenReadable(base::Work work) {
  if (!unread_.empty()) return strand_->post(std::move(work));
  onReadable_ = std::move(work);
  arm(readWantsWrite_);
}

void SocketStream::whenWritable(base::Work work) {
  onWritable_ = std::move(work);
  arm(!writeWantsRead_);
}

void SocketStream::arm(bool forWriting) {
  if (!isOpen()) return tellClosed();
  bool& armed = forWriting ? armedForWriting_ : armedForReading_;
  if (armed) return;
  armed = true;
  auto direction =
      forWriting ? boost::asio::posix::stream_descriptor::wait_write : boost::asio::posix::stream_descriptor::wait_read;
  auto self = shared_from_this();
  waits_->descriptor.async_wait(direction, [self, forWriting](boost::system::error_code) {
    self->strand_->dispatch([self, forWriting] {
      (forWriting ? self->armedForWriting_ : self->armedForReading_) = false;
      self->ready(forWriting);
    });
  });
}

// Runs the callbacks that waited for this direction.
void SocketStream::ready(bool forWriting) {
  base::Work reading, writing;
  if (forWriting == readWantsWrite_) reading = std::exchange(onReadable_, nullptr);
  if (forWriting == !writeWantsRead_) writing = std::exchange(onWritable_, nullptr);
  if (writing) writing();
  if (reading) reading();
}

// Not left to the wait that the close cancels: a callback may own the stream, and if the executor stops before that
// wait comes back, nobody would take the two apart. What is posted is run or dropped.
void SocketStream::tellClosed() {
  if (!onReadable_ && !onWritable_) return;
  strand_->post(
      [reading = std::exchange(onReadable_, nullptr), writing = std::exchange(onWritable_, nullptr)]() mutable {
        if (writing) writing();
        if (reading) reading();
      });
}

Completion<bool> SocketStream::readable() {
  Completion<bool> done;
  whenReadable([done]() mutable { done.complete(true); });
  return done;
}

Completion<bool> SocketStream::writable() {
  Completion<bool> done;
  whenWritable([done]() mutable { done.complete(true); });
  return done;
}

Task<bool> SocketStream::writeAll(std::string bytes) {
  auto self = shared_from_this();
  std::string_view rest = bytes;
  while (!rest.empty()) {
    ssize_t size = writeSome(rest.data(), rest.size());
    if (size > 0) {
      rest.remove_prefix(static_cast<size_t>(size));
    } else if (size == kAgain) {
      co_await writable();
    } else {
      co_return false;
    }
  }
  co_return true;
}

bool SocketStream::isQuiet() const {
  char byte;
  return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void SocketStream::finish() {
  if (!isOpen()) return;
  if (session_ && SSL_is_init_finished(session_)) {
    ERR_clear_error();
    SSL_shutdown(session_);
    ERR_clear_error();
  }
  ::shutdown(socket_, SHUT_WR);
}

void SocketStream::wakeReader() {
  if (onReadable_) strand_->post(std::exchange(onReadable_, nullptr));
}

void SocketStream::close() {
  if (!isOpen()) return;
  release();
  tellClosed();
}

void SocketStream::release() {
  boost::system::error_code ignored;
  waits_->descriptor.close(ignored);
  socket_ = -1;
}

}  // namespace cleat::http
