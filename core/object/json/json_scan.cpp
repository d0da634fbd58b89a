// Checks that text is one JSON value, without building it: for fields that hold raw JSON and are passed through.
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string>

#include "core/object/json/json_text.h"

namespace cleat::object {

namespace {

class Scanner {
 public:
  Scanner(std::string_view text, size_t maxDepth) : at_(text.data()), end_(at_ + text.size()), maxDepth_(maxDepth) {}

  bool document() {
    if (!value(0)) return false;
    skipSpace();
    return at_ == end_;
  }

 private:
  void skipSpace() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    if (static_cast<size_t>(end_ - at_) < expected.size()) return false;
    if (std::string_view(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  bool digits() {
    const char* begin = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }

  bool number() {
    const char* begin = at_;
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    const bool hasExponent = take('e') || take('E');
    if (hasExponent && !exponent()) return false;
    // Of others only those with hundreds of digits can be beyond the range of a double.
    constexpr ptrdiff_t kManyDigits = 300;
    if (!hasExponent && at_ - begin <= kManyDigits) return true;
    return std::isfinite(std::strtod(std::string(begin, at_).c_str(), nullptr));
  }
  // Not longer than the parser takes.
  bool exponent() {
    constexpr ptrdiff_t kMostDigits = 9;
    if (!take('+')) take('-');
    const char* zeros = at_;
    while (take('0')) {
    }
    const char* begin = at_;
    return (digits() || begin != zeros) && at_ - begin <= kMostDigits;
  }

  bool string() {
    if (!take('"')) return false;
    const char* begin = at_;
    while (at_ != end_ && *at_ != '"') {
      unsigned char c = static_cast<unsigned char>(*at_++);
      if (c < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    std::string_view content(begin, static_cast<size_t>(at_ - begin));
    return take('"') && isUtf8(content);
  }
  bool escape() {
    if (at_ == end_) return false;
    char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    unsigned unit = 0, low = 0;
    if (!codeUnit(unit)) return false;
    // Half a surrogate pair is no character.
    if (unit >= 0xdc00 && unit <= 0xdfff) return false;
    if (unit < 0xd800 || unit > 0xdbff) return true;
    return word("\\u") && codeUnit(low) && low >= 0xdc00 && low <= 0xdfff;
  }
  bool codeUnit(unsigned& unit) {
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == end_ || !std::isxdigit(static_cast<unsigned char>(*at_))) return false;
      unsigned char digit = static_cast<unsigned char>(*at_);
      unit = unit * 16 + static_cast<unsigned>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    return true;
  }

  bool value(size_t depth) {
    skipSpace();
    if (at_ == end_) return false;
    switch (*at_) {
      case '{': return depth < maxDepth_ && members(depth + 1);
      case '[': return depth < maxDepth_ && elements(depth + 1);
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }
  bool members(size_t depth) {
    ++at_;
    skipSpace();
    if (take('}')) return true;
    do {
      skipSpace();
      if (!string()) return false;
      skipSpace();
      if (!take(':') || !value(depth)) return false;
      skipSpace();
    } while (take(','));
    return take('}');
  }
  bool elements(size_t depth) {
    ++at_;
    skipSpace();
    if (take(']')) return true;
    do {
      if (!value(depth)) return false;
      skipSpace();
    } while (take(','));
    return take(']');
  }

  const char* at_;
  const char* end_;
  size_t maxDepth_;
};

}  // namespace

bool isJson(std::string_view text, size_t maxDepth) { return Scanner(text, maxDepth).document(); }

}  // namespace cleat::object
