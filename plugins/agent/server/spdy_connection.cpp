#include "server/spdy_connection.h"

#include <utility>
#include <vector>

namespace cleat::agent {
namespace {

constexpr size_t kMostUntaken = 1u << 20;
constexpr size_t kMostStreams = 1024;
constexpr uint32_t kRefusedStream = 3;
constexpr uint32_t kCancel = 5;

}  // namespace

void SpdyStream::read(std::function<void(std::string)> then) {
  reader_ = std::move(then);
  deliver();
}

void SpdyStream::deliver() {
  if (!reader_ || (waiting_.empty() && !ended_)) return;
  std::string bytes = std::exchange(waiting_, {});
  auto reader = std::exchange(reader_, nullptr);
  auto connection = connection_.lock();
  if (connection && !bytes.empty()) connection->taken(bytes.size());
  reader(std::move(bytes));
}

void SpdyStream::write(std::string_view bytes, std::function<void(bool)> then) {
  auto connection = connection_.lock();
  if (!connection || finished_) return then(false);
  connection->send(connection->codec_.data(id_, bytes, false), std::move(then));
}

void SpdyStream::finish() {
  auto connection = connection_.lock();
  if (!connection || std::exchange(finished_, true)) return;
  connection->send(connection->codec_.data(id_, {}, true), [](bool) {});
  if (ended_) connection->streams_.erase(id_);
}

void SpdyStream::reset() {
  auto connection = connection_.lock();
  if (!connection || std::exchange(finished_, true)) return;
  connection->send(connection->codec_.rstStream(id_, kCancel), [](bool) {});
  connection->streams_.erase(id_);
}

void SpdyConnection::readMore() {
  link_->read([self = shared_from_this()](ErrorCode error, std::string_view bytes) {
    if (error) return self->end();
    self->take(bytes);
  });
}

void SpdyConnection::take(std::string_view bytes) {
  while (!over_) {
    auto frame = codec_.decode(std::exchange(bytes, {}));
    if (!frame) return end();
    if (!*frame) break;
    takeFrame(std::move(**frame));
  }
  if (over_) return;
  if (untaken_ > kMostUntaken) {
    paused_ = true;
  } else {
    readMore();
  }
}

void SpdyConnection::takeFrame(SpdyFrame frame) {
  if (frame.type == SpdyFrame::Type::synStream) return open(std::move(frame));
  if (frame.type == SpdyFrame::Type::ping) return send(codec_.ping(frame.stream), [](bool) {});
  if (frame.type == SpdyFrame::Type::goAway) return;  // no more streams; those there are go on
  auto found = streams_.find(frame.stream);
  if (found == streams_.end()) return;
  SpdyStreamPtr stream = found->second;
  if (frame.type == SpdyFrame::Type::data) {
    stream->waiting_ += frame.bytes;
    untaken_ += frame.bytes.size();
  }
  bool broken = frame.type == SpdyFrame::Type::rstStream;
  if (frame.fin || broken) stream->ended_ = true;
  if (broken) stream->finished_ = true;
  if (stream->ended_ && stream->finished_) streams_.erase(frame.stream);
  stream->deliver();
}

void SpdyConnection::open(SpdyFrame frame) {
  if (streams_.size() >= kMostStreams || streams_.contains(frame.stream)) {
    return send(codec_.rstStream(frame.stream, kRefusedStream), [](bool) {});
  }
  auto stream = std::make_shared<SpdyStream>(weak_from_this(), frame.stream, std::move(frame.headers));
  stream->ended_ = frame.fin;
  streams_[frame.stream] = stream;
  send(codec_.synReply(frame.stream, {}), [](bool) {});
  auto opened = opened_;  // it may end the connection
  if (opened) opened(std::move(stream));
}

void SpdyConnection::send(std::string bytes, std::function<void(bool)> then) {
  if (over_) return then(false);
  out_.push_back({std::move(bytes), std::move(then)});
  writeNext();
}

void SpdyConnection::writeNext() {
  if (writing_ || over_) return;
  if (out_.empty()) {
    if (closing_) end();
    return;
  }
  writing_ = true;
  link_->write(out_.front().bytes, [self = shared_from_this()](ErrorCode error) {
    self->writing_ = false;
    if (error) return self->end();
    auto then = std::move(self->out_.front().then);
    self->out_.pop_front();
    then(true);
    self->writeNext();
  });
}

void SpdyConnection::taken(size_t bytes) {
  untaken_ -= bytes;
  if (!paused_ || untaken_ > kMostUntaken) return;
  paused_ = false;
  readMore();
}

void SpdyConnection::close() {
  closing_ = true;
  writeNext();
}

void SpdyConnection::end() {
  if (std::exchange(over_, true)) return;
  auto self = shared_from_this();
  link_->close();
  // Bytes that a write still reads from stay until it has ended.
  std::deque<Outgoing> unsent;
  while (out_.size() > (writing_ ? 1u : 0u)) {
    unsent.push_back(std::move(out_.back()));
    out_.pop_back();
  }
  auto streams = std::exchange(streams_, {});
  for (auto& [id, stream] : streams) {
    stream->ended_ = stream->finished_ = true;
    stream->deliver();
  }
  for (auto& outgoing : unsent) outgoing.then(false);
  opened_ = nullptr;
  if (ended_) std::exchange(ended_, nullptr)();
}

}  // namespace cleat::agent
