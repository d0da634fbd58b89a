#include "core/http/response_reader.h"

namespace cleat::http {
namespace {

constexpr size_t kReadBytes = 16384;

// Outside of the coroutine, so that the buffer is not a part of its frame.
ssize_t readInto(std::string& text, SocketStream& stream) {
  thread_local char scratch[kReadBytes];
  ssize_t size = stream.readSome(scratch, sizeof scratch);
  if (size > 0) text.append(scratch, static_cast<size_t>(size));
  return size;
}

}  // namespace

Task<void> ResponseReader::more() {
  while (!over()) {
    ssize_t size = readInto(unparsed_, *stream_);
    if (size == ByteStream::kAgain) {
      co_await stream_->readable();
      continue;
    }
    if (size > 0) {
      unparsed_.erase(0, parser_.feed(unparsed_, body));
    } else {
      ended_ = true;
      if (size == ByteStream::kEnd) parser_.feedEnd();
    }
    co_return;
  }
}

std::string ResponseReader::failure() const {
  return parser_.failed() && !ended_ ? parser_.failure() : stream_->failure();
}

}  // namespace cleat::http
