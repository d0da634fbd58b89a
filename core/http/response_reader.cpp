#include "core/http/response_reader.h"

namespace cleat::http {

Task<void> ResponseReader::more() {
  while (!over()) {
    ssize_t size = stream_->readInto(unparsed_);
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
