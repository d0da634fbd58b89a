#include "core/object/json/json_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace cleat::object {

namespace {

// The length of the valid UTF-8 sequence at the start of `text`, whose first byte is beyond ASCII; 0 if there is none.
size_t utf8Sequence(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  unsigned char first = byte(0);
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if ((first & 0xf0) == 0xe0) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0;  // overlong
    if (first == 0xed && byte(1) > 0x9f) return 0;  // surrogates
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

void appendEscape(TextBuffer& out, unsigned char c) {
  switch (c) {
    case '"': return out.append("\\\"");
    case '\\': return out.append("\\\\");
    case '\n': return out.append("\\n");
    case '\r': return out.append("\\r");
    case '\t': return out.append("\\t");
    case '\b': return out.append("\\b");
    case '\f': return out.append("\\f");
    default: break;
  }
  static constexpr char kHex[] = "0123456789abcdef";
  char escape[] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
  out.append(std::string_view(escape, sizeof(escape)));
}

}  // namespace

TextBuffer::~TextBuffer() { std::free(begin_); }

void TextBuffer::grow(size_t size) {
  size_t used = this->size();
  size_t capacity = std::max<size_t>({4096, static_cast<size_t>(end_ - begin_) * 2, used + size});
  char* moved = static_cast<char*>(std::realloc(begin_, capacity));
  if (!moved) throw std::bad_alloc();
  begin_ = moved;
  at_ = moved + used;
  end_ = moved + capacity;
}

void TextBuffer::trim(size_t keepBytes) {
  if (static_cast<size_t>(end_ - begin_) <= keepBytes) return;
  std::free(begin_);
  begin_ = at_ = end_ = nullptr;
}

void appendJsonString(TextBuffer& out, std::string_view text) {
  // Room for the usual case in one step: nothing to escape.
  out.reserve(text.size() + 2);
  out.append('"');
  while (true) {
    size_t plain = plainPrefix(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    unsigned char c = static_cast<unsigned char>(text[0]);
    size_t length = 1;
    if (c < 0x80) {
      appendEscape(out, c);
    } else if (size_t sequence = utf8Sequence(text)) {
      out.append(text.substr(0, sequence));
      length = sequence;
    } else {
      out.append("\xef\xbf\xbd");
    }
    text.remove_prefix(length);
  }
  out.append('"');
}

void appendInteger(TextBuffer& out, int64_t value) {
  char* at = out.reserve(24);
  out.advance(static_cast<size_t>(std::to_chars(at, at + 24, value).ptr - at));
}

void appendUnsigned(TextBuffer& out, uint64_t value) {
  char* at = out.reserve(24);
  out.advance(static_cast<size_t>(std::to_chars(at, at + 24, value).ptr - at));
}

void appendDouble(TextBuffer& out, double value) {
  if (!std::isfinite(value)) return out.append('0');
  double size = std::fabs(value);
  bool scientific = size != 0 && (size < 1e-6 || size >= 1e21);
  char text[400];
  char* end = std::to_chars(text, text + sizeof(text), value,
                            scientific ? std::chars_format::scientific : std::chars_format::fixed)
                  .ptr;
  std::string_view view(text, static_cast<size_t>(end - text));
  // 1e-09 is written 1e-9.
  size_t exponent = view.find("e-0");
  if (exponent != std::string_view::npos) {
    out.append(view.substr(0, exponent + 2));
    out.append(view.substr(exponent + 3));
  } else {
    out.append(view);
  }
}

void appendBase64(TextBuffer& out, std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char* to = out.reserve((bytes.size() + 2) / 3 * 4);
  size_t at = 0;
  auto byte = [&](size_t i) { return uint32_t{static_cast<unsigned char>(bytes[i])}; };
  for (; at + 3 <= bytes.size(); at += 3) {
    uint32_t group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    *to++ = kDigits[group >> 18];
    *to++ = kDigits[group >> 12 & 63];
    *to++ = kDigits[group >> 6 & 63];
    *to++ = kDigits[group & 63];
  }
  if (size_t rest = bytes.size() - at) {
    uint32_t group = byte(at) << 16 | (rest == 2 ? byte(at + 1) << 8 : 0);
    *to++ = kDigits[group >> 18];
    *to++ = kDigits[group >> 12 & 63];
    *to++ = rest == 2 ? kDigits[group >> 6 & 63] : '=';
    *to++ = '=';
  }
  out.advance((bytes.size() + 2) / 3 * 4);
}

bool decodeBase64(std::string_view text, char* out, size_t& size, size_t& badAt) {
  static constexpr std::array<int8_t, 256> kValues = [] {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < digits.size(); ++i) values[static_cast<unsigned char>(digits[i])] = static_cast<int8_t>(i);
    return values;
  }();
  uint32_t group = 0;
  int digits = 0;
  char* begin = out;
  size_t at = 0;
  auto skipBreaks = [&] {
    while (at < text.size() && (text[at] == '\n' || text[at] == '\r')) ++at;
  };
  for (skipBreaks(); at < text.size() && text[at] != '='; skipBreaks()) {
    int value = kValues[static_cast<unsigned char>(text[at])];
    badAt = at;
    if (value < 0) return false;
    ++at;
    group = group << 6 | static_cast<uint32_t>(value);
    if (++digits == 4) {
      *out++ = static_cast<char>(group >> 16);
      *out++ = static_cast<char>(group >> 8);
      *out++ = static_cast<char>(group);
      group = 0;
      digits = 0;
    }
  }
  badAt = at;
  if (digits == 1) return false;
  if (digits > 1) {
    *out++ = static_cast<char>(digits == 2 ? group >> 4 : group >> 10);
    if (digits == 3) *out++ = static_cast<char>(group >> 2);
    for (; digits < 4; ++digits) {
      skipBreaks();
      badAt = at;
      if (at >= text.size() || text[at] != '=') return false;
      ++at;
    }
  }
  skipBreaks();
  badAt = at;
  size = static_cast<size_t>(out - begin);
  return at == text.size();
}

void appendValue(TextBuffer& out, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return out.append("null");
    case boost::json::kind::bool_: return out.append(value.get_bool() ? "true" : "false");
    case boost::json::kind::int64: return appendInteger(out, value.get_int64());
    case boost::json::kind::uint64: return appendUnsigned(out, value.get_uint64());
    case boost::json::kind::double_: return appendDouble(out, value.get_double());
    case boost::json::kind::string: return appendJsonString(out, value.get_string());
    case boost::json::kind::array: {
      out.append('[');
      for (const boost::json::value& element : value.get_array()) {
        if (out.back() != '[') out.append(',');
        appendValue(out, element);
      }
      return out.append(']');
    }
    case boost::json::kind::object: {
      out.append('{');
      bool first = true;
      for (const auto& [name, member] : value.get_object()) {
        if (!first) out.append(',');
        first = false;
        appendJsonString(out, name);
        out.append(':');
        appendValue(out, member);
      }
      return out.append('}');
    }
  }
}

std::string jsonText(const boost::json::value& value) {
  TextBuffer out;
  appendValue(out, value);
  return std::string(out.view());
}

bool isUtf8(std::string_view text) {
  // Most texts are nothing but ASCII, which is seen eight bytes at a time.
  constexpr uint64_t kHighBits = 0x8080808080808080;
  while (!text.empty()) {
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      size_t at = 0;
      uint64_t eight;
      while (at + sizeof eight <= text.size()) {
        std::memcpy(&eight, text.data() + at, sizeof eight);
        if ((eight & kHighBits) != 0) break;
        at += sizeof eight;
      }
      while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
      text.remove_prefix(at);
      continue;
    }
    size_t sequence = utf8Sequence(text);
    if (sequence == 0) return false;
    text.remove_prefix(sequence);
  }
  return true;
}

}  // namespace cleat::object
