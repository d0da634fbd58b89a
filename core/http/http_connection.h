// HttpConnection: one connection of a client, from its handshake through any number of requests to its end. It reads a request
// whole, has the handler answer it, and goes on to the next. Everything happens on the connection's own strand.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/http/http_message.h"
#include "core/http/http_parser.h"
#include "core/http/response_head.h"
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

class HttpConnection final : public Exchange, public std::enable_shared_from_this<HttpConnection> {
 public:
  // `freed` is called when all is over and nothing of the connection is left, on any thread.
  static std::shared_ptr<HttpConnection> start(std::shared_ptr<const ConnectionShared> shared, int socket,
                                               std::string remoteAddress, std::function<void()> freed);
  ~HttpConnection() override;

  // Thread-safe. Lets the request that is under way finish; ends streams.
  void drain();
  // Thread-safe. Breaks it off.
  void kill();

  const Request& request() const override { return request_; }
  Request& mutableRequest() override { return request_; }
  const std::vector<std::string>& clientCertificates() const override { return certificates_; }
  std::shared_ptr<void>& connectionState() override { return state_; }
  Completion<bool> send(Response response) override;
  Completion<bool> begin(ResponseHead head) override;
  Completion<bool> write(Body chunk) override;
  Completion<bool> end() override;
  void abort() override;
  void onClosed(base::Work work) override;
  bool closed() const override { return gone_ || draining_; }
  void setLongRunning() override;
  std::shared_ptr<ByteStream> takeOver(std::string& unread) override;
  const std::shared_ptr<base::Strand>& strand() const override { return strand_; }

 private:
  HttpConnection(std::shared_ptr<const ConnectionShared> shared, int socket, std::string remoteAddress);
  static Task<void> run(std::shared_ptr<HttpConnection> self);
  Task<void> serve();
  Task<bool> readRequest();
  Task<void> handle();
  Task<void> linger();
  Task<bool> more();
  struct NextTurn;

  enum class Answer { none, whole, streaming, ended, takenOver };
  std::string headText(const ResponseHead& head, Framing framing, size_t length);
  Completion<bool> transmit(std::string before, Body body, std::string after);
  std::string_view segment(size_t index) const;
  bool nextChunk();
  void pump();
  void watchClient();
  void clientGone();

  // Zero: no limit. The timer is lazy: it looks, when it fires, whether the deadline has moved.
  void setDeadline(std::chrono::milliseconds fromNow);
  void armTimer();
  void expired();

  std::shared_ptr<const ConnectionShared> shared_;
  std::shared_ptr<base::Strand> strand_;
  std::shared_ptr<SocketStream> stream_;
  std::vector<std::string> certificates_;
  std::shared_ptr<void> state_;
  std::string remoteAddress_;

  std::string unread_;
  Request request_;
  std::unique_ptr<RequestParser> parser_;
  bool keepAlive_ = true, http10_ = false;
  int requestsInTurn_ = 0;  // since there was nothing to read
  enum class Phase { handshake, idle, reading, handling } phase_ = Phase::handshake;
  Answer answer_ = Answer::none;
  bool draining_ = false, gone_ = false, longRunning_ = false, watching_ = false;
  base::Work onClosed_;

  // What is being written: `before_`, the body, `after_`, cut into chunks of at most a TLS record.
  std::string before_, after_, chunk_;
  Body body_;
  size_t segment_ = 0, offset_ = 0;
  std::string_view current_;
  bool writing_ = false;
  Completion<bool> written_;

  int64_t deadline_ = 0;
  int64_t timerAt_ = 0;
  base::TimerId timer_ = 0;
};

}  // namespace cleat::http
