// HttpConnection: one connection of a client, from its handshake through any number of requests to its end. It owns the
// socket and drives one exchange at a time: reads a request whole, has the handler answer it through its exchange, and
// goes on to the next. Everything happens on the connection's own strand.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/http/deadline.h"
#include "core/http/exchange.h"
#include "core/http/http_parser.h"
#include "core/http/outgoing.h"
#include "core/http/socket_stream.h"

namespace cleat::http {

struct ConnectionLimits {
  MessageLimits message;
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds head{30'000};     // from a request's first byte to the end of its head
  std::chrono::milliseconds body{60'000};     // from there to its end
  std::chrono::milliseconds request{60'000};  // for the handler, and for a client to take the answer
  std::chrono::milliseconds idle{120'000};    // between requests
};

// What all connections of a server share.
struct ConnectionShared {
  base::AsioExecutor& executor;
  std::shared_ptr<TlsContext> tls;  // null: plain
  ConnectionLimits limits;
  Handler handler;
  // The answer to what never reached the handler: 400, 413, 431, 504, and 500 for a handler that failed.
  std::function<Response(int code)> errorResponse;
};

class Http1Exchange;

class HttpConnection final : public std::enable_shared_from_this<HttpConnection> {
 public:
  // `freed` is called when all is over and nothing of the connection is left, on any thread.
  static std::shared_ptr<HttpConnection> start(std::shared_ptr<const ConnectionShared> shared, int socket,
                                               std::string remoteAddress, std::function<void()> freed);
  ~HttpConnection();

  // Thread-safe. Lets the request that is under way finish; ends streams.
  void drain();
  // Thread-safe. Breaks it off.
  void kill();

  // What follows is for the exchange that is under way, on the strand.
  base::Executor& executor() const { return shared_->executor; }
  const std::shared_ptr<base::Strand>& strand() const { return strand_; }
  Peer& peer() { return peer_; }
  bool draining() const { return draining_; }
  bool gone() const { return !stream_->isOpen(); }
  // False when the connection breaks, or when the one before it has not completed yet.
  Completion<bool> transmit(std::string before, Body body, std::string after);
  // While an answer streams out, whatever comes in is kept for later; that nothing can come any more breaks the
  // connection off.
  void watchClient();
  void unwatchClient() { watching_ = false; }
  // The time limit on requests begins anew, or does not apply.
  void limitRequest() { limit(shared_->limits.request); }
  void liftLimit() { deadline_->clear(); }
  // The connection's bytes, beginning with what was read of them already.
  std::shared_ptr<ByteStream> handOver();
  void breakOff();

 private:
  HttpConnection(std::shared_ptr<const ConnectionShared> shared, int socket, std::string remoteAddress);
  static Task<void> run(std::shared_ptr<HttpConnection> self);
  Task<void> serve();
  Task<bool> readRequest();
  Task<bool> handle();
  Task<void> linger();
  Task<bool> more();
  struct NextTurn;

  void pump();
  void limit(std::chrono::milliseconds fromNow);  // zero: none
  void expired();

  const std::shared_ptr<const ConnectionShared> shared_;
  const std::shared_ptr<base::Strand> strand_;
  const std::shared_ptr<SocketStream> stream_;
  Peer peer_;
  std::shared_ptr<Deadline> deadline_;

  std::string unread_;
  std::unique_ptr<RequestParser> parser_;
  std::shared_ptr<Http1Exchange> exchange_;  // null between requests
  int requestsInTurn_ = 0;                   // since there was nothing to read
  enum class Phase { handshake, idle, reading, handling } phase_ = Phase::handshake;
  bool draining_ = false, watching_ = false;

  Outgoing outgoing_;
  bool writing_ = false;
  Completion<bool> written_;
};

}  // namespace cleat::http
