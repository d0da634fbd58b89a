// HttpConnection: one connection of a client, from its handshake through any number of requests to its end. It owns the
// socket and drives one exchange at a time: reads a request's head, has the handler answer it through its exchange and
// read the body if it wants it, and goes on to the next. Everything happens on the connection's own strand.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/http/deadline.h"
#include "core/http/exchange.h"
#include "core/http/http_parser.h"
#include "core/http/outgoing.h"
#include "core/http/socket_address.h"
#include "core/http/socket_stream.h"
#include "core/http/strangers.h"

namespace cleat::http {

struct ConnectionLimits {
  MessageLimits message;
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds head{15'000};     // from a request's first byte to the end of its head
  std::chrono::milliseconds request{60'000};  // for the handler
  std::chrono::milliseconds idle{120'000};    // between requests, of who is known; a stranger's is as for a head
  // A body that comes and an answer that is taken may stand still for so long, and must be this fast altogether.
  std::chrono::milliseconds stall{30'000};
  uint64_t bytesPerSecond = 8192;
};

// What all connections of a server share.
struct ConnectionShared {
  base::AsioExecutor& executor;
  std::shared_ptr<TlsContext> tls;  // null: plain
  ConnectionLimits limits;
  Handler handler;
  // The answer to what never reached the handler, 400, 413, 429, 431; to one that waits, 408, 504; and 500 for a
  // handler that failed.
  std::function<Response(int code)> errorResponse;
  std::shared_ptr<HandshakeTurns> turns;
  std::function<void()> onFailedHandshake;  // called for each, on any thread; may be empty
};

// A connection that has been accepted, and where it is from.
struct AcceptedSocket {
  int socket = -1;
  SocketAddress from;
  std::unique_ptr<Strangers::Place> place;
};

class Http1Exchange;

class HttpConnection final : public std::enable_shared_from_this<HttpConnection> {
 public:
  // `freed` is called when all is over and nothing of the connection is left, on any thread.
  static std::shared_ptr<HttpConnection> start(std::shared_ptr<const ConnectionShared> shared, AcceptedSocket accepted,
                                               std::function<void()> freed);
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
  void limitRequest();
  void liftLimit();
  // It ends then at the latest, however often the limit begins anew.
  void limitRequestTo(std::chrono::nanoseconds fromNow);
  void setUnhurried() { unhurried_ = true; }
  void setKnown();
  Task<bool> readBody();
  std::string takeBody() { return parser_->takeBody(); }
  uint64_t bodyBytesLeft() const { return parser_->bodyBytesLeft(); }
  // Whether what is left of the body is so little that it is read and dropped.
  bool canSkipBody() const;
  // The connection's bytes, beginning with what was read of them already.
  std::shared_ptr<ByteStream> handOver();
  void breakOff();

 private:
  HttpConnection(std::shared_ptr<const ConnectionShared> shared, AcceptedSocket accepted);
  static Task<void> run(std::shared_ptr<HttpConnection> self);
  Task<void> serve();
  Task<bool> readHead();
  Task<bool> handle();
  Task<bool> skipBody();
  Task<void> linger();
  Task<bool> more();
  Task<bool> refuse(int code);

  void pump();
  void limit(std::chrono::milliseconds fromNow);  // zero: none
  void limitTransfer(int64_t begunAt, uint64_t bytes);
  bool mayHold(size_t bytes) { return !place_ || place_->hold(bytes); }
  void expired();

  const std::shared_ptr<const ConnectionShared> shared_;
  const std::shared_ptr<base::Strand> strand_;
  const std::shared_ptr<SocketStream> stream_;
  Peer peer_;
  const std::string origin_;
  std::unique_ptr<Strangers::Place> place_;  // until it is known whose the connection is
  std::shared_ptr<Deadline> deadline_;

  std::string unread_;
  std::unique_ptr<RequestParser> parser_;
  std::shared_ptr<Http1Exchange> exchange_;  // null between requests
  int requestsInTurn_ = 0;                   // since there was nothing to read
  enum class Phase { handshake, idle, reading, handling, body } phase_ = Phase::handshake;
  bool draining_ = false, watching_ = false;
  bool late_ = false;            // whoever waits to read shall wait no longer
  int64_t requestUntil_ = 0;     // when the one that is handled ends at the latest; 0: nobody says
  bool limited_ = false;         // the time limit on requests applies to the one that is handled
  bool unhurried_ = false;       // its reader may pause
  bool unreadable_ = false;      // what still comes of the request is not wanted
  bool awaitsContinue_ = false;  // its client sends the body when it is told to

  Outgoing outgoing_;
  bool writing_ = false;
  int64_t writingSince_ = 0;
  uint64_t writtenBytes_ = 0;
  bool waitedToWrite_ = false;
  Completion<bool> written_;
};

}  // namespace cleat::http
