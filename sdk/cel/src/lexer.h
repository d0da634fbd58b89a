// The words of an expression, one after the other. Private to the library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cleat/cel/source.h"

namespace cleat::cel {

enum class TokenKind : uint8_t { end, name, quotedName, integer, unsignedInteger, floating, text, bytes, sign, broken };

struct Token {
  TokenKind kind = TokenKind::end;
  uint32_t offset = 0;
  std::string_view written;
  std::string content;  // of texts and bytes, without escapes; of numbers without their suffix

  bool isSign(std::string_view sign) const { return kind == TokenKind::sign && written == sign; }
  bool isWord(std::string_view word) const { return kind == TokenKind::name && written == word; }
};

// All of them, ending with one of kind `end`. What is none is told, and left out.
std::vector<Token> tokenize(std::string_view source, std::vector<Issue>& issues);

}  // namespace cleat::cel
