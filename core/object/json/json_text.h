// JSON as text: writing strings, numbers and whole values the way the API server does (integers plain, floats in their
// shortest form, no escapes that JSON does not demand), and checking text that is passed through as it is.
#pragma once

#include <boost/json/value.hpp>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
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
    // An empty text may be nowhere.
    if (!text.empty()) __builtin_memcpy(to, text.data(), text.size());
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

// How many bytes at the start are in a JSON string as they are: no quote, backslash, control character, none beyond
// ASCII.
inline size_t plainPrefix(std::string_view text) {
  const char* const begin = text.data();
  const size_t size = text.size();
  size_t at = 0;
#ifdef __SSE2__
  for (; at + 16 <= size; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin + at));
    // As signed numbers, those beyond ASCII are smaller than a blank, too.
    const __m128i special = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
        _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
    const unsigned found = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (found != 0) return at + static_cast<size_t>(std::countr_zero(found));
  }
#endif
  for (; at < size; ++at) {
    const unsigned char c = static_cast<unsigned char>(begin[at]);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
  }
  return at;
}

// Whether `text` is exactly one JSON value, at most `maxDepth` deep.
bool isJson(std::string_view text, size_t maxDepth = 100);
bool isUtf8(std::string_view text);

// Standard base64 with padding, line breaks ignored as Go does; false when malformed. `out` must have room for
// base64Bound(text.size()) bytes; `size` becomes the bytes written.
inline size_t base64Bound(size_t textSize) { return textSize / 4 * 3 + 3; }
// The position of the first bad character is Go's "illegal base64 data at input byte N".
bool decodeBase64(std::string_view text, char* out, size_t& size, size_t& badAt);

}  // namespace cleat::object
