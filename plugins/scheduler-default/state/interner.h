// Texts as small numbers: each different text gets the next one, and keeps it.
#pragma once

#include <cleat/sdk/text_table.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::scheduling {

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
