// Whether the parameters or results of a call have the shape that their schema says, and their texts are UTF-8; of
// objects see verify() in codec.h, which follows the plans of their kind. Message::checked has made it safe to follow
// its pointers; here every pointer is also of the kind that a reader of the schema expects, so that reading it later,
// in the core or in another plugin, cannot fail.
#pragma once

#include <capnp/schema.h>
#include <cleat/sdk/status.h>

#include "core/object/message.h"
#include "core/object/schema/shape_plan.h"

namespace cleat::object {

Result<void> checkShape(const Message& message, capnp::StructSchema schema);
// The same by a plan of the schema, for what is asked of every call.
Result<void> checkShape(const Message& message, const ShapePlan& plan);

}  // namespace cleat::object
