// Whether the types of an expression fit: each node gets its type, each call the overloads that remain. Private to the
// library.
#pragma once

#include <vector>

#include "cleat/cel/environment.h"
#include "cleat/cel/source.h"

namespace cleat::cel {

void checkTypes(Expr& expr, const Environment& environment, std::vector<Issue>& issues);

}  // namespace cleat::cel
