// Body: the bytes of a response as a row of pieces. Punctuation and small texts are copied into it; what is there
// already (a stored text, a cached document) is referred to and kept alive, so that a list of ten thousand objects
// copies none of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/ref.h"

namespace cleat::http {

class Body {
 public:
  Body() = default;
  explicit Body(std::string text) { own(std::move(text)); }

  // Copies.
  void text(std::string_view bytes);
  // Takes the text over; only on an empty body is that free of a copy.
  void own(std::string text);
  // `bytes` are a part of what `keep` holds; it is held until the body is gone.
  template <class T>
  void share(Ref<T> keep, std::string_view bytes) {
    if (append(bytes, keep.get())) kept_.emplace_back(std::move(keep));
  }
  void share(std::shared_ptr<const std::string> keep);
  // Bytes that are constant, or a part of what the body holds.
  void refer(std::string_view bytes) {
    if (bytes.empty()) return;
    pieces_.push_back({bytes.data(), 0, bytes.size()});
    size_ += bytes.size();
  }
  void hold(std::shared_ptr<const void> things) { held_.push_back(std::move(things)); }
  // For how many pieces there is room.
  void reserve(size_t pieces) { pieces_.reserve(pieces); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t pieceCount() const { return pieces_.size(); }
  std::string_view piece(size_t index) const {
    const Piece& piece = pieces_[index];
    return {piece.shared != nullptr ? piece.shared : text_.data() + piece.offset, piece.size};
  }
  // All of it in one string.
  std::string flat() const;

 private:
  // A reference to a thing whose type only `letGo_` knows.
  class Kept {
   public:
    template <class T>
    explicit Kept(Ref<T> thing)
        : thing_(thing.detach()), letGo_([](const void* held) { Ref<const T>::adopt(static_cast<const T*>(held)); }) {}
    Kept(Kept&& other) noexcept : thing_(std::exchange(other.thing_, nullptr)), letGo_(other.letGo_) {}
    Kept& operator=(Kept&& other) noexcept {
      std::swap(thing_, other.thing_);
      std::swap(letGo_, other.letGo_);
      return *this;
    }
    ~Kept() {
      if (thing_) letGo_(thing_);
    }
    const void* thing() const { return thing_; }

   private:
    const void* thing_;
    void (*letGo_)(const void*);
  };
  // True if `thing` must be kept for it, and is not yet as the last one was.
  bool append(std::string_view bytes, const void* thing);

  struct Piece {
    const char* shared;  // null: at `offset` in text_
    size_t offset, size;
  };
  size_t size_ = 0;
  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<Kept> kept_;
  std::vector<std::shared_ptr<const void>> held_;
};

}  // namespace cleat::http
