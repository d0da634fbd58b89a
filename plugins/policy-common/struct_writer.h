// Documents as structs of the kinds' schemas: what struct_values shows, the other way round.
#pragma once

#include <capnp/dynamic.h>

#include "policy-common/document.h"

namespace cleat::policy {

// Members that the struct has no field for are passed over. 400 for a value of another type, with its path.
Result<void> writeStruct(const Document& from, capnp::DynamicStruct::Builder to);

}  // namespace cleat::policy
