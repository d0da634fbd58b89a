// Http1Exchange: an exchange as HTTP/1.1 carries it. It frames the answer; the connection, which carries one exchange
// at a time, moves the bytes, knows the time limits and goes on with the next request when this one is over.
#pragma once

#include <string>

#include "core/http/exchange.h"
#include "core/http/http_connection.h"
#include "core/http/response_head.h"

namespace cleat::http {

class Http1Exchange final : public Exchange, public std::enable_shared_from_this<Http1Exchange> {
 public:
  // What follows from the request's head.
  struct Version {
    bool keepAlive = true;
    bool http10 = false;
  };
  Http1Exchange(std::shared_ptr<HttpConnection> connection, Request request, Version version)
      : connection_(std::move(connection)), request_(std::move(request)), version_(version) {}

  const Request& request() const override { return request_; }
  Request& mutableRequest() override { return request_; }
  Peer& peer() override { return connection_->peer(); }
  void setKnown() override { connection_->setKnown(); }
  Task<bool> readBody() override;
  uint64_t bodyBytesLeft() const override { return connection_->bodyBytesLeft(); }
  void setHeadLines(std::string_view lines) override { headLines_ = lines; }
  Completion<bool> send(Response response) override;
  int answerCode() const override { return code_; }
  Completion<bool> begin(ResponseHead head) override;
  Completion<bool> write(Body chunk) override;
  Completion<bool> end() override;
  void abort() override;
  bool aborted() const override { return aborted_; }
  void onClosed(base::Work work) override;
  bool closed() const override { return connection_->gone() || connection_->draining(); }
  void setLongRunning() override { connection_->liftLimit(); }
  void limitTo(std::chrono::nanoseconds fromNow) override { connection_->limitRequestTo(fromNow); }
  void setUnhurried() override { connection_->setUnhurried(); }
  Task<std::shared_ptr<ByteStream>> upgrade(Headers fields) override;
  const std::shared_ptr<base::Strand>& strand() const override { return connection_->strand(); }

  // The connection's side. The client has gone, or the server stops: tells who asked to be told.
  void tellClosed();
  // Answers in the handler's place, unless it has begun to answer itself, and the connection ends with that. False if
  // it has.
  Completion<bool> answerFor(Response response);
  // The handler has returned: a stream that it left open is broken off. An answer that is missing is the caller's to
  // give.
  void handlerEnded();
  bool isAnswered() const { return progress_ != Progress::none; }
  bool keepAlive() const { return version_.keepAlive; }
  bool isUpgraded() const { return progress_ == Progress::upgraded; }

 private:
  enum class Progress { none, whole, streaming, ended, upgraded };
  std::string headText(const ResponseHead& head, Framing framing, size_t length);
  static Task<bool> sendCompressed(std::shared_ptr<Http1Exchange> self, Response response);
  bool mayNot(Progress wanted) const { return progress_ != wanted || connection_->gone(); }

  const std::shared_ptr<HttpConnection> connection_;
  Request request_;
  Version version_;
  Progress progress_ = Progress::none;
  std::string_view headLines_;
  int code_ = 0;
  bool aborted_ = false;
  base::Work onClosed_;
};

}  // namespace cleat::http
