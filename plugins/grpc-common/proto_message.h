// Messages of Protocol Buffers, as far as drivers have them, without code that is generated of their schemas: texts,
// numbers, messages within messages, and maps of texts.
//
//   ProtoWriter request;
//   request.text(1, volumeId);
//   request.map(2, publishContext);
//   ProtoReader answer(bytes);
//   while (auto field = answer.next()) if (field->number == 1) nodeId = field->bytes;
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cleat::grpc {

using TextMap = std::map<std::string, std::string>;

// What is empty or zero is left out, as proto3 does.
class ProtoWriter {
 public:
  void text(uint32_t field, std::string_view value);
  void number(uint32_t field, uint64_t value);
  void message(uint32_t field, std::string_view bytes);  // also an empty one
  void map(uint32_t field, const TextMap& values);
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value);
  std::string bytes_;
};

struct ProtoField {
  uint32_t number = 0;
  uint64_t value = 0;      // of a number
  std::string_view bytes;  // of a text or message
};

class ProtoReader {
 public:
  explicit ProtoReader(std::string_view bytes) : rest_(bytes) {}
  // Nothing at the end, and where it is none: `broken` tells which.
  std::optional<ProtoField> next();
  bool broken() const { return broken_; }

 private:
  std::optional<uint64_t> varint();
  std::optional<ProtoField> fail();
  std::string_view rest_;
  bool broken_ = false;
};

// The text or message in that field of a message, the last one where there are several: of a map's entry the key is in
// field 1 and the value in field 2. Empty, or 0, where it has none.
std::string_view bytesIn(std::string_view message, uint32_t field);
uint64_t numberIn(std::string_view message, uint32_t field);

}  // namespace cleat::grpc
