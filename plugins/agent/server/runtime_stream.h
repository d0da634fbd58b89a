// The other end of an exec or attach: the runtime's Unix socket with its frames (StreamResults in role/runtime.capnp
// says how they look). Reads one frame at a time, when asked; writes one at a time. Network thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <array>
#include <functional>
#include <string>

namespace cleat::agent {

enum class FrameChannel : unsigned char { input = 0, output = 1, error = 2, result = 3, resize = 4 };

class RuntimeStream {
 public:
  using ErrorCode = boost::system::error_code;

  explicit RuntimeStream(boost::asio::any_io_executor executor) : socket_(executor) {}

  void connect(const std::string& path, std::function<void(ErrorCode)> then);
  // The next frame, or a part of a longer one with the same channel. The text is valid until the next call.
  void read(std::function<void(ErrorCode, FrameChannel, std::string_view)> then);
  // `then` is called when it is written. Not before the write before it has ended.
  void write(FrameChannel channel, std::string_view bytes, std::function<void(ErrorCode)> then);
  void close();

 private:
  void readBody(std::function<void(ErrorCode, FrameChannel, std::string_view)> then);

  boost::asio::local::stream_protocol::socket socket_;
  std::array<unsigned char, 5> head_{};
  FrameChannel channel_{};
  size_t left_ = 0;  // of the frame that is being read
  std::string in_, out_;
};

}  // namespace cleat::agent
