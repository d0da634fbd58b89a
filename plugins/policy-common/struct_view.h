// How the fields of a struct are read by its layout, without asking its schema about each again.
//
//   const StructLayout& layout = layoutOf(schema);
//   for (const MemberLayout& member : layout.members) {
//     if (isShown(from, member)) visitMember(from, member, visitor);
//   }
//
// A visitor has a method for each sort of value and is called with the one that there is: `boolean(bool)`,
// `integer(int64_t)`, `unsignedInteger(uint64_t)`, `floating(double)`, `text(std::string_view)`,
// `bytes(capnp::Data::Reader)`, `fields(capnp::AnyStruct::Reader, const StructLayout&)`,
// `list(capnp::AnyPointer::Reader, const ValueLayout&)` and `nothing()`, all of which return the same type.
#pragma once

#include <capnp/any.h>
#include <cleat/sdk/text.h>

#include <cstring>

#include "policy-common/struct_layout.h"

namespace cleat::policy {

template <class T>
T scalarAt(kj::ArrayPtr<const kj::byte> data, uint32_t place) {
  T value{};
  // What a struct of an older layout has no room for is zero.
  if ((size_t{place} + 1) * sizeof(T) <= data.size()) std::memcpy(&value, data.begin() + place * sizeof(T), sizeof(T));
  return value;
}

inline bool bitAt(kj::ArrayPtr<const kj::byte> data, uint32_t place) {
  return place / 8 < data.size() && (data[place / 8] >> place % 8 & 1) != 0;
}

inline capnp::AnyPointer::Reader pointerAt(capnp::AnyStruct::Reader from, uint32_t place) {
  auto pointers = from.getPointerSection();
  return place < pointers.size() ? pointers[place] : capnp::AnyPointer::Reader();
}

// The pointers of a struct, of which most are null: that is seen without following them, for they stand behind the
// struct's data, and a null one is a word of zeros.
class Pointers {
 public:
  explicit Pointers(capnp::AnyStruct::Reader from)
      : pointers_(from.getPointerSection()), words_(from.getDataSection().end()) {}

  bool isNull(uint32_t place) const {
    if (place >= pointers_.size()) return true;
    uint64_t word;
    std::memcpy(&word, words_ + size_t{place} * sizeof word, sizeof word);
    return word == 0;
  }
  capnp::AnyPointer::Reader at(uint32_t place) const {
    return place < pointers_.size() ? pointers_[place] : capnp::AnyPointer::Reader();
  }

 private:
  capnp::List<capnp::AnyPointer>::Reader pointers_;
  const kj::byte* words_;
};

inline bool isPointer(const MemberLayout& member) {
  using Type = ValueLayout::Type;
  switch (member.value.type) {
    case Type::TEXT:
    case Type::DATA:
    case Type::STRUCT:
    case Type::LIST: return true;
    default: return false;
  }
}

// Whether JSON shows it.
bool isShown(capnp::AnyStruct::Reader from, const MemberLayout& member);

// What must be there and is not is null, unless it is a struct, which is then an empty one.
inline bool isNull(capnp::AnyStruct::Reader from, const MemberLayout& member) {
  const bool canBeNull = member.value.type == ValueLayout::Type::LIST || member.value.isBox;
  return canBeNull && pointerAt(from, member.place).isNull();
}

// Of what JSON shows as the value of the member that is set: that member. Null where it is none that is known.
const MemberLayout* givenMember(capnp::AnyStruct::Reader from, const StructLayout& layout);

template <class Visitor>
auto visitMember(capnp::AnyStruct::Reader from, const MemberLayout& member, Visitor&& visit) {
  using Type = ValueLayout::Type;
  const auto data = from.getDataSection();
  const uint32_t place = member.place;
  switch (member.value.type) {
    case Type::BOOL: return visit.boolean(bitAt(data, place));
    case Type::INT8: return visit.integer(scalarAt<int8_t>(data, place));
    case Type::INT16: return visit.integer(scalarAt<int16_t>(data, place));
    case Type::INT32: return visit.integer(scalarAt<int32_t>(data, place));
    case Type::INT64: return visit.integer(scalarAt<int64_t>(data, place));
    case Type::UINT8: return visit.unsignedInteger(scalarAt<uint8_t>(data, place));
    case Type::UINT16: return visit.unsignedInteger(scalarAt<uint16_t>(data, place));
    case Type::UINT32: return visit.unsignedInteger(scalarAt<uint32_t>(data, place));
    case Type::UINT64: return visit.unsignedInteger(scalarAt<uint64_t>(data, place));
    case Type::FLOAT32: return visit.floating(scalarAt<float>(data, place));
    case Type::FLOAT64: return visit.floating(scalarAt<double>(data, place));
    case Type::TEXT: return visit.text(view(pointerAt(from, place).getAs<capnp::Text>()));
    case Type::DATA: return visit.bytes(pointerAt(from, place).getAs<capnp::Data>());
    case Type::STRUCT: return visit.fields(pointerAt(from, place).getAs<capnp::AnyStruct>(), member.value.fields.get());
    case Type::LIST: return visit.list(pointerAt(from, place), member.value);
    default: return visit.nothing();
  }
}

// Of a list of anything but structs, which is a List<AnyStruct>. The index is one that it has.
template <class Visitor>
auto visitElement(capnp::AnyPointer::Reader list, ValueLayout::Type type, uint32_t index, Visitor&& visit) {
  using Type = ValueLayout::Type;
  switch (type) {
    case Type::BOOL: return visit.boolean(list.getAs<capnp::List<bool>>()[index]);
    case Type::INT32: return visit.integer(list.getAs<capnp::List<int32_t>>()[index]);
    case Type::INT64: return visit.integer(list.getAs<capnp::List<int64_t>>()[index]);
    case Type::FLOAT64: return visit.floating(list.getAs<capnp::List<double>>()[index]);
    case Type::TEXT: return visit.text(view(list.getAs<capnp::List<capnp::Text>>()[index]));
    case Type::DATA: return visit.bytes(list.getAs<capnp::List<capnp::Data>>()[index]);
    // The kinds have lists of nothing else.
    default: return visit.nothing();
  }
}

// A list's structs, and the key and the value of one that is an entry.
using Structs = capnp::List<capnp::AnyStruct>;
inline Structs::Reader structsOf(capnp::AnyPointer::Reader list) { return list.getAs<capnp::AnyList>().as<Structs>(); }
inline const MemberLayout& entryKey(const StructLayout& entry) { return entry.members.front(); }
inline const MemberLayout& entryValue(const StructLayout& entry) { return entry.members.back(); }

}  // namespace cleat::policy
