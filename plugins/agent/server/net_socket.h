// NetSocket: a TCP connection of the agent's, through TLS or plain. It drives OpenSSL on the socket itself and asks
// Asio only when to try again; what it calls back is of one type, so all of it is compiled once, in net_socket.cpp.
//
// One read and one write at a time. Network thread only. Shared: what is under way keeps it alive. Nothing is called
// back before the function that was given it has returned.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace cleat::agent {

using ErrorCode = boost::system::error_code;
using TcpEndpoint = boost::asio::ip::tcp::endpoint;

class NetSocket : public std::enable_shared_from_this<NetSocket> {
 public:
  using Executor = boost::asio::io_context::executor_type;
  using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
  using Done = std::move_only_function<void(ErrorCode)>;
  using Transferred = std::move_only_function<void(ErrorCode, size_t)>;
  enum class Side { client, server };

  // A connection that was accepted, or one that is to be made.
  explicit NetSocket(TcpSocket socket);
  explicit NetSocket(boost::asio::io_context& io) : NetSocket(TcpSocket(io)) {}

  Executor executor() { return socket_.get_executor(); }
  TcpSocket& tcp() { return socket_; }
  // Null before a handshake was begun.
  ssl_st* tls() const { return tls_.get(); }

  // To the first of them that takes it.
  void connect(const std::vector<TcpEndpoint>& endpoints, Done then);
  // From here on everything goes through TLS.
  void handshake(ssl_ctx_st* context, Side side, Done then);
  // What there is, but one byte at least; asio::error::eof at the end. `into` must stay valid until `then`.
  void read(boost::asio::mutable_buffer into, Transferred then);
  // All of it. `bytes` must stay valid until `then`.
  void write(std::string_view bytes, Done then);
  // Ends TLS in order: says that it ends, and waits until the other side has said so too.
  void shutdown(Done then);
  // What is under way ends with asio::error::operation_aborted.
  void close();

  // Then it is closed, and what is under way or begun later ends with beast::error::timeout. Replaces an earlier limit.
  void expiresAfter(std::chrono::nanoseconds time);
  void expiresNever();

 private:
  struct Progress;
  struct Operation;
  void begin(Operation operation);
  void await(TcpSocket::wait_type readiness, Operation operation);
  Progress attempt(Operation& operation);
  Progress readSome(boost::asio::mutable_buffer into);
  Progress writeSome(std::string_view bytes);
  Progress tlsProgress(int result, size_t size);
  ErrorCode whyClosed() const;

  struct FreeTls {
    void operator()(ssl_st* tls) const;
  };
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  TcpSocket socket_;
  Timer limit_;
  bool timedOut_ = false;
  std::unique_ptr<ssl_st, FreeTls> tls_;
};
using NetSocketPtr = std::shared_ptr<NetSocket>;

}  // namespace cleat::agent
