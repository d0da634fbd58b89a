// Structs of the kinds' schemas as values of expressions, with the fields that JSON would show and nothing copied: what
// a rule asks for is looked up in the message itself.
//
// It goes by the annotations of the schema (cleat.capnp) and knows no kind.
#pragma once

#include <capnp/dynamic.h>
#include <cleat/cel/value.h>

#include <string_view>

#include "policy-common/struct_view.h"

namespace cleat::policy {

// What is looked at has to live as long as the value.
cel::Value structValue(capnp::DynamicStruct::Reader from);
// One member of a struct.
cel::Value memberValue(capnp::AnyStruct::Reader from, const MemberLayout& member);
// An object, which also says what it is. All of it has to live as long as the value.
cel::Value objectValue(capnp::AnyStruct::Reader from, const StructLayout& layout, std::string_view apiVersion,
                       std::string_view kind);

}  // namespace cleat::policy
