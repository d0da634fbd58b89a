// What can be known of an expression before it is evaluated: what lists, maps and conversions of written out
// values come to, and that a pattern is none. Private to the library.
#pragma once

#include <string>

#include "cleat/cel/ast.h"

namespace cleat::cel {

// Puts what they come to in their nodes: they cost nothing when they are evaluated. Says what can never be evaluated;
// empty: nothing.
std::string foldConstants(Expr& expr);

}  // namespace cleat::cel
