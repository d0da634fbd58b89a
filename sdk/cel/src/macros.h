// Calls that stand for something larger: has, all, exists, map, filter, cel.bind and their like. Private to the
// library.
#pragma once

#include <string>
#include <vector>

#include "cleat/cel/ast.h"
#include "cleat/cel/parser.h"
#include "tree_builder.h"

namespace cleat::cel {

struct MacroCall {
  std::string_view name;
  ExprPtr target;  // null of a call that is on nothing
  std::vector<ExprPtr> args;
  uint32_t offset;
};

// Whether the call is one; then `expanded` is what it stands for, or null and `issue` says why not.
bool expandMacro(MacroCall& call, const ParseOptions& options, TreeBuilder& build, ExprPtr& expanded, Issue& issue);

inline constexpr const char* kAccumulator = "@result";

}  // namespace cleat::cel
