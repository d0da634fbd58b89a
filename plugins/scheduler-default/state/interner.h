// Texts as small numbers: each different text gets the next one, and keeps it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cleat::scheduling {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class V>
using TextTable = std::unordered_map<std::string, V, TextHash, std::equal_to<>>;

class Interner {
 public:
  uint32_t id(std::string_view text) {
    if (auto found = ids_.find(text); found != ids_.end()) return found->second;
    const auto id = static_cast<uint32_t>(texts_.size());
    texts_.emplace_back(text);
    ids_.emplace(text, id);
    return id;
  }
  const std::string& text(uint32_t id) const { return texts_[id]; }
  size_t size() const { return texts_.size(); }

 private:
  TextTable<uint32_t> ids_;
  std::vector<std::string> texts_;
};

}  // namespace cleat::scheduling
