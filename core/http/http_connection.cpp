#include "core/http/http_connection.h"

#include "core/base/log.h"
#include "core/base/on_strand.h"
#include "core/http/http1_exchange.h"

namespace cleat::http {
namespace {

constexpr size_t kReadBytes = 16384;
constexpr size_t kUnreadLimit = 64u << 10;
// Then others have their turn, and the stack is taken down: without optimization one coroutine that goes on into
// another does not leave it.
constexpr int kRequestsPerTurn = 8;
constexpr size_t kLingerBytes = 16u << 20;
constexpr std::chrono::milliseconds kLingerTime{2000};

// Outside of the coroutines, so that the buffer is not a part of their frames.
ssize_t readInto(std::string& unread, ByteStream& stream) {
  thread_local char scratch[kReadBytes];
  ssize_t size = stream.readSome(scratch, sizeof scratch);
  if (size > 0) unread.append(scratch, static_cast<size_t>(size));
  return size;
}

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<const ConnectionShared> shared, int socket, std::string remoteAddress)
    : shared_(std::move(shared)), strand_(shared_->executor.makeStrand()),
      stream_(SocketStream::make(shared_->executor, strand_, socket, shared_->tls, SocketStream::Side::server)) {
  peer_.address = std::move(remoteAddress);
}

HttpConnection::~HttpConnection() = default;

std::shared_ptr<HttpConnection> HttpConnection::start(std::shared_ptr<const ConnectionShared> shared, int socket,
                                                      std::string remoteAddress, std::function<void()> freed) {
  auto end = [freed = std::move(freed)](HttpConnection* connection) {
    delete connection;
    freed();
  };
  std::shared_ptr<HttpConnection> made(new HttpConnection(std::move(shared), socket, std::move(remoteAddress)),
                                       std::move(end));
  made->deadline_ = Deadline::make(made->shared_->executor, made->strand_, [weak = made->weak_from_this()] {
    if (auto self = weak.lock()) self->expired();
  });
  made->strand_->post([made] { spawn(run(made)); });
  return made;
}

Task<void> HttpConnection::run(std::shared_ptr<HttpConnection> self) {
  try {
    co_await self->serve();
  } catch (const std::exception& error) {
    base::log(base::LogLevel::error, "http", std::string("a connection ended with ") + error.what());
  }
  self->deadline_->stop();
  self->exchange_ = nullptr;
  self->stream_->close();
}

// Goes to the back of the executor's line: a client that has the next request there before this one is answered would
// otherwise keep a thread to itself.
struct HttpConnection::NextTurn {
  HttpConnection& connection;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    connection.requestsInTurn_ = 0;
    connection.shared_->executor.post(
        [strand = connection.strand_, waiting] { strand->dispatch([waiting] { waiting.resume(); }); });
  }
  void await_resume() const {}
};

Task<void> HttpConnection::serve() {
  limit(shared_->limits.handshake);
  Result<void> shaken = co_await stream_->handshake();
  if (!shaken) {
    if (base::logs(base::LogLevel::debug)) {
      base::log(base::LogLevel::debug, "http", peer_.address + ": " + shaken.error().message);
    }
    co_return;
  }
  if (stream_->session()) peer_.certificates = peerCertificates(stream_->session());
  for (;;) {
    bool whole = co_await readRequest();
    if (!whole) break;
    bool goesOn = co_await handle();
    if (gone()) co_return;
    if (++requestsInTurn_ >= kRequestsPerTurn) co_await NextTurn{*this};
    if (!goesOn || draining_) break;
  }
  if (gone()) co_return;
  stream_->finish();
  if (parser_->state() == RequestParser::State::failed) co_await linger();
}

// A client that is still sending when the connection is reset might lose the answer that says why: takes a while what
// comes.
Task<void> HttpConnection::linger() {
  limit(kLingerTime);
  for (size_t taken = 0; taken < kLingerBytes; taken += unread_.size()) {
    unread_.clear();
    bool came = co_await more();
    if (!came) break;
  }
}

Task<bool> HttpConnection::more() {
  for (;;) {
    ssize_t size = readInto(unread_, *stream_);
    if (size > 0) co_return true;
    if (size != ByteStream::kAgain) co_return false;
    requestsInTurn_ = 0;
    co_await stream_->readable();
  }
}

Task<bool> HttpConnection::readRequest() {
  parser_ = std::make_unique<RequestParser>(shared_->limits.message);
  phase_ = Phase::idle;
  limit(shared_->limits.idle);
  bool inBody = false;
  for (;;) {
    if (!unread_.empty()) {
      if (phase_ == Phase::idle) limit(shared_->limits.head);
      phase_ = Phase::reading;
      unread_.erase(0, parser_->feed(unread_));
    }
    RequestParser::State state = parser_->state();
    if (state == RequestParser::State::done) break;
    if (state == RequestParser::State::failed) {
      phase_ = Phase::handling;
      exchange_ =
          std::make_shared<Http1Exchange>(shared_from_this(), Request(), Http1Exchange::Version{.keepAlive = false});
      Response refusal = shared_->errorResponse(parser_->failureCode());
      co_await exchange_->send(std::move(refusal));
      co_return false;
    }
    if (state == RequestParser::State::body && !inBody) {
      inBody = true;
      limit(shared_->limits.body);
      if (parser_->expectsContinue() && unread_.empty()) {
        co_await transmit("HTTP/1.1 100 Continue\r\n\r\n", Body(), {});
      }
    }
    bool came = co_await more();
    if (!came) {
      stream_->close();
      co_return false;
    }
  }
  Http1Exchange::Version version{.keepAlive = parser_->keepAlive(), .http10 = parser_->isHttp10()};
  exchange_ = std::make_shared<Http1Exchange>(shared_from_this(), parser_->take(), version);
  if (unread_.empty()) unread_ = std::string();  // an idle connection keeps no buffer
  co_return true;
}

// Whether the connection may carry another request.
Task<bool> HttpConnection::handle() {
  phase_ = Phase::handling;
  limitRequest();
  std::shared_ptr<Http1Exchange> exchange = exchange_;
  try {
    co_await shared_->handler(*exchange);
  } catch (const std::exception& error) {
    const Request& request = exchange->request();
    base::log(base::LogLevel::error, "http",
              request.method + " " + std::string(request.path()) + " failed: " + error.what());
  }
  co_await base::goTo(*strand_);  // a handler that threw may have left it
  exchange->handlerEnded();
  if (!exchange->isAnswered() && !gone()) {
    Response failure = shared_->errorResponse(500);
    co_await exchange->send(std::move(failure));
  }
  // What is upgraded ends with its handler. The answer to a request that took too long may be stuck itself.
  if (exchange->isUpgraded() || writing_) breakOff();
  exchange_ = nullptr;
  co_return exchange->keepAlive();
}

Completion<bool> HttpConnection::transmit(std::string before, Body body, std::string after) {
  Completion<bool> result;
  if (gone() || writing_) {
    result.complete(false);
    return result;
  }
  outgoing_.set(std::move(before), std::move(body), std::move(after));
  writing_ = true;
  written_ = result;
  pump();
  return result;
}

void HttpConnection::pump() {
  bool intact = true;
  for (std::string_view rest = outgoing_.next(); !rest.empty(); rest = outgoing_.next()) {
    ssize_t size = stream_->writeSome(rest.data(), rest.size());
    if (size > 0) {
      outgoing_.took(static_cast<size_t>(size));
      continue;
    }
    if (size == ByteStream::kAgain) {
      if (deadline_->isSet()) limitRequest();
      stream_->whenWritable([self = shared_from_this()] { self->pump(); });
      return;
    }
    intact = false;
    break;
  }
  writing_ = false;
  outgoing_.clear();
  Completion<bool> written = written_;
  if (!intact) breakOff();
  written.complete(intact);
}

void HttpConnection::watchClient() {
  watching_ = true;
  while (unread_.size() < kUnreadLimit) {
    ssize_t size = readInto(unread_, *stream_);
    if (size > 0) continue;
    if (size != ByteStream::kAgain) return breakOff();
    stream_->whenReadable([self = shared_from_this()] {
      if (self->watching_) self->watchClient();
    });
    return;
  }
}

std::shared_ptr<ByteStream> HttpConnection::handOver() {
  if (!unread_.empty()) stream_->putBack(std::exchange(unread_, {}));
  return stream_;
}

void HttpConnection::breakOff() {
  stream_->close();
  if (exchange_) exchange_->tellClosed();
}

void HttpConnection::drain() {
  strand_->post([self = shared_from_this()] {
    self->draining_ = true;
    bool waits = self->phase_ == Phase::idle || self->phase_ == Phase::handshake;
    if (waits || (self->exchange_ && self->exchange_->isUpgraded())) self->stream_->close();
    if (self->exchange_) self->exchange_->tellClosed();
  });
}

void HttpConnection::kill() {
  strand_->post([self = shared_from_this()] { self->breakOff(); });
}

void HttpConnection::limit(std::chrono::milliseconds fromNow) {
  fromNow.count() == 0 ? deadline_->clear() : deadline_->set(fromNow);
}

void HttpConnection::expired() {
  // The handler may still be waiting for someone; what it says then goes nowhere.
  bool answered = phase_ == Phase::handling && exchange_ && exchange_->answerFor(shared_->errorResponse(504));
  if (!answered) breakOff();
}

}  // namespace cleat::http
