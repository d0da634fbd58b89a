// Characters of texts. Private to the library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::cel::utf8 {

// How many bytes the character at `at` takes; 1 where there is none.
inline size_t length(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const size_t size = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  if (at + size > text.size()) return 1;
  for (size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return 1;
  }
  return size;
}

// 0xfffd where there is none.
inline uint32_t decode(std::string_view text, size_t at, size_t size) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[at + i])); };
  if (size == 1) return byte(0) < 0x80 ? byte(0) : 0xfffd;
  uint32_t value = byte(0) & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; ++i) value = (value << 6) | (byte(i) & 0x3f);
  return value;
}

inline void append(std::string& out, uint32_t character) {
  if (character < 0x80) {
    out += static_cast<char>(character);
  } else if (character < 0x800) {
    out += static_cast<char>(0xc0 | (character >> 6));
    out += static_cast<char>(0x80 | (character & 0x3f));
  } else if (character < 0x10000) {
    out += static_cast<char>(0xe0 | (character >> 12));
    out += static_cast<char>(0x80 | ((character >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (character & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (character >> 18));
    out += static_cast<char>(0x80 | ((character >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((character >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (character & 0x3f));
  }
}

inline bool valid(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const size_t size = length(text, i);
    if (size == 1 && static_cast<unsigned char>(text[i]) >= 0x80) return false;
    const uint32_t character = decode(text, i, size);
    if ((size == 3 && character < 0x800) || (size == 4 && (character < 0x10000 || character > 0x10ffff))) return false;
    if (character >= 0xd800 && character < 0xe000) return false;
    i += size;
  }
  return true;
}

// Where each character begins, and the end.
inline std::vector<size_t> boundaries(std::string_view text) {
  std::vector<size_t> at;
  at.reserve(text.size() + 1);
  for (size_t i = 0; i < text.size(); i += length(text, i)) at.push_back(i);
  at.push_back(text.size());
  return at;
}

}  // namespace cleat::cel::utf8
