#include "server/net_socket.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>

#include <cerrno>
#include <optional>

namespace cleat::agent {

namespace asio = boost::asio;

namespace {

NetSocket::Transferred withoutSize(NetSocket::Done then) {
  return [then = std::move(then)](ErrorCode error, size_t) mutable { then(error); };
}

}  // namespace

// What an attempt has come to: an end, good or bad, unless it is to be made again when the socket is ready.
struct NetSocket::Progress {
  std::optional<TcpSocket::wait_type> waitFor;
  ErrorCode error;
  size_t size = 0;
};

struct NetSocket::Operation {
  std::move_only_function<Progress()> attempt;
  Transferred then;
};

NetSocket::NetSocket(TcpSocket socket) : socket_(std::move(socket)), limit_(socket_.get_executor()) {
  ErrorCode ignored;
  if (socket_.is_open()) socket_.non_blocking(true, ignored);
}

void NetSocket::FreeTls::operator()(ssl_st* tls) const { SSL_free(tls); }

void NetSocket::connect(const std::vector<TcpEndpoint>& endpoints, Done then) {
  if (timedOut_) return begin({{}, withoutSize(std::move(then))});
  asio::async_connect(socket_, endpoints,
                      [self = shared_from_this(), then = std::move(then)](ErrorCode error, const TcpEndpoint&) mutable {
                        if (!self->socket_.is_open()) error = self->whyClosed();
                        if (!error) self->socket_.non_blocking(true, error);
                        then(error);
                      });
}

void NetSocket::handshake(ssl_ctx_st* context, Side side, Done then) {
  tls_.reset(SSL_new(context));
  // OpenSSL writes without MSG_NOSIGNAL; the network thread has its signals blocked.
  SSL_set_fd(tls_.get(), socket_.native_handle());
  // A write that is tried again comes with the same bytes, but perhaps from elsewhere.
  SSL_set_mode(tls_.get(),
               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_set_read_ahead(tls_.get(), 1);
  side == Side::server ? SSL_set_accept_state(tls_.get()) : SSL_set_connect_state(tls_.get());
  auto shake = [this] {
    ERR_clear_error();
    return tlsProgress(SSL_do_handshake(tls_.get()), 0);
  };
  begin({shake, withoutSize(std::move(then))});
}

void NetSocket::read(asio::mutable_buffer into, Transferred then) {
  begin({[this, into] { return readSome(into); }, std::move(then)});
}

void NetSocket::write(std::string_view bytes, Done then) {
  auto writeOn = [this, rest = bytes]() mutable {
    Progress progress;
    while (!rest.empty() && !progress.waitFor && !progress.error) {
      progress = writeSome(rest);
      rest.remove_prefix(progress.size);
    }
    return progress;
  };
  begin({writeOn, withoutSize(std::move(then))});
}

void NetSocket::shutdown(Done then) {
  auto say = [this] {
    ERR_clear_error();
    int result = SSL_shutdown(tls_.get());
    if (result == 0) result = SSL_shutdown(tls_.get());  // said; now for the other side
    return tlsProgress(result, 0);
  };
  begin({say, withoutSize(std::move(then))});
}

void NetSocket::close() {
  ErrorCode ignored;
  limit_.cancel();
  socket_.close(ignored);
}

void NetSocket::expiresAfter(std::chrono::nanoseconds time) {
  limit_.expires_after(time);
  limit_.async_wait([weak = weak_from_this()](ErrorCode) {
    auto self = weak.lock();
    // Otherwise another limit has taken its place.
    if (!self || self->limit_.expiry() > std::chrono::steady_clock::now()) return;
    self->timedOut_ = true;
    self->close();
  });
}

void NetSocket::expiresNever() { limit_.expires_at(std::chrono::steady_clock::time_point::max()); }

void NetSocket::begin(Operation operation) {
  Progress progress = attempt(operation);
  if (progress.waitFor) return await(*progress.waitFor, std::move(operation));
  asio::post(executor(), [self = shared_from_this(), then = std::move(operation.then), progress]() mutable {
    then(progress.error, progress.size);
  });
}

void NetSocket::await(TcpSocket::wait_type readiness, Operation operation) {
  socket_.async_wait(readiness, [self = shared_from_this(), operation = std::move(operation)](ErrorCode error) mutable {
    bool cannotWait = error && self->socket_.is_open();
    Progress progress = cannotWait ? Progress{.error = error} : self->attempt(operation);
    if (progress.waitFor) return self->await(*progress.waitFor, std::move(operation));
    operation.then(progress.error, progress.size);
  });
}

NetSocket::Progress NetSocket::attempt(Operation& operation) {
  if (timedOut_ || !socket_.is_open()) return {.error = whyClosed()};
  return operation.attempt();
}

ErrorCode NetSocket::whyClosed() const {
  return timedOut_ ? ErrorCode(boost::beast::error::timeout) : ErrorCode(asio::error::operation_aborted);
}

NetSocket::Progress NetSocket::readSome(asio::mutable_buffer into) {
  Progress progress;
  if (tls_) {
    ERR_clear_error();
    int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &progress.size);
    return tlsProgress(result, progress.size);
  }
  progress.size = socket_.read_some(into, progress.error);
  if (progress.error == asio::error::would_block) progress.waitFor = TcpSocket::wait_read;
  return progress;
}

NetSocket::Progress NetSocket::writeSome(std::string_view bytes) {
  Progress progress;
  if (tls_) {
    ERR_clear_error();
    int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &progress.size);
    return tlsProgress(result, progress.size);
  }
  progress.size = socket_.write_some(asio::buffer(bytes), progress.error);
  if (progress.error == asio::error::would_block) progress.waitFor = TcpSocket::wait_write;
  return progress;
}

NetSocket::Progress NetSocket::tlsProgress(int result, size_t size) {
  int systemError = errno;
  if (result > 0) return {.size = size};
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {.waitFor = TcpSocket::wait_read};
    case SSL_ERROR_WANT_WRITE: return {.waitFor = TcpSocket::wait_write};
    case SSL_ERROR_ZERO_RETURN: return {.error = asio::error::eof};
    case SSL_ERROR_SYSCALL:
      if (systemError == 0) return {.error = asio::ssl::error::stream_truncated};
      return {.error = ErrorCode(systemError, boost::system::system_category())};
    default: break;
  }
  unsigned long code = ERR_get_error();
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return {.error = asio::ssl::error::stream_truncated};
  return {.error = ErrorCode(static_cast<int>(code), asio::error::get_ssl_category())};
}

}  // namespace cleat::agent
