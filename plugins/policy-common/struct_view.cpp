#include "policy-common/struct_view.h"

namespace cleat::policy {

namespace {

// Whether there is anything but what stands for nothing.
struct IsSomething {
  bool boolean(bool value) const { return value; }
  bool integer(int64_t value) const { return value != 0; }
  bool unsignedInteger(uint64_t value) const { return value != 0; }
  bool floating(double value) const { return value != 0; }
  bool text(std::string_view value) const { return !value.empty(); }
  bool bytes(capnp::Data::Reader value) const { return value.size() > 0; }
  bool fields(capnp::AnyStruct::Reader, const StructLayout&) const { return true; }
  bool list(capnp::AnyPointer::Reader list, const ValueLayout&) const {
    return list.getAs<capnp::AnyList>().size() > 0;
  }
  bool nothing() const { return false; }
};

}  // namespace

bool isShown(capnp::AnyStruct::Reader from, const MemberLayout& member) {
  if (member.always) return true;
  const bool isStruct = member.value.type == ValueLayout::Type::STRUCT;
  const bool mayBeEmpty = member.value.type == ValueLayout::Type::TEXT && member.optional;
  if (isStruct || mayBeEmpty) return !pointerAt(from, member.place).isNull();
  return visitMember(from, member, IsSomething());
}

const MemberLayout* givenMember(capnp::AnyStruct::Reader from, const StructLayout& layout) {
  if (!layout.isUnion) return &layout.members.front();
  const uint16_t given = scalarAt<uint16_t>(from.getDataSection(), layout.unionPlace);
  for (const MemberLayout& member : layout.members) {
    if (member.field.getProto().getDiscriminantValue() == given) return &member;
  }
  return nullptr;
}

}  // namespace cleat::policy
