// An object that a document has been made of, changed to what has become of the document: what nobody has changed stays
// as the words that it is, so that a label costs a label.
#pragma once

#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include "policy-common/document.h"
#include "policy-common/known_kinds.h"

namespace cleat::policy {

// `document` was the original's objectDocument. An error where it is none of the kind any more.
Result<Draft<meta_v1::AnyObject>> rewrittenObject(const AnyRef& original, const Document& document,
                                                  const KnownKind& kind);

}  // namespace cleat::policy
