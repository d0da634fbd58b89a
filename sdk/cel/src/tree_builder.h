// Nodes of a tree, made with their places and within the limits. Private to the library.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cleat/cel/ast.h"
#include "cleat/cel/parser.h"

namespace cleat::cel {

class TreeBuilder {
 public:
  explicit TreeBuilder(const ParseOptions& options) : options_(options) {}

  ExprPtr make(ExprKind kind, uint32_t offset) {
    ++nodes_;
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->offset = offset;
    return expr;
  }
  ExprPtr constant(uint32_t offset, Value value);
  ExprPtr ident(uint32_t offset, std::string name, bool takesOver = false);
  ExprPtr select(uint32_t offset, ExprPtr operand, std::string field, bool testOnly = false);
  ExprPtr call(uint32_t offset, std::string function, std::vector<ExprPtr> args, bool isMember = false);
  ExprPtr list(uint32_t offset, std::vector<ExprPtr> elements);
  ExprPtr fold(uint32_t offset, Comprehension loop);
  // A copy, or nothing where it would become too much.
  ExprPtr copy(const Expr& expr);
  // Adds to a list, a map or an object.
  void add(Expr& to, ExprPtr arg);

  bool tooMuch() const { return nodes_ > options_.maxNodes; }
  bool tooDeep() const { return depth_ > options_.maxTreeDepth; }
  uint32_t nodes() const { return nodes_; }

 private:
  void deepen(Expr& expr, const ExprPtr& below);

  const ParseOptions& options_;
  uint32_t nodes_ = 0;
  uint16_t depth_ = 0;
};

template <class... A>
std::vector<ExprPtr> exprs(A... each) {
  std::vector<ExprPtr> all;
  (all.push_back(std::move(each)), ...);
  return all;
}

}  // namespace cleat::cel
