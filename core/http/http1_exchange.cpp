#include "core/http/http1_exchange.h"

#include <charconv>

#include "core/base/on_strand.h"
#include "core/http/compressed_body.h"

namespace cleat::http {
namespace {

Completion<bool> refused() {
  Completion<bool> no;
  no.complete(false);
  return no;
}

std::string upgradeText(const Headers& fields, std::string_view lines) {
  std::string text = "HTTP/1.1 101 Switching Protocols\r\n";
  for (size_t i = 0; i < fields.count(); ++i) {
    auto [name, value] = fields.at(i);
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
  }
  text += lines;
  return text + "\r\n";
}

// What comes before the bytes of a chunk.
std::string chunkHead(size_t bytes) {
  char size[24];
  char* end = std::to_chars(size, size + sizeof size - 2, bytes, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return std::string(size, end);
}

}  // namespace

std::string Http1Exchange::headText(const ResponseHead& head, Framing framing, size_t length) {
  // What is left of the body would be in the way of the next request.
  if (connection_->draining() || !connection_->canSkipBody()) version_.keepAlive = false;
  ResponseHeadForm form;
  form.framing = framing;
  form.length = length;
  form.http10 = version_.http10;
  form.keepAlive = version_.keepAlive;
  form.lines = headLines_;
  form.wallNs = connection_->executor().wallNow();
  return responseHeadText(head, form);
}

Task<bool> Http1Exchange::readBody() {
  auto self = shared_from_this();
  bool whole = co_await connection_->readBody();
  if (whole) request_.body = connection_->takeBody();
  co_return whole;
}

Completion<bool> Http1Exchange::send(Response response) {
  if (mayNot(Progress::none)) return refused();
  progress_ = Progress::whole;
  code_ = response.head.status;
  if (!version_.http10 && CompressedBody::suits(request_, response)) {
    Completion<bool> done;
    spawn(sendCompressed(shared_from_this(), std::move(response)), [done](bool sent) mutable { done.complete(sent); });
    return done;
  }
  std::string head = headText(response.head, Framing::length, response.body.size());
  if (request_.method == "HEAD") response.body = Body();
  return connection_->transmit(std::move(head), std::move(response.body), {});
}

Task<bool> Http1Exchange::sendCompressed(std::shared_ptr<Http1Exchange> self, Response response) {
  HttpConnection& connection = *self->connection_;
  CompressedBody body(std::move(response.body));
  response.head.headers.emplace_back("Content-Encoding", "gzip");
  response.head.headers.emplace_back("Vary", "Accept-Encoding");
  std::string head;
  for (bool isFirst = true;; isFirst = false) {
    while (!body.step()) co_await base::nextTurn(connection.executor(), connection.strand());
    std::string part = body.take();
    const bool isWhole = isFirst && body.ended();
    if (isFirst) head = self->headText(response.head, isWhole ? Framing::length : Framing::chunked, part.size());
    std::string after;
    if (!isWhole) {
      head += chunkHead(part.size());
      after = body.ended() ? "\r\n0\r\n\r\n" : "\r\n";
    }
    std::string before = std::move(head);
    head.clear();
    Body chunk(std::move(part));
    const bool sent = co_await connection.transmit(std::move(before), std::move(chunk), std::move(after));
    if (!sent || body.ended()) co_return sent;
    co_await base::nextTurn(connection.executor(), connection.strand());
  }
}

Completion<bool> Http1Exchange::begin(ResponseHead head) {
  if (mayNot(Progress::none)) return refused();
  progress_ = Progress::streaming;
  code_ = head.status;
  if (version_.http10) version_.keepAlive = false;
  setLongRunning();
  connection_->watchClient();
  return connection_->transmit(headText(head, version_.http10 ? Framing::untilClose : Framing::chunked, 0), Body(), {});
}

Completion<bool> Http1Exchange::write(Body chunk) {
  if (mayNot(Progress::streaming)) return refused();
  if (version_.http10 || chunk.empty()) return connection_->transmit({}, std::move(chunk), {});
  std::string head = chunkHead(chunk.size());
  return connection_->transmit(std::move(head), std::move(chunk), "\r\n");
}

Completion<bool> Http1Exchange::end() {
  if (mayNot(Progress::streaming)) return refused();
  progress_ = Progress::ended;
  connection_->unwatchClient();
  connection_->limitRequest();
  return connection_->transmit(version_.http10 ? std::string() : "0\r\n\r\n", Body(), {});
}

void Http1Exchange::abort() {
  aborted_ = true;
  version_.keepAlive = false;
  connection_->breakOff();
}

void Http1Exchange::onClosed(base::Work work) {
  onClosed_ = std::move(work);
  if (closed()) tellClosed();
}

void Http1Exchange::tellClosed() {
  if (onClosed_) std::exchange(onClosed_, nullptr)();
}

Task<std::shared_ptr<ByteStream>> Http1Exchange::upgrade(Headers fields) {
  auto self = shared_from_this();
  if (mayNot(Progress::none)) co_return nullptr;
  progress_ = Progress::upgraded;
  code_ = 101;
  setLongRunning();
  bool sent = co_await connection_->transmit(upgradeText(fields, headLines_), Body(), {});
  if (!sent) co_return nullptr;
  co_return connection_->handOver();
}

Completion<bool> Http1Exchange::answerFor(Response response) {
  if (progress_ != Progress::none) return refused();
  version_.keepAlive = false;
  return send(std::move(response));
}

void Http1Exchange::handlerEnded() {
  headLines_ = {};
  onClosed_ = nullptr;
  connection_->unwatchClient();
  if (progress_ == Progress::streaming) abort();
}

}  // namespace cleat::http
