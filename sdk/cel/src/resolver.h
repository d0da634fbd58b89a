// What names mean: variables get their places, chains of names that are one become it, calls get the functions that can
// be meant. Private to the library.
#pragma once

#include "cleat/cel/environment.h"

namespace cleat::cel {

// Returns how many places an evaluation needs.
size_t resolveNames(ExprPtr& expr, const Environment& environment);

}  // namespace cleat::cel
