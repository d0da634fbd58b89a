// Whether some rules give all that others do: what nobody may give away who does not have it.
#pragma once

#include <cleat/sdk/status.h>

#include "rule.h"

namespace cleat::rbac {

// The part of `wanted` that `owned` does not cover, put together as far as it is of one resource. A 403 where the
// wanted rules combine to more than can be looked at (10,000 verbs of resources).
Result<Rules> uncovered(const Rules& owned, const Rules& wanted);

}  // namespace cleat::rbac
