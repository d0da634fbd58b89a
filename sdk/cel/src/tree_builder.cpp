#include "tree_builder.h"

#include <algorithm>

namespace cleat::cel {

namespace {

size_t countNodes(const Expr& expr) {
  size_t count = 1;
  for (const ExprPtr& arg : expr.args) count += countNodes(*arg);
  if (expr.loop) {
    for (const ExprPtr* part :
         {&expr.loop->range, &expr.loop->initial, &expr.loop->condition, &expr.loop->step, &expr.loop->result}) {
      count += countNodes(**part);
    }
  }
  return count;
}

}  // namespace

void TreeBuilder::deepen(Expr& expr, const ExprPtr& below) {
  if (below == nullptr) return;
  expr.depth = std::max<uint16_t>(expr.depth, static_cast<uint16_t>(std::min(below->depth + 1, 0xffff)));
  depth_ = std::max(depth_, expr.depth);
}

void TreeBuilder::add(Expr& to, ExprPtr arg) {
  deepen(to, arg);
  to.args.push_back(std::move(arg));
}

ExprPtr TreeBuilder::constant(uint32_t offset, Value value) {
  ExprPtr expr = make(ExprKind::constant, offset);
  expr->constant = std::move(value);
  return expr;
}

ExprPtr TreeBuilder::ident(uint32_t offset, std::string name, bool takesOver) {
  ExprPtr expr = make(ExprKind::ident, offset);
  expr->name = std::move(name);
  expr->takesOver = takesOver;
  return expr;
}

ExprPtr TreeBuilder::select(uint32_t offset, ExprPtr operand, std::string field, bool testOnly) {
  ExprPtr expr = make(ExprKind::select, offset);
  expr->name = std::move(field);
  expr->testOnly = testOnly;
  add(*expr, std::move(operand));
  return expr;
}

ExprPtr TreeBuilder::call(uint32_t offset, std::string function, std::vector<ExprPtr> args, bool isMember) {
  ExprPtr expr = make(ExprKind::call, offset);
  expr->op = isMember ? Operator::function : operatorOf(function);
  expr->name = std::move(function);
  expr->isMember = isMember;
  for (ExprPtr& arg : args) add(*expr, std::move(arg));
  return expr;
}

ExprPtr TreeBuilder::list(uint32_t offset, std::vector<ExprPtr> elements) {
  ExprPtr expr = make(ExprKind::list, offset);
  expr->optional.assign(elements.size(), false);
  for (ExprPtr& element : elements) add(*expr, std::move(element));
  return expr;
}

ExprPtr TreeBuilder::fold(uint32_t offset, Comprehension loop) {
  ExprPtr expr = make(ExprKind::comprehension, offset);
  expr->loop = std::make_unique<Comprehension>(std::move(loop));
  for (const ExprPtr* part :
       {&expr->loop->range, &expr->loop->initial, &expr->loop->condition, &expr->loop->step, &expr->loop->result}) {
    deepen(*expr, *part);
  }
  return expr;
}

ExprPtr TreeBuilder::copy(const Expr& expr) {
  nodes_ += static_cast<uint32_t>(countNodes(expr));
  return tooMuch() ? nullptr : cloneExpr(expr);
}

}  // namespace cleat::cel
