// Structs of the kinds' schemas as values of expressions, with the fields that JSON would show and nothing copied: what
// a rule asks for is looked up in the message itself.
//
// It goes by the annotations of the schema (cleat.capnp) and knows no kind.
#pragma once

#include <capnp/dynamic.h>
#include <cleat/cel/value.h>

#include <string>

#include "policy-common/struct_view.h"

namespace cleat::policy {

// What is looked at has to live as long as the value.
cel::Value structValue(capnp::DynamicStruct::Reader from);
// One member of a struct.
cel::Value memberValue(capnp::AnyStruct::Reader from, const MemberLayout& member);
// The same of an object, which also says what it is.
cel::Value objectValue(capnp::DynamicStruct::Reader from, std::string apiVersion, std::string kind);

}  // namespace cleat::policy
