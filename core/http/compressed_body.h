// CompressedBody: a large body on its way to who takes it compressed, a part at a time: it is never there compressed as
// a whole, and no thread is kept for long by one.
#pragma once

#include <string>

#include "core/http/body.h"
#include "core/http/gzip_stream.h"
#include "core/http/http_message.h"

namespace cleat::http {

class CompressedBody {
 public:
  explicit CompressedBody(Body body) : body_(std::move(body)) {}

  // Whether the answer is one that is worth it, and wanted so.
  static bool suits(const Request& request, const Response& response);

  // Compresses a little more. True when there is as much as is sent at once, or nothing is left.
  bool step();
  bool ended() const { return ended_; }
  // What there is to send.
  std::string take() { return std::exchange(out_, {}); }

 private:
  Body body_;
  GzipStream stream_;
  std::string out_;
  size_t piece_ = 0, offset_ = 0;
  bool ended_ = false;
};

}  // namespace cleat::http
