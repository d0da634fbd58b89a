// Body: the bytes of a response as a row of pieces. Punctuation and small texts are copied into it; what is stored already (an
// object's JSON, a cached document) is referred to and kept alive, so that a list of ten thousand objects copies none of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/object.h"

namespace cleat::api {

class Body {
 public:
  Body() = default;
  explicit Body(std::string text) { own(std::move(text)); }

  // Copies.
  void text(std::string_view bytes);
  // Takes the text over; only on an empty body is that free of a copy.
  void own(std::string text);
  // `bytes` are a part of what `keep` holds.
  void share(object::ObjectRef keep, std::string_view bytes);
  void share(std::shared_ptr<const std::string> keep);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t pieceCount() const { return pieces_.size(); }
  std::string_view piece(size_t index) const;
  // All of it in one string.
  std::string flat() const;

 private:
  struct Piece {
    const char* shared;  // null: at `offset` in text_
    size_t offset, size;
  };
  size_t size_ = 0;
  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<object::ObjectRef> objects_;
  std::vector<std::shared_ptr<const std::string>> documents_;
};

}  // namespace cleat::api
