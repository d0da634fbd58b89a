// An expression that is ready to be evaluated, by any number of threads at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cleat/cel/ast.h"
#include "cleat/cel/cost.h"

namespace cleat::cel {

class FunctionTable;

struct EvaluationLimits {
  uint64_t cost = ~uint64_t{0};
};

struct Evaluated {
  Value value;  // an error is one too
  uint64_t cost = 0;
  bool overCost = false;  // the value is the error that says so
};

inline constexpr const char* kOverCost = "operation cancelled: actual cost limit exceeded";

class Program {
 public:
  // `slots`: of variables and of those that loops bring. Made by Environment.
  Program(std::string source, ExprPtr expr, std::vector<std::string> variables, size_t slots,
          std::shared_ptr<const FunctionTable> functions, std::string fault = {})
      : source_(std::move(source)), expr_(std::move(expr)), variables_(std::move(variables)), slots_(slots),
        functions_(std::move(functions)), fault_(std::move(fault)) {}

  // One value for each variable that was declared, in that order; an absent one is a variable without a value.
  Evaluated evaluate(std::span<const Value> variables, const EvaluationLimits& limits = {}) const;

  const std::string& source() const { return source_; }
  const Expr& expr() const { return *expr_; }
  const TypeRef& type() const { return expr_->type; }
  bool uses(std::string_view variable) const;
  // What no evaluation could get past ("type conversion error from 'string' to 'int'" of int('x')); empty: nothing is
  // known to be so. Only where literals are looked at (CheckOptions).
  const std::string& fault() const { return fault_; }
  // What evaluating it can cost, by the sizes that the types of variables declare. `root` is the type of the one that
  // the expression is about.
  CostRange estimate(const TypeRef& root = nullptr) const;

 private:
  std::string source_;
  ExprPtr expr_;
  std::vector<std::string> variables_;
  size_t slots_;
  std::shared_ptr<const FunctionTable> functions_;  // of which the overloads are
  std::string fault_;
};

}  // namespace cleat::cel
