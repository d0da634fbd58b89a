#include "server/runtime_stream.h"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

namespace cleat::agent {
namespace {

namespace asio = boost::asio;

constexpr size_t kPart = 32 * 1024;

}  // namespace

void RuntimeStream::connect(const std::string& path, std::function<void(ErrorCode)> then) {
  socket_.async_connect(asio::local::stream_protocol::endpoint(path), std::move(then));
}

void RuntimeStream::read(std::function<void(ErrorCode, FrameChannel, std::string_view)> then) {
  if (left_ > 0) return readBody(std::move(then));
  asio::async_read(socket_, asio::buffer(head_), [this, then = std::move(then)](ErrorCode error, size_t) mutable {
    if (error) return then(error, {}, {});
    channel_ = static_cast<FrameChannel>(head_[0]);
    left_ = static_cast<size_t>(head_[1]) << 24 | static_cast<size_t>(head_[2]) << 16 |
            static_cast<size_t>(head_[3]) << 8 | head_[4];
    if (left_ == 0) return then({}, channel_, {});
    readBody(std::move(then));
  });
}

void RuntimeStream::readBody(std::function<void(ErrorCode, FrameChannel, std::string_view)> then) {
  in_.resize(std::min(left_, kPart));
  asio::async_read(socket_, asio::buffer(in_), [this, then = std::move(then)](ErrorCode error, size_t got) {
    left_ -= got;
    then(error, channel_, in_);
  });
}

void RuntimeStream::write(FrameChannel channel, std::string_view bytes, std::function<void(ErrorCode)> then) {
  out_.clear();
  out_ += static_cast<char>(channel);
  for (int shift = 24; shift >= 0; shift -= 8) out_ += static_cast<char>(bytes.size() >> shift & 0xff);
  out_ += bytes;
  asio::async_write(socket_, asio::buffer(out_), [then = std::move(then)](ErrorCode error, size_t) { then(error); });
}

void RuntimeStream::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace cleat::agent
