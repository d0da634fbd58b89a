// What a node costs by where it stands. Chains of fields and entries, as upstream counts them: 1 for where one begins,
// which is a variable or what was made, and 1 for each step that finds something. A chain that a condition chooses
// begins for nothing.
#pragma once

#include "cleat/cel/ast.h"
#include "cleat/cel/functions.h"

namespace cleat::cel {

inline bool isStep(const Expr& expr) {
  if (expr.kind == ExprKind::select) return !expr.testOnly;
  return expr.kind == ExprKind::call &&
         (expr.op == Operator::index || expr.op == Operator::optionalIndex || expr.op == Operator::optionalSelect);
}

inline bool isChain(const Expr& expr) { return expr.kind == ExprKind::ident || isStep(expr); }

// What a step from `operand` costs beside the step itself.
inline uint64_t costOfBeginning(const Expr& operand) {
  const bool isChosen = operand.kind == ExprKind::call && operand.op == Operator::conditional;
  return isChain(operand) || isChosen ? 0 : 1;
}

// Whether the call is of `or` or `orValue`.
inline bool isFallback(const Expr& call) {
  return call.overloads.size() == 1 && call.overloads.front()->cost == CostRule::fallback && call.args.size() == 2;
}

// Whether types left open which of several functions is called.
inline bool isOpen(const Expr& call) { return call.overloads.size() > 1; }

// By what a call costs: upstream knows operators and conversions by what the checker chose, and counts 1 of what it
// left open.
inline CostRule ruleOf(const Expr& call, const Overload& overload) {
  const bool isOperator = overload.cost == CostRule::concatenation || overload.cost == CostRule::comparison ||
                          overload.cost == CostRule::textToBytes || overload.cost == CostRule::bytesToText;
  return isOperator && isOpen(call) ? CostRule::one : overload.cost;
}

}  // namespace cleat::cel
