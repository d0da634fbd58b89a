#include "core/object/schema/schema_comments.h"

#include <algorithm>
#include <tuple>

namespace cleat::object {

void SchemaComments::append(uint64_t typeId, uint32_t member, capnp::Text::Reader comment) {
  std::string_view text(comment.cStr(), comment.size());
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (text.empty()) return;
  uint32_t begin = static_cast<uint32_t>(text_.size());
  text_.append(text);
  // Comments are wrapped for reading in the schema; what is shown wraps by itself.
  std::replace(text_.begin() + begin, text_.end(), '\n', ' ');
  entries_.push_back({typeId, member, begin, static_cast<uint32_t>(text.size())});
}

void SchemaComments::finish() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.typeId, a.member) < std::tie(b.typeId, b.member); });
  entries_.shrink_to_fit();
  text_.shrink_to_fit();
}

std::string_view SchemaComments::find(uint64_t typeId, uint32_t member) const {
  auto it = std::lower_bound(entries_.begin(), entries_.end(), std::tie(typeId, member),
                             [](const Entry& a, const auto& key) { return std::tie(a.typeId, a.member) < key; });
  if (it == entries_.end() || it->typeId != typeId || it->member != member) return {};
  return std::string_view(text_).substr(it->begin, it->size);
}

}  // namespace cleat::object
