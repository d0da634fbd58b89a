// Merges an apply configuration into a document, as server-side apply does by the schema of the kind.
#pragma once

#include <capnp/schema.h>

#include <optional>

#include "policy-common/document.h"

namespace cleat::policy {

// Without a schema objects are merged member by member, and lists cannot be changed. 400 for a configuration that would
// replace something as a whole.
Result<void> applyMerge(Document& document, const Document& configuration, std::optional<capnp::StructSchema> schema);

}  // namespace cleat::policy
