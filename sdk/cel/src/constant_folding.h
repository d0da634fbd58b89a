// What can be known of an expression before it is evaluated: what written out values are converted to, and that a
// pattern is none. Private to the library.
#pragma once

#include <string>

#include "cleat/cel/ast.h"

namespace cleat::cel {

// Puts what conversions come to in their nodes. Says what can never be evaluated; empty: nothing.
std::string foldConstants(Expr& expr);

}  // namespace cleat::cel
