// Objects that webhooks have changed, as they go on: from JSON to the struct of their kind, or to a tree.
#pragma once

#include <capnp/schema.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include <optional>

#include "policy-common/document.h"
#include "policy-common/known_kinds.h"

namespace cleat::webhook {

// As the struct, or without one as a tree. An error for what is none of the kind.
Result<Draft<meta_v1::AnyObject>> writtenObject(const policy::Document& document,
                                                std::optional<capnp::StructSchema> schema);

// The object with the patch: what only the server writes is as it was. An error where the patch does not fit, or makes
// something that is none of the kind.
Result<Draft<meta_v1::AnyObject>> patchedObject(const AnyRef& object, const policy::KindKey& kind, bool isCustom,
                                                const policy::Document& patch);

}  // namespace cleat::webhook
