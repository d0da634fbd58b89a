// Objects that webhooks have changed, as they go on: from JSON to the struct of their kind, or to a tree.
#pragma once

#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include "policy-common/document.h"
#include "policy-common/known_kinds.h"

namespace cleat::webhook {

// The object with the patch: what only the server writes is as it was. An error where the patch does not fit, or makes
// something that is none of the kind.
Result<Draft<meta_v1::AnyObject>> patchedObject(const AnyRef& object, const policy::KindKey& kind, bool isCustom,
                                                const policy::Document& patch);

}  // namespace cleat::webhook
