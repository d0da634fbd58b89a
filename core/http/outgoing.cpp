#include "core/http/outgoing.h"

#include <algorithm>
#include <cstring>

#include "core/base/prefetch.h"

namespace cleat::http {
namespace {
constexpr size_t kRecordBytes = 16384;  // the most that one TLS record holds
constexpr size_t kKeptBytes = 2048;
// So many pieces ahead are asked for, and no more of each than what the processor would not find by itself.
constexpr size_t kPiecesAhead = 8, kBytesAhead = 2048;
constexpr size_t kSmallPiece = 64;  // mostly punctuation, which is at hand
}  // namespace

void Outgoing::set(std::string before, Body body, std::string after) {
  before_ = std::move(before);
  body_ = std::move(body);
  after_ = std::move(after);
  left_ = before_.size() + body_.size() + after_.size();
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
  const std::string_view piece = body_.piece(index - 1);
  if (piece.size() > kSmallPiece) base::prefetch(piece.data(), std::min(piece.size(), kBytesAhead));
}

std::string_view Outgoing::part(size_t most) {
  const std::string_view all = segment(segment_);
  const std::string_view part = all.substr(offset_, most);
  left_ -= part.size();
  offset_ += part.size();
  if (offset_ == all.size()) {
    ++segment_;
    offset_ = 0;
    prefetchPiece(segment_ + kPiecesAhead);
  }
  return part;
}

void Outgoing::fill() {
  current_ = {};
  while (left_ > 0 && segment(segment_).empty()) ++segment_;
  if (left_ == 0) return;
  if (const size_t rest = segment(segment_).size() - offset_; rest >= kRecordBytes) {
    current_ = part(rest / kRecordBytes * kRecordBytes);
    return;
  }
  // The library of g++ 12 gives the function the size of what it has reserved, not the one that it was asked for.
  const size_t size = std::min(kRecordBytes, left_);
  chunk_.resize_and_overwrite(size, [this, size](char* to, size_t) {
    for (size_t filled = 0; filled < size;) {
      const std::string_view next = part(size - filled);
      std::memcpy(to + filled, next.data(), next.size());
      filled += next.size();
    }
    return size;
  });
  current_ = chunk_;
}

}  // namespace cleat::http
