#include "streams/frame_connection.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace cleat::runtime {

void FrameConnection::start(std::shared_ptr<void> session, Events events) {
  events_ = std::move(events);
  fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  reactor_.watch(socket_.get(), EPOLLIN, [this, session = std::move(session)](uint32_t ready) {
    // A session may close this connection, and with it itself, in any of these.
    if (ready & EPOLLOUT) flush();
    if (open() && (ready & (EPOLLIN | EPOLLHUP | EPOLLERR))) receive();
  });
}

void FrameConnection::updateInterest() {
  if (!open()) return;
  reactor_.change(socket_.get(),
                  (held_ || finishing_ ? 0u : uint32_t(EPOLLIN)) | (sent_ < out_.size() ? uint32_t(EPOLLOUT) : 0u));
}

void FrameConnection::send(Channel channel, std::string_view bytes) {
  if (!open() || finishing_) return;
  appendFrame(out_, channel, bytes);
  flush();
}

void FrameConnection::flush() {
  while (open() && sent_ < out_.size()) {
    ssize_t count = ::send(socket_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {
      close();
      events_.gone();
      return;
    }
    sent_ += size_t(count);
  }
  if (!open()) return;
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
    if (finishing_) {
      shutdown(socket_.get(), SHUT_WR);
      close();
      return;
    }
    events_.drained();
  } else if (sent_ > kFull) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  updateInterest();
}

void FrameConnection::receive() {
  char buffer[32768];
  ssize_t count = recv(socket_.get(), buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  auto take = [&](Channel channel, std::string_view bytes) {
    if (open()) events_.frame(channel, bytes);
  };
  bool fine = count > 0 && (finishing_ || reader_.feed({buffer, size_t(count)}, take));
  if (fine || !open()) return;
  close();
  events_.gone();
}

void FrameConnection::hold(bool held) {
  if (held == held_) return;
  held_ = held;
  updateInterest();
}

void FrameConnection::finish(std::string_view resultJson) {
  if (!open() || finishing_) return;
  appendFrame(out_, Channel::result, resultJson);
  finishing_ = true;
  flush();
}

void FrameConnection::close() {
  if (!open()) return;
  reactor_.forget(socket_.get());
  socket_.reset();
}

}  // namespace cleat::runtime
