#include "grpc-common/proto_message.h"

namespace cleat::grpc {
namespace {

constexpr uint32_t kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

}  // namespace

void ProtoWriter::varint(uint64_t value) {
  while (value >= 0x80) {
    bytes_ += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes_ += static_cast<char>(value);
}

void ProtoWriter::text(uint32_t field, std::string_view value) {
  if (!value.empty()) message(field, value);
}

void ProtoWriter::number(uint32_t field, uint64_t value) {
  if (value == 0) return;
  varint(uint64_t{field} << 3 | kVarint);
  varint(value);
}

void ProtoWriter::message(uint32_t field, std::string_view bytes) {
  varint(uint64_t{field} << 3 | kBytes);
  varint(bytes.size());
  bytes_ += bytes;
}

void ProtoWriter::map(uint32_t field, const TextMap& values) {
  for (const auto& [key, value] : values) {
    ProtoWriter entry;
    entry.text(1, key);
    entry.text(2, value);
    message(field, entry.bytes());
  }
}

std::optional<uint64_t> ProtoReader::varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<ProtoField> ProtoReader::fail() {
  broken_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<ProtoField> ProtoReader::next() {
  if (rest_.empty()) return std::nullopt;
  const auto tag = varint();
  if (!tag || *tag >> 3 == 0 || *tag >> 3 > 0x1fffffff) return fail();
  ProtoField field{.number = static_cast<uint32_t>(*tag >> 3)};
  size_t size = 0;
  switch (*tag & 7) {
    case kVarint: {
      const auto value = varint();
      if (!value) return fail();
      field.value = *value;
      return field;
    }
    case kFixed64: size = 8; break;
    case kFixed32: size = 4; break;
    case kBytes: {
      const auto length = varint();
      if (!length || *length > rest_.size()) return fail();
      size = *length;
      break;
    }
    default: return fail();
  }
  if (size > rest_.size()) return fail();
  field.bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return field;
}

std::string_view bytesIn(std::string_view message, uint32_t field) {
  ProtoReader reader(message);
  std::string_view found;
  while (auto each = reader.next()) {
    if (each->number == field) found = each->bytes;
  }
  return found;
}

uint64_t numberIn(std::string_view message, uint32_t field) {
  ProtoReader reader(message);
  uint64_t found = 0;
  while (auto each = reader.next()) {
    if (each->number == field) found = each->value;
  }
  return found;
}

}  // namespace cleat::grpc
