// What Kubernetes holds against what is written out in an expression whose types fit: patterns and times that are none,
// lists and maps of several types, texts that `format` cannot fill. Private to the library.
#pragma once

#include <vector>

#include "cleat/cel/ast.h"
#include "cleat/cel/source.h"

namespace cleat::cel {

// `call` is checked: its types and overloads are known. Adds what is wrong with it.
void checkLiteralCall(const Expr& call, std::vector<Issue>& issues);
// A list or a map that is written out, outside of what is put into a text.
void checkOneType(const Expr& literal, std::vector<Issue>& issues);

}  // namespace cleat::cel
