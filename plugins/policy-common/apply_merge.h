// Merges an apply configuration into a document, as server-side apply does by the schema of the kind.
#pragma once

#include "policy-common/document.h"
#include "policy-common/merge_place.h"

namespace cleat::policy {

// `root`: what is known of the whole object. 400 for a configuration that has what the schema does not, or would
// replace something as a whole.
Result<void> applyMerge(Document& document, const Document& configuration, const MergePlace& root);

}  // namespace cleat::policy
