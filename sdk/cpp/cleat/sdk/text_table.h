// TextTable and TextSet: by texts, without an order, and looked at with any text: no std::string is made to look.
//
//   TextTable<Pod> pods;
//   if (auto found = pods.find(object.uid()); found != pods.end()) …
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace cleat {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class V>
using TextTable = std::unordered_map<std::string, V, TextHash, std::equal_to<>>;
using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

}  // namespace cleat
