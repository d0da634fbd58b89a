#include "core/http/body.h"

namespace cleat::http {

void Body::text(std::string_view bytes) {
  if (bytes.empty()) return;
  if (pieces_.empty() || pieces_.back().shared != nullptr) pieces_.push_back({nullptr, text_.size(), 0});
  pieces_.back().size += bytes.size();
  text_ += bytes;
  size_ += bytes.size();
}

void Body::own(std::string text) {
  if (!pieces_.empty()) return this->text(text);
  if (text.empty()) return;
  text_ = std::move(text);
  size_ = text_.size();
  pieces_.push_back({nullptr, 0, size_});
}

bool Body::append(std::string_view bytes, const void* thing) {
  refer(bytes);
  return !bytes.empty() && (kept_.empty() || kept_.back().thing() != thing);
}

void Body::share(std::shared_ptr<const std::string> keep) {
  refer(*keep);
  hold(std::move(keep));
}

std::string Body::flat() const {
  std::string all;
  all.reserve(size_);
  for (size_t i = 0; i < pieceCount(); ++i) all += piece(i);
  return all;
}

}  // namespace cleat::http
