// JSON Patch (RFC 6902) on documents.
#pragma once

#include <vector>

#include "policy-common/document.h"

namespace cleat::policy {

// The reason of the error where a test has failed.
inline constexpr const char* kTestFailed = "TestFailed";

// `operations`: a list of {op, path, from, value}. 400 for the first that cannot be done; the document is then of no
// use.
Result<void> applyJsonPatch(Document& document, const Document& operations);

}  // namespace cleat::policy
