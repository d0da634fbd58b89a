// The words of a flat message, read and written directly. The codecs go through a message field by field following
// plans made from the schema, so they need no typed accessors: a StructView is a position in the words, a WordWriter
// appends to them.
//
// Only for words that were made by this program or passed Message::checked: pointers are followed without bounds
// checks. A pointer of another type than the caller asks for reads as absent, never as garbage. Private to core/object
// and the gate.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::object::words {

static_assert(std::endian::native == std::endian::little, "messages are read in place as little-endian words");

enum class ElementSize : uint8_t { none, bit, byte, twoBytes, fourBytes, eightBytes, pointer, composite };

struct ListView;

// A struct in the words; default: the empty struct, in which every field is absent.
struct StructView {
  const uint64_t* data = nullptr;
  uint16_t dataWords = 0;
  uint16_t pointerCount = 0;

  // `offset` counts in units of the type's own size, as in the schema. Beyond the end (an older writer): 0.
  template <class T>
  T scalar(uint32_t offset) const {
    T value{};
    if ((size_t{offset} + 1) * sizeof(T) <= size_t{dataWords} * 8) {
      std::memcpy(&value, reinterpret_cast<const char*>(data) + size_t{offset} * sizeof(T), sizeof(T));
    }
    return value;
  }
  bool bit(uint32_t offset) const { return offset / 64 < dataWords && (data[offset / 64] >> (offset % 64) & 1); }
  // Null when the pointer is null or beyond the end.
  const uint64_t* pointer(uint32_t index) const {
    if (index >= pointerCount) return nullptr;
    const uint64_t* at = data + dataWords + index;
    return *at == 0 ? nullptr : at;
  }
};

struct ListView {
  const uint64_t* data = nullptr;
  uint32_t count = 0;
  ElementSize size = ElementSize::none;
  uint16_t dataWords = 0;  // composite: of each element
  uint16_t pointerCount = 0;

  StructView element(uint32_t index) const {
    if (size == ElementSize::composite) {
      return {data + size_t{index} * (dataWords + pointerCount), dataWords, pointerCount};
    }
    return {};
  }
  const uint64_t* pointer(uint32_t index) const {
    if (size != ElementSize::pointer) return nullptr;
    return data[index] == 0 ? nullptr : data + index;
  }
};

inline const uint64_t* target(const uint64_t* pointer) {
  return pointer + 1 + (static_cast<int32_t>(static_cast<uint32_t>(*pointer)) >> 2);
}

inline bool isStruct(const uint64_t* pointer) { return (*pointer & 3) == 0; }

inline std::optional<StructView> structAt(const uint64_t* pointer) {
  if (!pointer || !isStruct(pointer)) return std::nullopt;
  return StructView{target(pointer), static_cast<uint16_t>(*pointer >> 32), static_cast<uint16_t>(*pointer >> 48)};
}

inline std::optional<ListView> listAt(const uint64_t* pointer) {
  if (!pointer || (*pointer & 3) != 1) return std::nullopt;
  ListView list{target(pointer), static_cast<uint32_t>(*pointer >> 35), static_cast<ElementSize>(*pointer >> 32 & 7)};
  if (list.size == ElementSize::composite) {
    uint64_t tag = *list.data++;
    list.count = static_cast<uint32_t>(tag) >> 2;
    list.dataWords = static_cast<uint16_t>(tag >> 32);
    list.pointerCount = static_cast<uint16_t>(tag >> 48);
  }
  return list;
}

// The bytes of a Data; those of a Text have a NUL at the end.
inline std::optional<std::string_view> bytesAt(const uint64_t* pointer) {
  if (!pointer || (*pointer & 3) != 1 || (*pointer >> 32 & 7) != static_cast<uint64_t>(ElementSize::byte)) {
    return std::nullopt;
  }
  return std::string_view(reinterpret_cast<const char*>(target(pointer)), static_cast<size_t>(*pointer >> 35));
}

inline std::optional<std::string_view> textAt(const uint64_t* pointer) {
  std::optional<std::string_view> bytes = bytesAt(pointer);
  if (!bytes || bytes->empty()) return std::nullopt;
  return bytes->substr(0, bytes->size() - 1);
}

inline StructView rootOf(std::span<const uint64_t> words) {
  if (words.empty() || words[0] == 0) return {};
  return structAt(words.data()).value_or(StructView{});
}

// Whether both hold the same, all the way down; what is beyond the end of the shorter one is zero. Not looked at are
// two pointers and a word of data, by their indexes.
struct Overlooked {
  uint32_t pointer1 = UINT32_MAX, pointer2 = UINT32_MAX, word = UINT32_MAX;
};
bool sameStruct(const StructView& a, const StructView& b, Overlooked overlooked = {});
// The same of what two pointers refer to; null is not an empty list.
bool samePointer(const uint64_t* a, const uint64_t* b);

// A message would grow beyond its limit.
struct TooManyWords : std::length_error {
  using std::length_error::length_error;
};

// Builds a message in a buffer that the caller keeps for the next one. Positions are indexes, since the buffer moves.
// Throws TooManyWords when the message would grow beyond `maxWords`.
class WordWriter {
 public:
  WordWriter(std::vector<uint64_t>& buffer, size_t maxWords) : words_(buffer), maxWords_(maxWords) {
    allocate(1);  // the root pointer
  }

  std::span<const uint64_t> words() const { return {words_.data(), used_}; }

  // Each allocates the target and makes the pointer at index `pointer` refer to it; the result is the target's index.
  size_t initStruct(size_t pointer, uint16_t dataWords, uint16_t pointerCount) {
    size_t at = allocate(size_t{dataWords} + pointerCount);
    int64_t offset = dataWords + pointerCount == 0 ? -1 : static_cast<int64_t>(at - pointer) - 1;
    words_[pointer] = static_cast<uint32_t>(offset << 2) | uint64_t{dataWords} << 32 | uint64_t{pointerCount} << 48;
    return at;
  }
  // Takes the struct back that was made last, if nothing is in it.
  void dropIfZero(size_t pointer) {
    if (words_[pointer] == 0) return;
    const size_t at = pointer + 1 + static_cast<size_t>(static_cast<int32_t>(words_[pointer]) >> 2);
    for (size_t i = at; i < used_; ++i) {
      if (words_[i] != 0) return;
    }
    used_ = std::min(at, used_);
    words_[pointer] = 0;
  }
  size_t initList(size_t pointer, ElementSize size, uint32_t count) {
    static constexpr uint8_t kBits[] = {0, 1, 8, 16, 32, 64, 64};
    size_t at = allocate((size_t{count} * kBits[static_cast<size_t>(size)] + 63) / 64);
    setList(pointer, at, size, count);
    return at;
  }
  size_t initStructList(size_t pointer, uint32_t count, uint16_t dataWords, uint16_t pointerCount) {
    size_t body = size_t{count} * (size_t{dataWords} + pointerCount);
    size_t at = allocate(body + 1);
    setList(pointer, at, ElementSize::composite, static_cast<uint32_t>(body));
    words_[at] = uint64_t{count} << 2 | uint64_t{dataWords} << 32 | uint64_t{pointerCount} << 48;
    return at + 1;
  }
  void setText(size_t pointer, std::string_view text) { setBytes(pointer, text, text.size() + 1); }
  void setData(size_t pointer, std::string_view data) { setBytes(pointer, data, data.size()); }
  // Zeroed bytes, to be filled by the caller before anything else is written.
  char* initData(size_t pointer, size_t size) {
    size_t at = initList(pointer, ElementSize::byte, static_cast<uint32_t>(size));
    return reinterpret_cast<char*>(words_.data() + at);
  }

  template <class T>
  void setScalar(size_t structAt, uint32_t offset, T value) {
    std::memcpy(reinterpret_cast<char*>(words_.data() + structAt) + size_t{offset} * sizeof(T), &value, sizeof(T));
  }
  // What a pointer of another message refers to, with all below it; of a null one nothing.
  void copyPointer(size_t pointer, const uint64_t* from);
  // A struct of another message into one that is there and empty: what this one has room for.
  void copyStruct(size_t at, uint16_t dataWords, uint16_t pointerCount, const StructView& from);
  void setBit(size_t structAt, uint32_t offset) { words_[structAt + offset / 64] |= uint64_t{1} << (offset % 64); }

 private:
  // Zeros.
  size_t allocate(size_t count) {
    const size_t at = reserve(count);
    std::memset(words_.data() + at, 0, count * sizeof(uint64_t));
    return at;
  }
  // Whatever was there.
  size_t reserve(size_t count) {
    const size_t at = used_;
    if (words_.size() - at < count) grow(count);
    used_ += count;
    return at;
  }
  void grow(size_t count);
  void setList(size_t pointer, size_t at, ElementSize size, uint32_t count) {
    words_[pointer] = static_cast<uint32_t>(static_cast<int64_t>(at - pointer - 1) << 2) | 1 |
                      uint64_t{static_cast<uint8_t>(size)} << 32 | uint64_t{count} << 35;
  }
  void setBytes(size_t pointer, std::string_view bytes, size_t size) {
    const size_t count = (size + 7) / 8;
    const size_t at = reserve(count);
    setList(pointer, at, ElementSize::byte, static_cast<uint32_t>(size));
    if (count > 0) words_[at + count - 1] = 0;
    if (!bytes.empty()) std::memcpy(words_.data() + at, bytes.data(), bytes.size());
  }

  std::vector<uint64_t>& words_;
  size_t used_ = 0;  // of what the buffer holds
  size_t maxWords_;
};

}  // namespace cleat::object::words
