#include "core/object/json/json_fault.h"

#include <cleat/sdk/text.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/object/json/go_text.h"
#include "core/object/json/json_document.h"
#include "core/object/json/json_text.h"

namespace cleat::object {
namespace {

// As Go shows a byte that it did not expect: as the character of that number.
std::string shownByte(char c) {
  if (c == '\'') return "'\\''";
  if (c == '"') return "'\"'";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80)
    return concat("'", std::string{static_cast<char>(0xc0 | byte >> 6), static_cast<char>(0x80 | (byte & 0x3f))}, "'");
  const std::string quoted = goQuoted({&c, 1});
  return concat("'", std::string_view(quoted).substr(1, quoted.size() - 2), "'");
}

class FaultFinder {
 public:
  FaultFinder(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  std::optional<Status> fault() {
    if (value(0)) {
      skipSpace();
      if (at_ != text_.size()) unexpected("after top-level value");
    }
    if (words_.empty()) return std::nullopt;
    return Status::badRequest(concat(words_, place()));
  }

 private:
  // One step of the path to what is being read: a member or, without a name, an element.
  struct Step {
    std::string_view name;
    size_t index;
    bool isMember;
  };

  bool say(std::string words) {
    if (words_.empty()) words_ = std::move(words);
    return false;
  }
  bool wrong(std::string_view why) { return say(concat("json parse error: ", why)); }
  bool unexpected(std::string_view where) {
    if (at_ >= text_.size()) return wrong("unexpected end of JSON input");
    return wrong(concat("invalid character ", shownByte(text_[at_]), " ", where));
  }

  bool isAt(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!isAt(c)) return false;
    ++at_;
    return true;
  }
  void skipSpace() {
    while (isAt(' ') || isAt('\t') || isAt('\r') || isAt('\n')) ++at_;
  }
  bool isDigit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }
  bool digits(std::string_view where) {
    if (!isDigit()) return unexpected(where);
    while (isDigit()) ++at_;
    return true;
  }

  bool value(size_t depth);
  bool array(size_t depth);
  bool object(size_t depth);
  bool member(size_t depth);
  bool number();
  bool literal(std::string_view word);
  bool string(std::string_view& raw);
  bool escape();
  bool codeUnit(unsigned& unit);
  bool deeper(size_t depth);
  std::string place() const;

  const std::string_view text_;
  const Limits& limits_;
  size_t at_ = 0;
  std::vector<Step> steps_;  // stays as it is at the fault
  std::string words_;
};

// A name may be as long as the text, and there may be as many as the text nests.
std::string FaultFinder::place() const {
  constexpr size_t kMostBytes = 512;
  std::string path;
  for (const Step& step : steps_) {
    std::string next = step.isMember ? concat(path.empty() ? "" : ".", step.name) : concat("[", step.index, "]");
    if (path.size() + next.size() > kMostBytes) {
      path += "...";
      break;
    }
    path += next;
  }
  return path.empty() ? path : concat(" at ", path);
}

bool FaultFinder::deeper(size_t depth) {
  return depth < limits_.maxDepth || wrong(concat("nested deeper than the limit of ", limits_.maxDepth));
}

bool FaultFinder::value(size_t depth) {
  skipSpace();
  if (at_ >= text_.size()) return unexpected({});
  std::string_view raw;
  switch (text_[at_]) {
    case '{': return deeper(depth) && object(depth + 1);
    case '[': return deeper(depth) && array(depth + 1);
    case '"': return string(raw);
    case 't': return literal("true");
    case 'f': return literal("false");
    case 'n': return literal("null");
    default: return isDigit() || isAt('-') ? number() : unexpected("looking for beginning of value");
  }
}

bool FaultFinder::array(size_t depth) {
  ++at_;
  skipSpace();
  if (take(']')) return true;
  steps_.push_back({{}, 0, false});
  for (;;) {
    if (!value(depth)) return false;
    skipSpace();
    if (isAt(',') || isAt(']')) {
      if (text_[at_++] == ']') break;
      ++steps_.back().index;
      continue;
    }
    return unexpected("after array element");
  }
  steps_.pop_back();
  return true;
}

bool FaultFinder::object(size_t depth) {
  ++at_;
  skipSpace();
  if (take('}')) return true;
  for (;;) {
    skipSpace();
    if (!member(depth)) return false;
    skipSpace();
    const bool ends = take('}');
    if (!ends && !take(',')) return unexpected("after object key:value pair");
    steps_.pop_back();
    if (ends) return true;
  }
}

// Its name stays the last step, which what comes behind it may be wrong about.
bool FaultFinder::member(size_t depth) {
  std::string_view name;
  if (!isAt('"')) return unexpected("looking for beginning of object key string");
  if (!string(name)) return false;
  steps_.push_back({name, 0, true});
  skipSpace();
  if (!take(':')) return unexpected("after object key");
  return value(depth);
}

bool FaultFinder::literal(std::string_view word) {
  for (const char expected : word) {
    if (!take(expected)) return unexpected(concat("in literal ", word, " (expecting ", shownByte(expected), ")"));
  }
  return true;
}

bool FaultFinder::number() {
  const size_t begin = at_;
  take('-');
  if (!take('0') && !digits("in numeric literal")) return false;
  if (take('.') && !digits("after decimal point in numeric literal")) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (!digits("in exponent of numeric literal")) return false;
  }
  const std::string text(text_.substr(begin, at_ - begin));
  if (std::isfinite(std::strtod(text.c_str(), nullptr))) return true;
  constexpr size_t kMostBytes = 64;
  return say(concat(kUnmarshalNumber, text.size() > kMostBytes ? text.substr(0, kMostBytes) + "..." : text,
                    " into Go value of type float64"));
}

// `raw`: what is between the quotes.
bool FaultFinder::string(std::string_view& raw) {
  const size_t begin = ++at_;
  while (!isAt('"')) {
    if (at_ >= text_.size() || static_cast<unsigned char>(text_[at_]) < 0x20) return unexpected("in string literal");
    if (!take('\\')) {
      ++at_;
    } else if (!escape()) {
      return false;
    }
  }
  raw = text_.substr(begin, at_++ - begin);
  return isUtf8(raw) || wrong("invalid UTF-8 in string literal");
}

bool FaultFinder::codeUnit(unsigned& unit) {
  unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return unexpected("in \\u hexadecimal character escape");
    unit = unit << 4 | static_cast<unsigned>(digit);
  }
  return true;
}

// Behind the backslash.
bool FaultFinder::escape() {
  constexpr unsigned kSurrogates = 0xd800, kSecond = 0xdc00, kEnd = 0xe000;
  if (!take('u')) {
    if (at_ >= text_.size() || std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
      return unexpected("in string escape code");
    }
    ++at_;
    return true;
  }
  unsigned unit = 0;
  if (!codeUnit(unit)) return false;
  if (unit < kSurrogates || unit >= kEnd) return true;
  const bool isFirst = unit < kSecond;
  if (isFirst && take('\\') && take('u')) {
    if (!codeUnit(unit)) return false;
    if (unit >= kSecond && unit < kEnd) return true;
  }
  return wrong("half of a surrogate pair in string literal");
}

}  // namespace

std::optional<Status> faultOf(std::string_view text, const Limits& limits) { return FaultFinder(text, limits).fault(); }

}  // namespace cleat::object
