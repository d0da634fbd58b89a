// Which of the overloads of a call takes the values that came, and what is said where none does. Private to the
// library.
#pragma once

#include <span>

#include "cleat/cel/ast.h"
#include "cleat/cel/functions.h"

namespace cleat::cel {

// Null where none does.
const Overload* overloadFor(const Expr& call, std::span<const Value> args);
// "no such overload: indexOf(int, string)", or as operators say it.
Value noOverload(const Expr& call, std::span<const Value> args);
// What a loop says of a value that it cannot go through.
Value notIterable(const Value& value, bool hasTwoVariables);

// The same as without `looked`, which it adds to how many values it looked at.
bool sameValue(const Value& a, const Value& b, size_t& looked);

}  // namespace cleat::cel
