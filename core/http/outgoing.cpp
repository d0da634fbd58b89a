#include "core/http/outgoing.h"

#include <algorithm>

#include "core/base/prefetch.h"

namespace cleat::http {
namespace {
constexpr size_t kRecordBytes = 16384;  // the most that one TLS record holds
constexpr size_t kKeptBytes = 2048;
// So many pieces ahead are asked for, and no more of each than what the processor would not find by itself.
constexpr size_t kPiecesAhead = 8, kBytesAhead = 2048;
}  // namespace

void Outgoing::set(std::string before, Body body, std::string after) {
  before_ = std::move(before);
  body_ = std::move(body);
  after_ = std::move(after);
  segment_ = offset_ = 0;
  current_ = {};
}

std::string_view Outgoing::next() {
  if (current_.empty()) fill();
  return current_;
}

void Outgoing::clear() {
  set({}, Body(), {});
  if (chunk_.capacity() > kKeptBytes) chunk_ = std::string();
}

std::string_view Outgoing::segment(size_t index) const {
  if (index == 0) return before_;
  if (index <= body_.pieceCount()) return body_.piece(index - 1);
  return after_;
}

void Outgoing::prefetchPiece(size_t index) const {
  if (index > body_.pieceCount()) return;
  const std::string_view piece = segment(index);
  base::prefetch(piece.data(), std::min(piece.size(), kBytesAhead));
}

void Outgoing::fill() {
  chunk_.clear();
  while (segment_ < body_.pieceCount() + 2) {
    std::string_view rest = segment(segment_).substr(offset_);
    if (chunk_.empty() && rest.size() >= kRecordBytes) {
      current_ = rest.substr(0, rest.size() / kRecordBytes * kRecordBytes);
      offset_ += current_.size();
      return;
    }
    std::string_view part = rest.substr(0, kRecordBytes - chunk_.size());
    chunk_ += part;
    offset_ += part.size();
    if (part.size() == rest.size()) {
      ++segment_;
      offset_ = 0;
      prefetchPiece(segment_ + kPiecesAhead);
    }
    if (chunk_.size() == kRecordBytes) break;
  }
  current_ = chunk_;
}

}  // namespace cleat::http
