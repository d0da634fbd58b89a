#include "checker.h"

#include <map>

#include "literal_checks.h"
#include "type_unifier.h"

namespace cleat::cel {

namespace {

std::string shownAll(const std::vector<TypeRef>& types, size_t from) {
  std::string text = "(";
  for (size_t i = from; i < types.size(); ++i) {
    if (i > from) text += ", ";
    text += shown(*types[i]);
  }
  return text + ")";
}

class Checker {
 public:
  Checker(const Environment& environment, std::vector<Issue>& issues) : environment_(environment), issues_(issues) {
    for (size_t i = 0; i < environment.variables().size(); ++i) {
      slots_[static_cast<int32_t>(i)] = environment.variables()[i].type;
    }
  }

  void check(Expr& expr) {
    checked_.push_back(&expr);
    checkKind(expr);
    if (expr.type->parts <= kMostTypeParts) return;
    tell(expr, "type is too complex");
    expr.type = types::error();
  }

  void finish() {
    for (Expr* expr : checked_) expr->type = unifier_.substitute(expr->type, true);
    if (!issues_.empty() || !environment_.checking().oneElementType) return;
    for (const Expr* expr : checked_) {
      if (expr->kind == ExprKind::call) checkLiteralCall(*expr, issues_);
    }
    for (const Expr* literal : uniform_) checkOneType(*literal, issues_);
  }

 private:
  void checkKind(Expr& expr) {
    switch (expr.kind) {
      case ExprKind::constant:
        if (!expr.type) expr.type = typeOf(expr.constant);
        return;
      case ExprKind::ident: return checkIdent(expr);
      case ExprKind::select: return checkSelect(expr);
      case ExprKind::call: return checkCall(expr);
      case ExprKind::list: return checkList(expr);
      case ExprKind::map: return checkMap(expr);
      case ExprKind::object: return checkObject(expr);
      case ExprKind::comprehension: return checkLoop(expr);
    }
  }

  void tell(const Expr& at, std::string message) { issues_.push_back({at.offset, std::move(message)}); }

  void undeclared(Expr& expr, const std::string& name) {
    tell(expr, "undeclared reference to '" + (name.starts_with('.') ? name.substr(1) : name) + "' (in container '" +
                   environment_.checking().container + "')");
    expr.type = types::error();
  }

  void checkIdent(Expr& expr) {
    if (expr.slot < 0) return undeclared(expr, expr.name);
    expr.type = slots_[expr.slot];
  }

  void checkSelect(Expr& expr) {
    check(*expr.args[0]);
    // Of a value that may not be there comes a field that may not be there.
    TypeRef operand = unifier_.substitute(expr.arg(0).type, false);
    const bool optional = isOptional(operand);
    if (optional) operand = unifier_.substitute(operand->parameters[0], false);
    TypeRef field = fieldType(expr, operand, expr.name);
    if (expr.testOnly) {
      expr.type = types::boolean();
    } else {
      expr.type = optional ? types::optional(field) : field;
    }
  }

  // Also puts in the name that the object itself has for the field.
  TypeRef fieldType(Expr& expr, const TypeRef& operand, std::string& name) {
    switch (operand->kind) {
      case TypeKind::error:
      case TypeKind::dyn: return types::dyn();
      case TypeKind::map: return operand->parameters[1];
      case TypeKind::parameter: (void)unifier_.assignable(types::dyn(), operand); return types::dyn();
      case TypeKind::object:
        if (operand->schema) {
          if (auto field = operand->schema->field(name)) {
            expr.written = name;
            name = field->name;
            return field->type;
          }
        }
        tell(expr, "undefined field '" + name + "'");
        return types::error();
      default: tell(expr, "type '" + shown(*operand) + "' does not support field selection"); return types::error();
    }
  }

  void checkCall(Expr& expr) {
    if (expr.op == Operator::optionalSelect) return checkOptionalSelect(expr);
    // What is put into a text may be of several types.
    const bool mixes = expr.isMember && expr.name == "format";
    mixing_ += mixes ? 1 : 0;
    for (ExprPtr& arg : expr.args) check(*arg);
    mixing_ -= mixes ? 1 : 0;
    const FunctionTable::Overloads* declared = environment_.functions().find(expr.name);
    if (declared == nullptr) return undeclared(expr, expr.written);
    std::vector<TypeRef> args;
    for (const ExprPtr& arg : expr.args) args.push_back(arg->type);
    if (expr.op == Operator::logicalAnd || expr.op == Operator::logicalOr) return checkLogical(expr);
    resolveOverloads(expr, args);
  }

  // Of what is put together by && and || each side is asked for by itself.
  void checkLogical(Expr& expr) {
    for (const ExprPtr& arg : expr.args) {
      if (!unifier_.assignable(types::boolean(), arg->type)) mismatch(*arg, types::boolean(), arg->type);
    }
    expr.type = types::boolean();
  }

  void resolveOverloads(Expr& expr, const std::vector<TypeRef>& args) {
    std::vector<const Overload*> remaining;
    TypeRef result;
    for (const Overload* overload : expr.overloads) {
      TypeUnifier::Renaming renaming;
      std::vector<TypeRef> params;
      for (const TypeRef& param : overload->params) params.push_back(unifier_.instance(param, renaming));
      const TypeRef returned = unifier_.instance(overload->result, renaming);
      if (!unifier_.assignable(args, params)) continue;
      remaining.push_back(overload);
      const TypeRef now = unifier_.substitute(returned, false);
      if (!result) {
        result = now;
      } else if (!isDyn(result) && !sameType(*now, *result)) {
        result = types::dyn();
      }
    }
    if (!result) return noOverload(expr, args);
    expr.overloads = std::move(remaining);
    expr.type = std::move(result);
  }

  void noOverload(Expr& expr, const std::vector<TypeRef>& args) {
    expr.type = types::error();
    std::vector<TypeRef> known;
    for (const TypeRef& arg : args) known.push_back(unifier_.substitute(arg, true));
    for (const TypeRef& arg : known) {
      if (arg->kind == TypeKind::error) return;  // said already
    }
    const std::string applied = expr.isMember ? shown(*known[0]) + "." + shownAll(known, 1) : shownAll(known, 0);
    tell(expr, "found no matching overload for '" + expr.written + "' applied to '" + applied + "'");
  }

  void checkOptionalSelect(Expr& expr) {
    check(*expr.args[0]);
    check(*expr.args[1]);
    TypeRef operand = unifier_.substitute(expr.arg(0).type, false);
    if (isOptional(operand)) operand = unifier_.substitute(operand->parameters[0], false);
    expr.name = std::string(expr.arg(1).constant.asText());
    expr.type = types::optional(fieldType(expr, operand, expr.name));
    expr.args[1]->constant = Value::ownText(expr.name);
    expr.name = ops::kOptionalSelect;
  }

  // The type of both; dyn of what has none in common.
  TypeRef joined(const TypeRef& before, const TypeRef& now) {
    if (!before) return now;
    return unifier_.assignable(before, now) ? TypeUnifier::moreGeneral(before, now) : types::dyn();
  }

  void mismatch(const Expr& at, const TypeRef& expected, const TypeRef& found) {
    const TypeRef a = unifier_.substitute(expected, true), b = unifier_.substitute(found, true);
    if (a->kind == TypeKind::error || b->kind == TypeKind::error) return;
    tell(at, "expected type '" + shown(*a) + "' but found '" + shown(*b) + "'");
  }

  TypeRef entryType(const Expr& entry, bool optional) {
    if (!optional) return entry.type;
    const TypeRef type = unifier_.substitute(entry.type, false);
    if (isOptional(type)) return type->parameters[0];
    if (isDyn(type)) return types::dyn();
    mismatch(entry, types::optional(type), type);
    return types::error();
  }

  void checkList(Expr& expr) {
    if (mixing_ == 0) uniform_.push_back(&expr);
    TypeRef element;
    for (size_t i = 0; i < expr.args.size(); ++i) {
      check(*expr.args[i]);
      element = joined(element, entryType(*expr.args[i], expr.optional[i]));
    }
    expr.type = types::list(element ? element : unifier_.fresh());
  }

  void checkMap(Expr& expr) {
    if (mixing_ == 0) uniform_.push_back(&expr);
    TypeRef key, value;
    for (size_t i = 0; i < expr.args.size(); i += 2) {
      check(*expr.args[i]);
      key = joined(key, expr.args[i]->type);
      check(*expr.args[i + 1]);
      value = joined(value, entryType(*expr.args[i + 1], expr.optional[i / 2]));
    }
    if (!key) {
      key = unifier_.fresh();
      value = unifier_.fresh();
    }
    expr.type = types::map(key, value);
  }

  void checkObject(Expr& expr) {
    for (ExprPtr& arg : expr.args) check(*arg);
    if (!expr.type) return undeclared(expr, expr.name);
    for (size_t i = 0; i < expr.args.size(); ++i) {
      TypeRef field = fieldType(*expr.args[i], expr.type, expr.fields[i]);
      const TypeRef given = entryType(*expr.args[i], expr.optional[i]);
      if (!unifier_.assignable(field, given)) {
        tell(*expr.args[i], "expected type of field '" + expr.fields[i] + "' is '" +
                                shown(*unifier_.substitute(field, true)) + "' but provided type is '" +
                                shown(*unifier_.substitute(given, true)) + "'");
      }
    }
  }

  void checkLoop(Expr& expr) {
    Comprehension& loop = *expr.loop;
    check(*loop.range);
    check(*loop.initial);
    slots_[loop.accumulatorSlot] = loop.initial->type;
    declareLoopVariables(loop);
    check(*loop.condition);
    if (!unifier_.assignable(types::boolean(), loop.condition->type)) {
      mismatch(*loop.condition, types::boolean(), loop.condition->type);
    }
    check(*loop.step);
    if (!loop.isBind && !unifier_.assignable(loop.initial->type, loop.step->type)) {
      mismatch(*loop.step, loop.initial->type, loop.step->type);
    }
    check(*loop.result);
    expr.type = loop.result->type;
  }

  void declareLoopVariables(const Comprehension& loop) {
    const TypeRef range = unifier_.substitute(loop.range->type, false);
    TypeRef first = types::dyn(), second = types::dyn();
    if (range->kind == TypeKind::list) {
      first = loop.second.empty() ? range->parameters[0] : types::integer();
      second = range->parameters[0];
    } else if (range->kind == TypeKind::map) {
      first = range->parameters[0];
      second = range->parameters[1];
    } else if (range->kind == TypeKind::parameter) {
      (void)unifier_.assignable(types::dyn(), range);
    } else if (!isDyn(range)) {
      tell(*loop.range, "expression of type '" + shown(*range) +
                            "' cannot be range of a comprehension (must be list, map, or dynamic)");
      first = second = types::error();
    }
    slots_[loop.slot] = first;
    if (!loop.second.empty()) slots_[loop.secondSlot] = second;
  }

  const Environment& environment_;
  std::vector<Issue>& issues_;
  TypeUnifier unifier_;
  std::map<int32_t, TypeRef> slots_;
  std::vector<Expr*> checked_;
  std::vector<const Expr*> uniform_;  // lists and maps that are to be of one type
  int mixing_ = 0;                    // how many calls are around whose arguments may be lists of several types
};

}  // namespace

void checkTypes(Expr& expr, const Environment& environment, std::vector<Issue>& issues) {
  Checker checker(environment, issues);
  checker.check(expr);
  checker.finish();
}

}  // namespace cleat::cel
