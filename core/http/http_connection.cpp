#include "core/http/http_connection.h"

#include <charconv>

#include "core/http/response_head.h"
#include "core/base/log.h"

namespace cleat::http {
namespace {

constexpr size_t kRecordBytes = 16384;  // the most that one TLS record holds
constexpr size_t kUnreadLimit = 64u << 10;
// Then others have their turn, and the stack is taken down: without optimization one coroutine that goes on into another does
// not leave it.
constexpr int kRequestsPerTurn = 8;
constexpr size_t kLingerBytes = 16u << 20;
constexpr std::chrono::milliseconds kLingerTime{2000};

// Outside of the coroutines, so that the buffer is not a part of their frames.
ssize_t readInto(std::string& unread, ByteStream& stream) {
  thread_local char scratch[kRecordBytes];
  ssize_t size = stream.readSome(scratch, sizeof scratch);
  if (size > 0) unread.append(scratch, static_cast<size_t>(size));
  return size;
}

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<const ConnectionShared> shared, int socket, std::string remoteAddress)
    : shared_(std::move(shared)),
      strand_(shared_->executor.makeStrand()),
      stream_(SocketStream::make(shared_->executor, strand_, socket, shared_->tls, SocketStream::Side::server)),
      remoteAddress_(std::move(remoteAddress)) {}

HttpConnection::~HttpConnection() = default;

std::shared_ptr<HttpConnection> HttpConnection::start(std::shared_ptr<const ConnectionShared> shared, int socket,
                                                      std::string remoteAddress, std::function<void()> freed) {
  auto end = [freed = std::move(freed)](HttpConnection* connection) {
    delete connection;
    freed();
  };
  std::shared_ptr<HttpConnection> made(new HttpConnection(std::move(shared), socket, std::move(remoteAddress)),
                                       std::move(end));
  made->strand_->post([made] { spawn(run(made)); });
  return made;
}

Task<void> HttpConnection::run(std::shared_ptr<HttpConnection> self) {
  try {
    co_await self->serve();
  } catch (const std::exception& error) {
    base::log(base::LogLevel::error, "api", std::string("a connection ended with ") + error.what());
  }
  self->deadline_ = 0;
  if (self->timer_) self->shared_->executor.cancelTimer(self->timer_);
  self->timer_ = 0;
  self->onClosed_ = nullptr;
  self->stream_->close();
}

// Goes to the back of the executor's line: a client that has the next request there before this one is answered would
// otherwise keep a thread to itself.
struct HttpConnection::NextTurn {
  HttpConnection& connection;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    connection.requestsInTurn_ = 0;
    connection.shared_->executor.post([strand = connection.strand_, waiting] {
      strand->dispatch([waiting] { waiting.resume(); });
    });
  }
  void await_resume() const {}
};

Task<void> HttpConnection::serve() {
  setDeadline(shared_->limits.handshake);
  Result<void> shaken = co_await stream_->handshake();
  if (!shaken) {
    if (base::logs(base::LogLevel::debug)) {
      base::log(base::LogLevel::debug, "api", remoteAddress_ + ": " + shaken.error().message);
    }
    co_return;
  }
  if (stream_->session()) certificates_ = peerCertificates(stream_->session());
  for (;;) {
    bool whole = co_await readRequest();
    if (!whole) break;
    co_await handle();
    if (answer_ == Answer::takenOver || gone_) co_return;
    if (++requestsInTurn_ >= kRequestsPerTurn) co_await NextTurn{*this};
    if (!keepAlive_ || draining_) break;
  }
  if (gone_) co_return;
  stream_->finish();
  if (parser_->state() == RequestParser::State::failed) co_await linger();
}

// A client that is still sending when the connection is reset might lose the answer that says why: takes a while what comes.
Task<void> HttpConnection::linger() {
  setDeadline(kLingerTime);
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
  answer_ = Answer::none;
  phase_ = Phase::idle;
  setDeadline(shared_->limits.idle);
  bool inBody = false;
  for (;;) {
    if (!unread_.empty()) {
      if (phase_ == Phase::idle) setDeadline(shared_->limits.head);
      phase_ = Phase::reading;
      unread_.erase(0, parser_->feed(unread_));
    }
    RequestParser::State state = parser_->state();
    if (state == RequestParser::State::done) break;
    if (state == RequestParser::State::failed) {
      phase_ = Phase::handling;
      keepAlive_ = false;
      Response refusal = shared_->errorResponse(parser_->failureCode());
      co_await send(std::move(refusal));
      co_return false;
    }
    if (state == RequestParser::State::body && !inBody) {
      inBody = true;
      setDeadline(shared_->limits.body);
      if (parser_->expectsContinue() && unread_.empty()) {
        co_await transmit("HTTP/1.1 100 Continue\r\n\r\n", Body(), {});
      }
    }
    bool came = co_await more();
    if (!came) {
      gone_ = true;
      co_return false;
    }
  }
  keepAlive_ = parser_->keepAlive();
  http10_ = parser_->isHttp10();
  request_ = parser_->take();
  request_.remoteAddress = remoteAddress_;
  if (unread_.empty()) unread_ = std::string();  // an idle connection keeps no buffer
  co_return true;
}

Task<void> HttpConnection::handle() {
  phase_ = Phase::handling;
  longRunning_ = false;
  setDeadline(shared_->limits.request);
  try {
    co_await shared_->handler(*this);
  } catch (const std::exception& error) {
    base::log(base::LogLevel::error, "api",
              request_.method + " " + std::string(request_.path()) + " failed: " + error.what());
  }
  co_await hop();
  onClosed_ = nullptr;
  watching_ = false;
  if (answer_ == Answer::none && !gone_) {
    Response failure = shared_->errorResponse(500);
    co_await send(std::move(failure));
  }
  if (answer_ == Answer::streaming) abort();
  if (writing_) abort();  // the answer to a request that took too long is stuck itself
  request_ = Request();
}

std::string HttpConnection::headText(const ResponseHead& head, Framing framing, size_t length) {
  if (draining_) keepAlive_ = false;
  ResponseHeadForm form;
  form.framing = framing;
  form.length = length;
  form.http10 = http10_;
  form.keepAlive = keepAlive_;
  form.wallNs = shared_->executor.wallNow();
  return responseHeadText(head, form);
}

Completion<bool> HttpConnection::send(Response response) {
  if (answer_ != Answer::none || gone_) return transmit({}, Body(), {});
  answer_ = Answer::whole;
  std::string head = headText(response.head, Framing::length, response.body.size());
  if (request_.method == "HEAD") response.body = Body();
  return transmit(std::move(head), std::move(response.body), {});
}

Completion<bool> HttpConnection::begin(ResponseHead head) {
  if (answer_ != Answer::none || gone_) return transmit({}, Body(), {});
  answer_ = Answer::streaming;
  if (http10_) keepAlive_ = false;
  setLongRunning();
  watchClient();
  return transmit(headText(head, http10_ ? Framing::untilClose : Framing::chunked, 0), Body(), {});
}

Completion<bool> HttpConnection::write(Body chunk) {
  if (answer_ != Answer::streaming || gone_) return transmit({}, Body(), {});
  if (http10_ || chunk.empty()) return transmit({}, std::move(chunk), {});
  char size[24];
  char* sizeEnd = std::to_chars(size, size + sizeof size - 2, chunk.size(), 16).ptr;
  *sizeEnd++ = '\r';
  *sizeEnd++ = '\n';
  return transmit(std::string(size, sizeEnd), std::move(chunk), "\r\n");
}

Completion<bool> HttpConnection::end() {
  if (answer_ != Answer::streaming || gone_) return transmit({}, Body(), {});
  answer_ = Answer::ended;
  watching_ = false;
  longRunning_ = false;
  setDeadline(shared_->limits.request);
  return transmit(http10_ ? std::string() : "0\r\n\r\n", Body(), {});
}

void HttpConnection::abort() {
  keepAlive_ = false;
  clientGone();
}

void HttpConnection::onClosed(base::Work work) {
  onClosed_ = std::move(work);
  if (closed() && onClosed_) std::exchange(onClosed_, nullptr)();
}

void HttpConnection::setLongRunning() {
  longRunning_ = true;
  setDeadline({});
}

std::shared_ptr<ByteStream> HttpConnection::takeOver(std::string& unread) {
  answer_ = Answer::takenOver;
  watching_ = false;
  setLongRunning();
  unread = std::exchange(unread_, {});
  return stream_;
}

Completion<bool> HttpConnection::transmit(std::string before, Body body, std::string after) {
  if (gone_ || writing_ || (answer_ != Answer::streaming && before.empty() && !http10_)) {
    Completion<bool> refused;
    refused.complete(false);
    return refused;
  }
  before_ = std::move(before);
  body_ = std::move(body);
  after_ = std::move(after);
  segment_ = offset_ = 0;
  writing_ = true;
  written_ = Completion<bool>();
  Completion<bool> result = written_;
  pump();
  return result;
}

std::string_view HttpConnection::segment(size_t index) const {
  if (index == 0) return before_;
  if (index <= body_.pieceCount()) return body_.piece(index - 1);
  return after_;
}

// The next bytes to write into `current_`: large pieces as they are, small ones together up to a record.
bool HttpConnection::nextChunk() {
  chunk_.clear();
  while (segment_ < body_.pieceCount() + 2) {
    std::string_view rest = segment(segment_).substr(offset_);
    if (chunk_.empty() && rest.size() >= kRecordBytes) {
      current_ = rest.substr(0, rest.size() / kRecordBytes * kRecordBytes);
      offset_ += current_.size();
      return true;
    }
    std::string_view part = rest.substr(0, kRecordBytes - chunk_.size());
    chunk_ += part;
    offset_ += part.size();
    if (part.size() == rest.size()) {
      ++segment_;
      offset_ = 0;
    }
    if (chunk_.size() == kRecordBytes) break;
  }
  current_ = chunk_;
  return !current_.empty();
}

void HttpConnection::pump() {
  bool intact = true;
  while (!current_.empty() || nextChunk()) {
    ssize_t size = stream_->writeSome(current_.data(), current_.size());
    if (size > 0) {
      current_.remove_prefix(static_cast<size_t>(size));
      continue;
    }
    if (size == ByteStream::kAgain) {
      if (!longRunning_) setDeadline(shared_->limits.request);
      auto self = shared_from_this();
      stream_->whenWritable([self] { self->pump(); });
      return;
    }
    intact = false;
    break;
  }
  writing_ = false;
  current_ = {};
  body_ = Body();
  before_.clear();
  after_.clear();
  if (chunk_.capacity() > 2048) chunk_ = std::string();
  Completion<bool> written = written_;
  if (!intact) clientGone();
  written.complete(intact);
}

// While an answer streams out, whatever comes in is kept for later; that nothing can come any more is what we look for.
void HttpConnection::watchClient() {
  watching_ = true;
  while (unread_.size() < kUnreadLimit) {
    ssize_t size = readInto(unread_, *stream_);
    if (size > 0) continue;
    if (size != ByteStream::kAgain) return clientGone();
    auto self = shared_from_this();
    stream_->whenReadable([self] {
      if (self->watching_) self->watchClient();
    });
    return;
  }
}

void HttpConnection::clientGone() {
  gone_ = true;
  keepAlive_ = false;
  stream_->close();
  if (onClosed_) std::exchange(onClosed_, nullptr)();
}

void HttpConnection::drain() {
  auto self = shared_from_this();
  strand_->post([self] {
    self->draining_ = true;
    bool waits = self->phase_ == Phase::idle || self->phase_ == Phase::handshake;
    if (waits || self->answer_ == Answer::takenOver) self->stream_->close();
    if (self->onClosed_) std::exchange(self->onClosed_, nullptr)();
  });
}

void HttpConnection::kill() {
  auto self = shared_from_this();
  strand_->post([self] { self->clientGone(); });
}

void HttpConnection::setDeadline(std::chrono::milliseconds fromNow) {
  if (fromNow.count() == 0) {
    deadline_ = 0;
    return;
  }
  deadline_ = shared_->executor.now() + std::chrono::nanoseconds(fromNow).count();
  if (timer_ == 0 || timerAt_ > deadline_) armTimer();
}

void HttpConnection::armTimer() {
  if (timer_) shared_->executor.cancelTimer(timer_);
  timerAt_ = deadline_;
  std::weak_ptr<HttpConnection> weak = weak_from_this();
  timer_ = shared_->executor.after(std::chrono::nanoseconds(deadline_ - shared_->executor.now()), [weak] {
    auto self = weak.lock();
    if (self) self->strand_->dispatch([self] { self->expired(); });
  });
}

void HttpConnection::expired() {
  timer_ = 0;
  if (deadline_ == 0) return;
  if (shared_->executor.now() < deadline_) return armTimer();
  if (phase_ == Phase::handling && answer_ == Answer::none) {
    // The handler may still be waiting for someone; what it says then goes nowhere.
    keepAlive_ = false;
    (void)send(shared_->errorResponse(504));
    return;
  }
  clientGone();
}

}  // namespace cleat::http
