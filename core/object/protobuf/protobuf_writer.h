// ProtobufWriter: the bytes of a protobuf message, field by field. What the fields mean is the caller's business.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/object/json/json_text.h"
#include "core/object/protobuf/protobuf_plan.h"

namespace cleat::object {

class ProtobufWriter {
 public:
  TextBuffer out;

  void varint(uint64_t value) {
    char* to = out.reserve(10);
    size_t size = 0;
    for (; value >= 0x80; value >>= 7) to[size++] = static_cast<char>(value | 0x80);
    to[size++] = static_cast<char>(value);
    out.advance(size);
  }
  void tag(uint32_t number, WireType type) { varint(uint64_t{number} << 3 | static_cast<uint64_t>(type)); }
  void number(uint32_t field, uint64_t value) {
    tag(field, WireType::varint);
    varint(value);
  }
  void real(uint32_t field, double value) {
    tag(field, WireType::fixed64);
    out.append(std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
  }
  void bytes(uint32_t field, std::string_view value) {
    tag(field, WireType::bytes);
    varint(value.size());
    out.append(value);
  }
  // What `content` writes, with its length in front.
  template <class Content>
  void message(uint32_t field, Content content) {
    tag(field, WireType::bytes);
    size_t begin = out.size();
    content();
    size_t size = out.size() - begin;
    char length[10];
    size_t lengthSize = 0;
    for (uint64_t rest = size; lengthSize == 0 || rest > 0; rest >>= 7) {
      length[lengthSize++] = static_cast<char>((rest & 0x7f) | (rest >= 0x80 ? 0x80 : 0));
    }
    out.reserve(lengthSize);
    out.advance(lengthSize);
    char* at = const_cast<char*>(out.view().data()) + begin;
    __builtin_memmove(at + lengthSize, at, size);
    __builtin_memcpy(at, length, lengthSize);
  }
};

}  // namespace cleat::object
