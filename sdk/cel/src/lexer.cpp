#include "lexer.h"

#include <array>

#include "utf8.h"

namespace cleat::cel {

namespace {

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
int hexDigit(char c) {
  if (isDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

class Lexer {
 public:
  Lexer(std::string_view source, std::vector<Issue>& issues) : source_(source), issues_(issues) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    while (true) {
      skipBlank();
      Token token = next();
      const bool isEnd = token.kind == TokenKind::end;
      if (token.kind != TokenKind::broken) tokens.push_back(std::move(token));
      if (isEnd) return tokens;
    }
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }
  void fail(size_t offset, std::string message) {
    issues_.push_back({static_cast<uint32_t>(offset), std::move(message)});
  }

  void skipBlank() {
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else if (c == '/' && peek(1) == '/') {
        while (at_ < source_.size() && source_[at_] != '\n') ++at_;
      } else {
        return;
      }
    }
  }

  Token token(TokenKind kind, size_t begin) const {
    Token made;
    made.kind = kind;
    made.offset = static_cast<uint32_t>(begin);
    made.written = source_.substr(begin, at_ - begin);
    return made;
  }

  Token next() {
    const size_t begin = at_;
    if (at_ >= source_.size()) return token(TokenKind::end, begin);
    if (startsText()) return text();
    const char c = source_[at_];
    if (isLetter(c)) {
      while (isLetter(peek()) || isDigit(peek())) ++at_;
      return token(TokenKind::name, begin);
    }
    if (isDigit(c) || (c == '.' && isDigit(peek(1)))) return number();
    if (c == '`') return quotedName();
    static constexpr std::array<std::string_view, 6> kPairs{"&&", "||", "==", "!=", "<=", ">="};
    for (std::string_view pair : kPairs) {
      if (source_.substr(at_, 2) != pair) continue;
      at_ += 2;
      return token(TokenKind::sign, begin);
    }
    if (std::string_view("+-*/%<>!?:.,()[]{}").find(c) != std::string_view::npos) {
      ++at_;
      return token(TokenKind::sign, begin);
    }
    return broken(begin, utf8::length(source_, at_));
  }

  Token broken(size_t begin, size_t size) {
    std::string shown;
    for (char c : source_.substr(begin, size)) {
      if (c == '\n')
        shown += "\\n";
      else if (c == '\r')
        shown += "\\r";
      else if (c == '\t')
        shown += "\\t";
      else
        shown += c;
    }
    fail(begin, "Syntax error: token recognition error at: '" + shown + "'");
    at_ = begin + size;
    return token(TokenKind::broken, begin);
  }

  Token quotedName() {
    const size_t begin = at_++;
    while (isLetter(peek()) || isDigit(peek()) || std::string_view(".-/ ").find(peek()) != std::string_view::npos) {
      if (at_ >= source_.size()) break;
      ++at_;
    }
    if (peek() != '`' || at_ == begin + 1) return broken(begin, std::max<size_t>(at_ - begin, 1));
    ++at_;
    Token made = token(TokenKind::quotedName, begin);
    made.content = std::string(made.written.substr(1, made.written.size() - 2));
    return made;
  }

  Token number() {
    const size_t begin = at_;
    bool floating = false;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && hexDigit(peek(2)) >= 0) {
      at_ += 2;
      while (hexDigit(peek()) >= 0) ++at_;
    } else {
      while (isDigit(peek())) ++at_;
      if (peek() == '.' && isDigit(peek(1))) {
        floating = true;
        ++at_;
        while (isDigit(peek())) ++at_;
      }
      const size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
      if ((peek() == 'e' || peek() == 'E') && isDigit(peek(sign))) {
        floating = true;
        at_ += sign;
        while (isDigit(peek())) ++at_;
      }
    }
    std::string content(source_.substr(begin, at_ - begin));
    TokenKind kind = floating ? TokenKind::floating : TokenKind::integer;
    if (!floating && (peek() == 'u' || peek() == 'U')) {
      ++at_;
      kind = TokenKind::unsignedInteger;
    }
    Token made = token(kind, begin);
    made.content = std::move(content);
    return made;
  }

  // Whether a text begins here, perhaps behind r or b.
  bool startsText() const {
    size_t at = 0;
    bool raw = false, bytes = false;
    for (; at < 2; ++at) {
      const char c = peek(at);
      if ((c == 'r' || c == 'R') && !raw)
        raw = true;
      else if ((c == 'b' || c == 'B') && !bytes && !raw)
        bytes = true;
      else
        break;
    }
    return peek(at) == '"' || peek(at) == '\'';
  }

  Token text() {
    const size_t begin = at_;
    bool raw = false, bytes = false;
    for (; peek() != '"' && peek() != '\''; ++at_) {
      if (peek() == 'r' || peek() == 'R')
        raw = true;
      else
        bytes = true;
    }
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    at_ += triple ? 3 : 1;
    const size_t inside = at_;
    if (!findEnd(quote, triple, raw)) {
      const size_t end = at_;
      return broken(begin, std::max<size_t>(end - begin, 1));
    }
    const std::string_view written = source_.substr(inside, at_ - inside);
    at_ += triple ? 3 : 1;
    Token made = token(bytes ? TokenKind::bytes : TokenKind::text, begin);
    if (raw) {
      made.content = std::string(written);
    } else if (!unescape(written, bytes, made.content)) {
      fail(begin, "Syntax error: unable to unescape string");
    }
    return made;
  }

  bool findEnd(char quote, bool triple, bool raw) {
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (c == '\\' && !raw) {
        at_ += 2;
        continue;
      }
      if (!triple && (c == '\n' || c == '\r')) return false;
      if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) return true;
      ++at_;
    }
    at_ = source_.size();
    return false;
  }

  static bool unescape(std::string_view written, bool bytes, std::string& out) {
    for (size_t i = 0; i < written.size();) {
      if (written[i] == '\r') {  // line ends are one thing, however they are written
        out += '\n';
        i += i + 1 < written.size() && written[i + 1] == '\n' ? 2 : 1;
        continue;
      }
      if (written[i] != '\\') {
        out += written[i++];
        continue;
      }
      if (i + 1 >= written.size()) return false;
      const char c = written[i + 1];
      i += 2;
      static constexpr std::string_view kNames = "abfnrtv\\?\"'`", kMeanings = "\a\b\f\n\r\t\v\\?\"'`";
      if (size_t at = kNames.find(c); at != std::string_view::npos) {
        out += kMeanings[at];
        continue;
      }
      if (!unescapeNumber(written, c, i, bytes, out)) return false;
    }
    return true;
  }

  // \x41, \u0041, \U00000041, \101: a byte in bytes, a character in texts.
  static bool unescapeNumber(std::string_view written, char c, size_t& i, bool bytes, std::string& out) {
    size_t digits = 0;
    if (c == 'x' || c == 'X') digits = 2;
    if (c == 'u') digits = 4;
    if (c == 'U') digits = 8;
    uint32_t value = 0;
    if (digits == 0) {
      if (c < '0' || c > '3' || i + 2 > written.size()) return false;
      value = static_cast<uint32_t>(c - '0');
      for (size_t end = i + 2; i < end; ++i) {
        if (written[i] < '0' || written[i] > '7') return false;
        value = value * 8 + static_cast<uint32_t>(written[i] - '0');
      }
    } else {
      if (i + digits > written.size() || (bytes && digits > 2)) return false;
      for (size_t end = i + digits; i < end; ++i) {
        const int digit = hexDigit(written[i]);
        if (digit < 0) return false;
        value = value * 16 + static_cast<uint32_t>(digit);
      }
    }
    if (bytes) {
      out += static_cast<char>(value);
      return true;
    }
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return false;
    utf8::append(out, value);
    return true;
  }

  std::string_view source_;
  std::vector<Issue>& issues_;
  size_t at_ = 0;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source, std::vector<Issue>& issues) { return Lexer(source, issues).run(); }

}  // namespace cleat::cel
