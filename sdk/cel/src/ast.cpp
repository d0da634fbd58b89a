#include "cleat/cel/ast.h"

#include <array>
#include <utility>

namespace cleat::cel {

std::string qualifiedName(const Expr& expr) {
  if (expr.kind == ExprKind::ident) return expr.name;
  if (expr.kind != ExprKind::select || expr.testOnly) return {};
  std::string before = qualifiedName(expr.arg(0));
  if (before.empty()) return {};
  before += '.';
  return before += expr.name;
}

ExprPtr cloneExpr(const Expr& expr) {
  auto copy = std::make_unique<Expr>();
  copy->kind = expr.kind;
  copy->op = expr.op;
  copy->testOnly = expr.testOnly;
  copy->isMember = expr.isMember;
  copy->takesOver = expr.takesOver;
  copy->depth = expr.depth;
  copy->id = expr.id;
  copy->offset = expr.offset;
  copy->name = expr.name;
  copy->written = expr.written;
  copy->constant = expr.constant;
  for (const ExprPtr& arg : expr.args) copy->args.push_back(cloneExpr(*arg));
  copy->optional = expr.optional;
  copy->fields = expr.fields;
  if (expr.loop) {
    const Comprehension& loop = *expr.loop;
    copy->loop = std::make_unique<Comprehension>();
    copy->loop->variable = loop.variable;
    copy->loop->second = loop.second;
    copy->loop->accumulator = loop.accumulator;
    copy->loop->isBind = loop.isBind;
    copy->loop->range = cloneExpr(*loop.range);
    copy->loop->initial = cloneExpr(*loop.initial);
    copy->loop->condition = cloneExpr(*loop.condition);
    copy->loop->step = cloneExpr(*loop.step);
    copy->loop->result = cloneExpr(*loop.result);
  }
  return copy;
}

bool usesSlot(const Expr& expr, int32_t slot) {
  if (expr.kind == ExprKind::ident && expr.slot == slot) return true;
  for (const ExprPtr& arg : expr.args) {
    if (usesSlot(*arg, slot)) return true;
  }
  if (!expr.loop) return false;
  const Comprehension& loop = *expr.loop;
  return usesSlot(*loop.range, slot) || usesSlot(*loop.initial, slot) || usesSlot(*loop.condition, slot) ||
         usesSlot(*loop.step, slot) || usesSlot(*loop.result, slot);
}

Operator operatorOf(std::string_view function) {
  static constexpr std::array<std::pair<std::string_view, Operator>, 11> kOperators{{
      {ops::kAnd, Operator::logicalAnd},
      {ops::kOr, Operator::logicalOr},
      {ops::kConditional, Operator::conditional},
      {ops::kEquals, Operator::equals},
      {ops::kDiffers, Operator::differs},
      {ops::kIn, Operator::in},
      {ops::kIndex, Operator::index},
      {ops::kOptionalIndex, Operator::optionalIndex},
      {ops::kOptionalSelect, Operator::optionalSelect},
      {ops::kNotStrictlyFalse, Operator::notStrictlyFalse},
      {ops::kNot, Operator::logicalNot},
  }};
  for (const auto& [name, op] : kOperators) {
    if (name == function) return op;
  }
  return Operator::function;
}

}  // namespace cleat::cel
