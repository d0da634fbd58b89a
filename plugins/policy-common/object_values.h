// Objects of any kind as values of expressions.
#pragma once

#include <cleat/cel/value.h>
#include <cleat/sdk/object.h>

#include <string>

#include "policy-common/known_kinds.h"

namespace cleat::policy {

// Null for one that refers to nothing. `isCustom`: users brought the kind, so that its objects are trees. An error for
// a kind that is neither: nobody here can read its objects. The reference has to live as long as the value.
cel::Value anyObjectValue(const AnyRef& object, const KindKey& kind, bool isCustom);

std::string apiVersionOf(const KindKey& kind);

}  // namespace cleat::policy
