#include "webhook-common/wire.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <boost/asio/buffer.hpp>
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
  if (!context) return;
  context_ = std::move(context);
  tls_.reset(SSL_new(context_->native_handle()));
  SSL_set_fd(tls_.get(), socket_.native_handle());
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
  ErrorCode error;
  got = socket_.read_some(asio::buffer(into, size), error);
  return ofSocket(got, error, State::wantsRead);
}

Wire::Progress Wire::write(std::string_view bytes) {
  size_t taken = 0;
  if (tls_) {
    ERR_clear_error();
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &taken);
    return ofTls(result, taken);
  }
  ErrorCode error;
  taken = socket_.write_some(asio::buffer(bytes), error);
  return ofSocket(taken, error, State::wantsWrite);
}

Wire::Progress Wire::ofSocket(size_t size, ErrorCode error, State wants) {
  if (!error) return {.size = size};
  if (error == asio::error::would_block || error == asio::error::try_again) return {.state = wants};
  if (error == asio::error::eof) return {.state = State::ended};
  return {.state = State::failed, .error = error};
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
