// How a struct looks in protobuf: its fields by number, and where JSON inlines a message, that message's fields below
// its number. Derived from a StructCodec. Private to core/object.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/object/schema/struct_codec.h"

namespace cleat::object {

struct ProtobufPlan {
  struct Entry {
    uint32_t number = 0;
    const FieldPlan* field = nullptr;             // or
    std::unique_ptr<const ProtobufPlan> inlined;  // a message that JSON does not show
  };
  std::vector<Entry> entries;  // sorted by number

  const Entry* find(uint32_t number) const;
};

// The numbers of the protobuf wire format.
enum class WireType : uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

}  // namespace cleat::object
