// TlsConnection: a client's TCP connection with TLS, for coroutines. It drives OpenSSL on the socket itself and asks Asio only
// when to try again, so it is compiled once. What is awaited gives the error; beast::error::timeout when the time was over.
//
// Used on its strand, one read and one write at a time; it must be held until they have ended. The program ignores SIGPIPE.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace cleat::http {

class TlsConnection : public std::enable_shared_from_this<TlsConnection> {
 public:
  using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
  using Error = boost::system::error_code;
  using Awaited = boost::asio::awaitable<Error>;

  explicit TlsConnection(Strand strand);

  const Strand& strand() const { return strand_; }

  // To a name or an address; the certificate must be for it, and be good by the rules of `context`.
  Awaited connect(std::string host, std::string port, ssl_ctx_st* context);
  // What there is, but one byte at least; asio::error::eof at the end.
  Awaited read(boost::asio::mutable_buffer into, size_t& got);
  // All of it.
  Awaited write(std::string_view bytes);
  void close();

  // Then it is closed. Replaces an earlier limit.
  void expiresAfter(std::chrono::milliseconds time);
  void expiresNever();

  // For a connection that nobody uses, from any thread: whether nothing has come, not even the end.
  bool isQuiet();

 private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Strand>;
  using Clock = std::chrono::steady_clock;
  struct FreeTls {
    void operator()(ssl_st* tls) const;
  };

  Awaited openSocket(const std::string& host, const std::string& port);
  void setOptions();
  template <class Attempt>
  Awaited persist(Attempt attempt);
  Error failureOf(int outcome, int systemError) const;
  Error whyClosed() const;

  const Strand strand_;
  Socket socket_;
  boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Strand> limit_;
  bool timedOut_ = false;
  std::unique_ptr<ssl_st, FreeTls> tls_;
};

}  // namespace cleat::http
