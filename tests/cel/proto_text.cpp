#include "tests/cel/proto_text.h"

#include <cstdio>
#include <cstdlib>

namespace cleat::cel::test {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  ProtoMessage message(char end) {
    ProtoMessage message;
    while (true) {
      skip();
      if (at_ >= text_.size() || text_[at_] == end) break;
      ProtoMessage::Field field;
      field.name = name();
      skip();
      const bool colon = at_ < text_.size() && text_[at_] == ':';
      if (colon) ++at_;
      skip();
      if (text_[at_] == '{' || text_[at_] == '<') {
        const char close = text_[at_] == '{' ? '}' : '>';
        ++at_;
        field.message = std::make_shared<ProtoMessage>(this->message(close));
        ++at_;
      } else {
        field.scalar = scalar();
      }
      message.fields.push_back(std::move(field));
      skip();
      if (at_ < text_.size() && (text_[at_] == ',' || text_[at_] == ';')) ++at_;
    }
    return message;
  }

 private:
  void skip() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r') {
        ++at_;
      } else {
        return;
      }
    }
  }

  std::string name() {
    const size_t begin = at_;
    if (text_[at_] == '[') {
      at_ = text_.find(']', at_) + 1;
    } else {
      while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    }
    if (at_ == begin) {
      std::fprintf(stderr, "no field name at %zu: %.40s\n", at_, std::string(text_.substr(at_)).c_str());
      std::abort();
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string scalar() {
    if (text_[at_] != '"' && text_[at_] != '\'') {
      const size_t end = text_.find_first_of(" \n\t\r,;}>#", at_);
      std::string word(text_.substr(at_, end - at_));
      at_ = end;
      return word;
    }
    std::string all;
    while (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      appendQuoted(all);
      skip();
    }
    return all;
  }

  void appendQuoted(std::string& out) {
    const char quote = text_[at_++];
    while (text_[at_] != quote) {
      if (text_[at_] != '\\') {
        out += text_[at_++];
        continue;
      }
      const char c = text_[at_ + 1];
      at_ += 2;
      static constexpr std::string_view kNames = "abfnrtv\\?\"'", kMeanings = "\a\b\f\n\r\t\v\\?\"'";
      if (size_t known = kNames.find(c); known != std::string_view::npos) {
        out += kMeanings[known];
      } else if (c == 'x') {
        appendDigits(out, 2, 16);
      } else if (c == 'u' || c == 'U') {
        appendCharacter(out, c == 'u' ? 4 : 8);
      } else {
        --at_;
        appendDigits(out, 3, 8);
      }
    }
    ++at_;
  }

  void appendDigits(std::string& out, size_t most, int base) {
    size_t size = 0;
    while (size < most && std::isxdigit(static_cast<unsigned char>(text_[at_ + size])) &&
           (base == 16 || text_[at_ + size] < '8')) {
      ++size;
    }
    out += static_cast<char>(std::stoi(std::string(text_.substr(at_, size)), nullptr, base));
    at_ += size;
  }

  void appendCharacter(std::string& out, size_t size) {
    const auto value = static_cast<uint32_t>(std::stoul(std::string(text_.substr(at_, size)), nullptr, 16));
    at_ += size;
    if (value < 0x80) {
      out += static_cast<char>(value);
    } else if (value < 0x800) {
      out += static_cast<char>(0xc0 | (value >> 6));
      out += static_cast<char>(0x80 | (value & 0x3f));
    } else if (value < 0x10000) {
      out += static_cast<char>(0xe0 | (value >> 12));
      out += static_cast<char>(0x80 | ((value >> 6) & 0x3f));
      out += static_cast<char>(0x80 | (value & 0x3f));
    } else {
      out += static_cast<char>(0xf0 | (value >> 18));
      out += static_cast<char>(0x80 | ((value >> 12) & 0x3f));
      out += static_cast<char>(0x80 | ((value >> 6) & 0x3f));
      out += static_cast<char>(0x80 | (value & 0x3f));
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

ProtoMessage readProtoText(std::string_view text) { return Reader(text).message('\0'); }

}  // namespace cleat::cel::test
