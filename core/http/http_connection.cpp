#include "core/http/http_connection.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/base/on_strand.h"
#include "core/http/http1_exchange.h"

namespace cleat::http {
namespace {

constexpr size_t kUnreadLimit = 64u << 10;
constexpr size_t kSkippedBytes = 64u << 10;
// Then others have their turn, and the stack is taken down: without optimization one coroutine that goes on into
// another does not leave it.
constexpr int kRequestsPerTurn = 8;
constexpr size_t kLingerBytes = 16u << 20;
constexpr std::chrono::milliseconds kLingerTime{2000};

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<const ConnectionShared> shared, AcceptedSocket accepted)
    : shared_(std::move(shared)), strand_(shared_->executor.makeStrand()),
      stream_(
          SocketStream::make(shared_->executor, strand_, accepted.socket, shared_->tls, SocketStream::Side::server)),
      origin_(accepted.from.origin()), place_(std::move(accepted.place)) {
  peer_.address = accepted.from.text();
}

HttpConnection::~HttpConnection() = default;

std::shared_ptr<HttpConnection> HttpConnection::start(std::shared_ptr<const ConnectionShared> shared,
                                                      AcceptedSocket accepted, std::function<void()> freed) {
  auto end = [freed = std::move(freed)](HttpConnection* connection) {
    delete connection;
    freed();
  };
  std::shared_ptr<HttpConnection> made(new HttpConnection(std::move(shared), std::move(accepted)), std::move(end));
  std::weak_ptr<HttpConnection> weak = made;
  made->deadline_ = Deadline::make(made->shared_->executor, made->strand_, [weak] {
    if (auto self = weak.lock()) self->expired();
  });
  made->place_->onPutOut([weak] {
    if (auto self = weak.lock()) self->kill();
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

void HttpConnection::setKnown() {
  if (!place_) return;
  place_.reset();
  if (shared_->turns) shared_->turns->forgive(origin_, stream_->handshakeNs());
}

Task<void> HttpConnection::serve() {
  limit(shared_->limits.handshake);
  Result<void> shaken = co_await stream_->handshake(shared_->turns, origin_);
  if (!shaken) {
    if (base::logs(base::LogLevel::debug)) {
      base::log(base::LogLevel::debug, "http", peer_.address + ": " + shaken.error().message);
    }
    if (shared_->onFailedHandshake) shared_->onFailedHandshake();
    co_return;
  }
  if (stream_->session()) peer_.certificates = peerCertificates(stream_->session());
  if (place_) place_->moved();
  for (;;) {
    bool came = co_await readHead();
    if (!came) break;
    bool goesOn = co_await handle();
    if (gone()) co_return;
    // A client that has the next request there before this one is answered would otherwise keep a thread to itself.
    if (++requestsInTurn_ >= kRequestsPerTurn) {
      requestsInTurn_ = 0;
      co_await base::nextTurn(shared_->executor, strand_);
    }
    if (!goesOn || draining_) break;
  }
  if (gone()) co_return;
  stream_->finish();
  if (parser_->state() != RequestParser::State::done) co_await linger();
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
  // Who has just been answered has hardly asked anew: it takes less to wait than to be told so first.
  bool worthATry = phase_ != Phase::idle || stream_->mayHoldMore();
  for (;; worthATry = true) {
    ssize_t size = worthATry ? stream_->readInto(unread_) : ByteStream::kAgain;
    if (size > 0) co_return true;
    if (size != ByteStream::kAgain) co_return false;
    requestsInTurn_ = 0;
    co_await stream_->readable();
    if (std::exchange(late_, false)) co_return false;
  }
}

Task<bool> HttpConnection::readHead() {
  parser_ = std::make_unique<RequestParser>(shared_->limits.message);
  phase_ = Phase::idle;
  limited_ = unhurried_ = unreadable_ = false;
  limit(place_ ? std::min(shared_->limits.head, shared_->limits.idle) : shared_->limits.idle);
  for (;;) {
    if (!unread_.empty()) {
      if (phase_ == Phase::idle) limit(shared_->limits.head);
      phase_ = Phase::reading;
      unread_.erase(0, parser_->feed(unread_));
    }
    RequestParser::State state = parser_->state();
    if (state == RequestParser::State::failed) co_return co_await refuse(parser_->failureCode());
    if (!mayHold(unread_.size() + parser_->bodyBytes())) co_return co_await refuse(429);
    if (state != RequestParser::State::head) break;
    bool came = co_await more();
    if (!came) {
      stream_->close();
      co_return false;
    }
  }
  Http1Exchange::Version version{.keepAlive = parser_->keepAlive(), .http10 = parser_->isHttp10()};
  exchange_ = std::make_shared<Http1Exchange>(shared_from_this(), parser_->takeHead(), version);
  awaitsContinue_ = parser_->expectsContinue() && unread_.empty();
  if (place_ && !place_->beginRequest()) co_return co_await refuse(429);
  if (unread_.empty()) unread_ = std::string();  // an idle connection keeps no buffer
  co_return true;
}

// What the handler is not asked about, or cannot have. False, for the connection does not go on after it.
Task<bool> HttpConnection::refuse(int code) {
  phase_ = Phase::handling;
  unreadable_ = true;
  (void)parser_->takeBody();
  (void)mayHold(0);
  if (!exchange_) {
    exchange_ =
        std::make_shared<Http1Exchange>(shared_from_this(), Request(), Http1Exchange::Version{.keepAlive = false});
  }
  Response refusal = shared_->errorResponse(code);
  co_await exchange_->answerFor(std::move(refusal));
  co_return false;
}

Task<bool> HttpConnection::readBody() {
  if (parser_->state() == RequestParser::State::done) co_return true;
  phase_ = Phase::body;
  if (std::exchange(awaitsContinue_, false)) co_await transmit("HTTP/1.1 100 Continue\r\n\r\n", Body(), {});
  int64_t begunAt = shared_->executor.now();
  bool came = !gone(), fits = true;
  while (came && fits && parser_->state() == RequestParser::State::body) {
    limitTransfer(begunAt, parser_->bodyBytes());
    came = co_await more();
    unread_.erase(0, parser_->feed(unread_));
    fits = mayHold(unread_.size() + parser_->bodyBytes());
  }
  phase_ = Phase::handling;
  limited_ ? limitRequest() : liftLimit();
  if (parser_->state() == RequestParser::State::done) co_return true;
  unreadable_ = true;
  if (parser_->state() == RequestParser::State::failed) co_return co_await refuse(parser_->failureCode());
  if (!fits) co_return co_await refuse(429);
  if (!exchange_->isAnswered()) breakOff();
  co_return false;
}

bool HttpConnection::canSkipBody() const {
  return parser_->state() == RequestParser::State::done ||
         (!unreadable_ && !awaitsContinue_ && parser_->bodyBytesLeft() <= kSkippedBytes);
}

// A body that the handler did not want is in the way of the next request.
Task<bool> HttpConnection::skipBody() {
  if (!canSkipBody()) co_return false;
  limit(shared_->limits.head);
  while (parser_->state() == RequestParser::State::body) {
    bool came = co_await more();
    if (!came) co_return false;
    unread_.erase(0, parser_->feed(unread_));
  }
  co_return parser_->state() == RequestParser::State::done;
}

// Whether the connection may carry another request.
Task<bool> HttpConnection::handle() {
  phase_ = Phase::handling;
  requestUntil_ = 0;
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
  if (place_) place_->endRequest();
  if (gone() || !exchange->keepAlive()) co_return false;
  co_return co_await skipBody();
}

Completion<bool> HttpConnection::transmit(std::string before, Body body, std::string after) {
  Completion<bool> result;
  if (gone() || writing_) {
    result.complete(false);
    return result;
  }
  outgoing_.set(std::move(before), std::move(body), std::move(after));
  writing_ = true;
  writingSince_ = shared_->executor.now();
  writtenBytes_ = 0;
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
      writtenBytes_ += static_cast<uint64_t>(size);
      continue;
    }
    if (size == ByteStream::kAgain) {
      waitedToWrite_ = true;
      if (!unhurried_) limitTransfer(writingSince_, writtenBytes_);
      stream_->whenWritable([self = shared_from_this()] { self->pump(); });
      return;
    }
    intact = false;
    break;
  }
  writing_ = false;
  if (std::exchange(waitedToWrite_, false)) limited_ ? limitRequest() : liftLimit();
  outgoing_.clear();
  Completion<bool> written = written_;
  if (!intact) breakOff();
  written.complete(intact);
}

void HttpConnection::watchClient() {
  watching_ = true;
  while (unread_.size() < kUnreadLimit) {
    ssize_t size = stream_->readInto(unread_);
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

void HttpConnection::limitRequest() {
  limited_ = true;
  if (requestUntil_ == 0) return limit(shared_->limits.request);
  const std::chrono::nanoseconds left(std::max<int64_t>(requestUntil_ - shared_->executor.now(), 1));
  const std::chrono::nanoseconds most = shared_->limits.request;
  deadline_->set(most.count() == 0 ? left : std::min(left, most));
}

void HttpConnection::limitRequestTo(std::chrono::nanoseconds fromNow) {
  requestUntil_ = shared_->executor.now() + fromNow.count();
  if (limited_) limitRequest();
}

void HttpConnection::liftLimit() {
  limited_ = false;
  if (!writing_) deadline_->clear();
}

// For bytes that come or go since then, of which so many have: until when more must have followed.
void HttpConnection::limitTransfer(int64_t begunAt, uint64_t bytes) {
  const ConnectionLimits& limits = shared_->limits;
  std::chrono::nanoseconds stall = limits.stall, earned{0};
  // More than a day of it is no limit.
  constexpr double kMostEarnedNs = 86'400e9;
  if (limits.bytesPerSecond > 0) {
    double ns = static_cast<double>(bytes) * 1e9 / static_cast<double>(limits.bytesPerSecond);
    earned = std::chrono::nanoseconds(static_cast<int64_t>(std::min(ns, kMostEarnedNs)));
  }
  std::chrono::nanoseconds passed(shared_->executor.now() - begunAt);
  deadline_->set(std::clamp(stall + earned - passed, std::chrono::nanoseconds(0), stall));
}

void HttpConnection::expired() {
  // The handler may still be waiting for someone; what it says then goes nowhere.
  bool handling = phase_ == Phase::handling || phase_ == Phase::body;
  if (!handling || !exchange_ || exchange_->isAnswered()) return breakOff();
  (void)exchange_->answerFor(shared_->errorResponse(phase_ == Phase::body ? 408 : 504));
  if (phase_ != Phase::body) return;
  late_ = true;
  stream_->wakeReader();
}

}  // namespace cleat::http
