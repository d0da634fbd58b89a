// Whether a message from a plugin has the shape that its schema says. Message::checked has made it safe to follow its
// pointers; here every pointer is also of the kind that a reader of the schema expects, so that reading it later, in
// the core or in another plugin, cannot fail.
#pragma once

#include <capnp/schema.h>
#include <cleat/sdk/status.h>

#include "core/object/message.h"

namespace cleat::object {

Result<void> checkShape(const Message& message, capnp::StructSchema schema);

}  // namespace cleat::object
