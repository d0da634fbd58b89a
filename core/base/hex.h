// Bytes in hexadecimal: hexText("\x01\xab") is "01ab".
#pragma once

#include <string>
#include <string_view>

namespace cleat::base {

enum class HexCase { lower, upper };

// The two digits of one byte, behind what is there.
inline void appendHex(std::string& text, unsigned char byte, HexCase as = HexCase::lower) {
  const char* digits = as == HexCase::lower ? "0123456789abcdef" : "0123456789ABCDEF";
  text += {digits[byte >> 4], digits[byte & 15]};
}

inline std::string hexText(std::string_view bytes, HexCase as = HexCase::lower) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) appendHex(text, static_cast<unsigned char>(byte), as);
  return text;
}

}  // namespace cleat::base
