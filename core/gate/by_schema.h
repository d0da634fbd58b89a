// What a plugin has made of an object of a kind that users brought, as the kind's schema wants it: what the schema does
// not know is taken out, and what it has defaults for is filled in, as when a client sends the object.
#pragma once

#include <cleat/sdk/status.h>

#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::gate {

// The same object for a kind with a struct, which has room for nothing else.
Result<Ref<const object::Message>> bySchema(const object::Kind& kind, Ref<const object::Message> made);

}  // namespace cleat::gate
