// Structs of the kinds' schemas as types of expressions, for whoever says beforehand what would fail.
#pragma once

#include <capnp/schema.h>
#include <cleat/cel/type.h>

#include "policy-common/known_kinds.h"

namespace cleat::policy {

// With apiVersion and kind, as an object of that kind has them.
cel::TypeRef objectTypeOf(capnp::StructSchema schema);

}  // namespace cleat::policy
