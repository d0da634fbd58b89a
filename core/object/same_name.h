// sameName(): whether two short names are equal, without a call. Names of fields are compared for every field that is
// read. Private to core/object.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace cleat::object {

inline bool sameName(std::string_view a, std::string_view b) {
  const size_t size = a.size();
  if (size != b.size()) return false;
  const char *left = a.data(), *right = b.data();
  auto same = [&]<class Word>(Word, size_t at) {
    Word one, other;
    std::memcpy(&one, left + at, sizeof(Word));
    std::memcpy(&other, right + at, sizeof(Word));
    return one == other;
  };
  if (size >= 8) {
    for (size_t at = 0; at + 8 < size; at += 8) {
      if (!same(uint64_t{}, at)) return false;
    }
    return same(uint64_t{}, size - 8);
  }
  if (size >= 4) return same(uint32_t{}, 0) && same(uint32_t{}, size - 4);
  if (size >= 2) return same(uint16_t{}, 0) && same(uint16_t{}, size - 2);
  return size == 0 || *left == *right;
}

}  // namespace cleat::object
