// JSON as text: writing strings, numbers and whole values the way the API server does (integers plain, floats in their
// shortest form, no escapes that JSON does not demand), and checking text that is passed through as it is.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace cleat::object {

// An output buffer for text that grows in large steps; its content is copied out once. Reused through threadBuffer().
class TextBuffer {
 public:
  TextBuffer() = default;
  ~TextBuffer();
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;

  void clear() { at_ = begin_; }
  size_t size() const { return static_cast<size_t>(at_ - begin_); }
  std::string_view view() const { return {begin_, size()}; }
  // Room for `size` more bytes; write there and then advance().
  char* reserve(size_t size) {
    if (static_cast<size_t>(end_ - at_) < size) grow(size);
    return at_;
  }
  void advance(size_t size) { at_ += size; }
  void append(std::string_view text) {
    char* to = reserve(text.size());
    __builtin_memcpy(to, text.data(), text.size());
    at_ += text.size();
  }
  void append(char c) {
    *reserve(1) = c;
    ++at_;
  }
  char back() const { return at_[-1]; }
  void dropLast() { --at_; }
  // Gives memory back that one large object has taken.
  void trim(size_t keepBytes);

 private:
  void grow(size_t size);
  char* begin_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

// With quotes and escapes; bytes that are not UTF-8 become U+FFFD.
void appendJsonString(TextBuffer& out, std::string_view text);
void appendInteger(TextBuffer& out, int64_t value);
void appendUnsigned(TextBuffer& out, uint64_t value);
// As Go writes a float64; what JSON cannot express (infinities) becomes 0.
void appendDouble(TextBuffer& out, double value);
void appendBase64(TextBuffer& out, std::string_view bytes);
void appendValue(TextBuffer& out, const boost::json::value& value);

std::string jsonText(const boost::json::value& value);

// Whether `text` is exactly one JSON value, at most `maxDepth` deep.
bool isJson(std::string_view text, size_t maxDepth = 100);
bool isUtf8(std::string_view text);

// Standard base64 with padding, line breaks ignored as Go does; false when malformed. `out` must have room for
// base64Bound(text.size()) bytes; `size` becomes the bytes written.
inline size_t base64Bound(size_t textSize) { return textSize / 4 * 3 + 3; }
// The position of the first bad character is Go's "illegal base64 data at input byte N".
bool decodeBase64(std::string_view text, char* out, size_t& size, size_t& badAt);

}  // namespace cleat::object
