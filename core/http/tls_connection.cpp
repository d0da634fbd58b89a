#include "core/http/tls_connection.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>

#include <cerrno>
#include <vector>

namespace cleat::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// How one waits here: the error is kept, nothing is thrown.
auto keeping(boost::system::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace

TlsConnection::TlsConnection(Strand strand) : strand_(std::move(strand)), socket_(strand_), limit_(strand_) {}

void TlsConnection::FreeTls::operator()(ssl_st* tls) const { SSL_free(tls); }

TlsConnection::Awaited TlsConnection::connect(std::string host, std::string port, ssl_ctx_st* context) {
  if (Error error = co_await openSocket(host, port)) co_return socket_.is_open() ? error : whyClosed();
  setOptions();
  tls_.reset(SSL_new(context));
  SSL_set_fd(tls_.get(), socket_.native_handle());
  // A write that is tried again comes with the same bytes, but perhaps from elsewhere.
  SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_set_read_ahead(tls_.get(), 1);
  Error notAnAddress;
  asio::ip::make_address(host, notAnAddress);
  if (notAnAddress) {
    SSL_set_tlsext_host_name(tls_.get(), host.c_str());
    SSL_set1_host(tls_.get(), host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), host.c_str());
  }
  auto shake = [this] { return SSL_connect(tls_.get()); };
  co_return co_await persist(shake);
}

TlsConnection::Awaited TlsConnection::openSocket(const std::string& host, const std::string& port) {
  Error error;
  std::vector<tcp::endpoint> endpoints;
  asio::ip::address address = asio::ip::make_address(host, error);
  if (!error) {
    endpoints.emplace_back(address, static_cast<uint16_t>(std::stoul(port)));
  } else {
    error = {};
    tcp::resolver resolver(strand_);
    auto found = co_await resolver.async_resolve(host, port, keeping(error));
    if (error) co_return error;
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  if (timedOut_) co_return whyClosed();
  co_await asio::async_connect(socket_, endpoints, keeping(error));
  co_return error;
}

void TlsConnection::setOptions() {
  Error ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  // A server that is gone without a word is noticed within half a minute, also while nothing is being sent.
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  socket_.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>(15), ignored);
  socket_.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>(5), ignored);
  socket_.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>(3), ignored);
  socket_.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>(30'000), ignored);
}

TlsConnection::Awaited TlsConnection::read(asio::mutable_buffer into, size_t& got) {
  auto take = [this, into, &got] { return SSL_read_ex(tls_.get(), into.data(), into.size(), &got); };
  co_return co_await persist(take);
}

TlsConnection::Awaited TlsConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    size_t taken = 0;
    auto give = [this, bytes, &taken] { return SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &taken); };
    if (Error error = co_await persist(give)) co_return error;
    bytes.remove_prefix(taken);
  }
  co_return Error();
}

// Until it succeeds or fails; waits for the socket when OpenSSL wants that.
template <class Attempt>
TlsConnection::Awaited TlsConnection::persist(Attempt attempt) {
  while (socket_.is_open()) {
    ERR_clear_error();
    int result = attempt();
    int systemError = errno;
    if (result > 0) co_return Error();
    int outcome = SSL_get_error(tls_.get(), result);
    bool mayGoOn = outcome == SSL_ERROR_WANT_READ || outcome == SSL_ERROR_WANT_WRITE;
    if (!mayGoOn) co_return failureOf(outcome, systemError);
    Error error;
    co_await socket_.async_wait(outcome == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write, keeping(error));
    if (error && socket_.is_open()) co_return error;
  }
  co_return whyClosed();
}

TlsConnection::Error TlsConnection::failureOf(int outcome, int systemError) const {
  if (outcome == SSL_ERROR_ZERO_RETURN) return asio::error::eof;
  if (outcome == SSL_ERROR_SYSCALL) {
    return systemError != 0 ? Error(systemError, boost::system::system_category()) : Error(asio::error::eof);
  }
  return Error(static_cast<int>(ERR_get_error()), asio::error::get_ssl_category());
}

TlsConnection::Error TlsConnection::whyClosed() const {
  return timedOut_ ? Error(boost::beast::error::timeout) : Error(asio::error::operation_aborted);
}

void TlsConnection::close() {
  Error ignored;
  limit_.cancel();
  socket_.close(ignored);
}

void TlsConnection::expiresAfter(std::chrono::milliseconds time) {
  limit_.expires_after(time);
  limit_.async_wait([weak = weak_from_this()](Error) {
    auto self = weak.lock();
    // Otherwise another limit has taken its place.
    if (!self || self->limit_.expiry() > Clock::now()) return;
    self->timedOut_ = true;
    self->close();
  });
}

void TlsConnection::expiresNever() { limit_.expires_at(Clock::time_point::max()); }

bool TlsConnection::isQuiet() {
  char byte;
  ssize_t got = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace cleat::http
