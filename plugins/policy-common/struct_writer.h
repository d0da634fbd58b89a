// Documents as structs of the kinds' schemas: what struct_values shows, the other way round.
#pragma once

#include <capnp/dynamic.h>
#include <cleat/sdk/object.h>

#include <optional>
#include <string>

#include "policy-common/document.h"
#include "policy-common/struct_layout.h"

namespace cleat::policy {

// Members that the struct has no field for are passed over. 400 for a value of another type, with its path.
Result<void> writeStruct(const Document& from, capnp::DynamicStruct::Builder to);

// One member of it, in place of nothing.
Result<void> writeMember(const Document& from, capnp::DynamicStruct::Builder to, const MemberLayout& member,
                         const std::string& path);

// A whole object: as its kind's own struct, or without one as a tree. An error for what is none of the kind.
Result<Draft<meta_v1::AnyObject>> writtenObject(const Document& document, std::optional<capnp::StructSchema> schema);

}  // namespace cleat::policy
