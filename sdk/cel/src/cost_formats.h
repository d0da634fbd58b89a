// How long the pattern is by which a named format is told: what validating costs goes by it.
#pragma once

#include "cleat/cel/value.h"

namespace cleat::cel {

// Of a value that `format.named(…)` and the like give.
uint64_t patternSizeOf(const Value& format);

}  // namespace cleat::cel
