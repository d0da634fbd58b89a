#include "webhook-common/wire.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <cerrno>

namespace cleat::webhook {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using State = Wire::Progress::State;

void Wire::begin(std::shared_ptr<asio::ssl::context> context) {
  ErrorCode ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  descriptor_ = socket_.native_handle();
  protocol_ = socket_.local_endpoint(ignored).protocol();
  if (!context) return;
  context_ = std::move(context);
  tls_.reset(SSL_new(context_->native_handle()));
  SSL_set_fd(tls_.get(), descriptor_);
  // A write that is tried again comes with the same bytes, but perhaps from elsewhere.
  SSL_set_mode(tls_.get(),
               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_set_read_ahead(tls_.get(), 1);
  SSL_set_connect_state(tls_.get());
}

Wire::Progress Wire::shake() {
  ERR_clear_error();
  return ofTls(SSL_do_handshake(tls_.get()), 0);
}

Wire::Progress Wire::read(void* into, size_t size) {
  size_t got = 0;
  if (tls_) {
    ERR_clear_error();
    const int result = SSL_read_ex(tls_.get(), into, size, &got);
    return ofTls(result, got);
  }
  return ofSystem(::recv(descriptor_, into, size, 0), State::wantsRead);
}

Wire::Progress Wire::write(std::string_view bytes) {
  size_t taken = 0;
  if (tls_) {
    ERR_clear_error();
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &taken);
    return ofTls(result, taken);
  }
  return ofSystem(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL), State::wantsWrite);
}

// Nothing is read only where the other side has ended, nothing written only where nothing was to be.
Wire::Progress Wire::ofSystem(ssize_t result, State wants) {
  if (result > 0) return {.size = static_cast<size_t>(result)};
  if (result == 0) return {.state = State::ended};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {.state = wants};
  return {.state = State::failed, .error = ErrorCode(errno, boost::system::system_category())};
}

void Wire::part() {
  if (apart_ || descriptor_ < 0) return;
  ErrorCode failed;
  socket_.release(failed);
  apart_ = !failed;
}

ErrorCode Wire::join() {
  ErrorCode failed;
  if (!apart_) return failed;
  socket_.assign(protocol_, descriptor_, failed);
  apart_ = static_cast<bool>(failed);
  return failed;
}

bool Wire::waitHere(const Progress& progress, std::chrono::nanoseconds most) const {
  pollfd waited{descriptor_, static_cast<short>(progress.state == State::wantsWrite ? POLLOUT : POLLIN), 0};
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(most);
  const timespec limit{whole.count(), (most - whole).count()};
  return ::ppoll(&waited, 1, &limit, nullptr) > 0;
}

void Wire::close() {
  ErrorCode ignored;
  if (std::exchange(apart_, false)) {
    ::close(descriptor_);
  } else {
    socket_.close(ignored);
  }
  descriptor_ = -1;
}

Wire::Progress Wire::ofTls(int result, size_t size) const {
  const int systemError = errno;
  if (result > 0) return {.size = size};
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {.state = State::wantsRead};
    case SSL_ERROR_WANT_WRITE: return {.state = State::wantsWrite};
    case SSL_ERROR_ZERO_RETURN: return {.state = State::ended};
    case SSL_ERROR_SYSCALL:
      if (systemError == 0) return {.state = State::failed, .error = asio::ssl::error::stream_truncated};
      return {.state = State::failed, .error = ErrorCode(systemError, boost::system::system_category())};
    default: break;
  }
  const unsigned long code = ERR_get_error();
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return {.state = State::failed, .error = asio::ssl::error::stream_truncated};
  }
  return {.state = State::failed, .error = ErrorCode(static_cast<int>(code), asio::error::get_ssl_category())};
}

}  // namespace cleat::webhook
