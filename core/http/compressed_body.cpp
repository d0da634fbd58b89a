#include "core/http/compressed_body.h"

#include <algorithm>

namespace cleat::http {
namespace {

constexpr size_t kWorthIt = 128u << 10;  // below it compressing costs more than it saves (as Kubernetes)
constexpr size_t kStep = 128u << 10;     // a millisecond or two
constexpr size_t kChunk = 64u << 10;

}  // namespace

bool CompressedBody::suits(const Request& request, const Response& response) {
  return response.head.mayCompress && response.body.size() > kWorthIt && request.method != "HEAD" &&
         request.headers.hasToken("Accept-Encoding", "gzip");
}

bool CompressedBody::step() {
  for (size_t left = kStep; left > 0 && piece_ < body_.pieceCount();) {
    const std::string_view part = body_.piece(piece_).substr(offset_, left);
    stream_.add(part, out_);
    left -= part.size();
    offset_ += part.size();
    if (offset_ < body_.piece(piece_).size()) continue;
    ++piece_;
    offset_ = 0;
  }
  if (piece_ == body_.pieceCount() && !ended_) {
    stream_.finish(out_);
    ended_ = true;
  }
  return ended_ || out_.size() >= kChunk;
}

}  // namespace cleat::http
