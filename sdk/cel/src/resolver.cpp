#include "resolver.h"

#include <algorithm>

namespace cleat::cel {

namespace {

class Resolver {
 public:
  explicit Resolver(const Environment& environment) : environment_(environment) {
    most_ = environment.variables().size();
  }

  void resolve(ExprPtr& expr) {
    switch (expr->kind) {
      case ExprKind::ident: resolveIdent(*expr); return;
      case ExprKind::select: resolveSelect(expr); return;
      case ExprKind::call: resolveCall(*expr); return;
      case ExprKind::comprehension: resolveLoop(*expr->loop); return;
      case ExprKind::object: resolveObject(*expr); [[fallthrough]];
      default:
        for (ExprPtr& arg : expr->args) resolve(arg);
    }
  }

  size_t slots() const { return most_; }

 private:
  int32_t localSlot(std::string_view name) const {
    for (size_t i = locals_.size(); i-- > 0;) {
      if (locals_[i] == name) return static_cast<int32_t>(environment_.variables().size() + i);
    }
    return -1;
  }

  // The name in the container and in each one around it.
  template <class F>
  bool eachCandidate(std::string_view name, F found) const {
    if (name.starts_with('.')) return found(std::string(name.substr(1)));
    std::string container = environment_.checking().container;
    while (!container.empty()) {
      if (found(container + "." + std::string(name))) return true;
      const size_t dot = container.rfind('.');
      container.resize(dot == std::string::npos ? 0 : dot);
    }
    return found(std::string(name));
  }

  bool asVariableOrType(Expr& expr, const std::string& name) const {
    return eachCandidate(name, [&](const std::string& candidate) {
      const auto& variables = environment_.variables();
      // A name that is declared again hides the one before.
      for (size_t i = variables.size(); i-- > 0;) {
        if (variables[i].name != candidate) continue;
        become(expr, candidate);
        expr.slot = static_cast<int32_t>(i);
        expr.type = variables[i].type;
        return true;
      }
      TypeRef type = environment_.functions().findType(candidate);
      if (!type) return false;
      become(expr, candidate);
      expr.kind = ExprKind::constant;
      expr.constant = Value::type(type);
      expr.type = types::typeOf(type);
      return true;
    });
  }

  static void become(Expr& expr, const std::string& name) {
    expr.kind = ExprKind::ident;
    expr.name = name;
    expr.args.clear();
  }

  void resolveIdent(Expr& expr) {
    expr.slot = localSlot(expr.name);
    if (expr.slot < 0) (void)asVariableOrType(expr, expr.name);
  }

  void resolveSelect(ExprPtr& expr) {
    if (!expr->testOnly) {
      const std::string name = qualifiedName(*expr);
      const std::string first = name.substr(0, name.find('.', 1));
      if (!name.empty() && localSlot(first) < 0 && asVariableOrType(*expr, name)) return;
    }
    resolve(expr->args[0]);
  }

  bool asFunction(Expr& expr, const std::string& name) const {
    return eachCandidate(name, [&](const std::string& candidate) {
      const FunctionTable::Overloads* overloads = environment_.functions().find(candidate);
      if (!overloads) return false;
      expr.name = candidate;
      take(expr, *overloads);
      return true;
    });
  }

  static void take(Expr& expr, const FunctionTable::Overloads& overloads) {
    expr.overloads.clear();
    for (const auto& overload : overloads) {
      if (overload->isMember == expr.isMember && overload->params.size() == expr.args.size()) {
        expr.overloads.push_back(overload.get());
      }
    }
  }

  void resolveCall(Expr& expr) {
    expr.written = expr.name;
    if (expr.isMember) {
      const std::string target = qualifiedName(expr.arg(0));
      if (!target.empty() && localSlot(target.substr(0, target.find('.', 1))) < 0 &&
          asNamespaced(expr, target + "." + expr.name)) {
        for (ExprPtr& arg : expr.args) resolve(arg);
        return;
      }
      if (const auto* overloads = environment_.functions().find(expr.name)) take(expr, *overloads);
    } else {
      (void)asFunction(expr, expr.name);
    }
    for (ExprPtr& arg : expr.args) resolve(arg);
  }

  // a.b(c) may be the function a.b.
  bool asNamespaced(Expr& expr, const std::string& name) {
    expr.isMember = false;
    ExprPtr target = std::move(expr.args.front());
    expr.args.erase(expr.args.begin());
    if (asFunction(expr, name)) {
      expr.written = expr.name;
      return true;
    }
    expr.isMember = true;
    expr.args.insert(expr.args.begin(), std::move(target));
    return false;
  }

  void resolveObject(Expr& expr) const {
    (void)eachCandidate(expr.name, [&](const std::string& candidate) {
      TypeRef type = environment_.findObject(candidate);
      if (!type) return false;
      expr.name = candidate;
      expr.type = std::move(type);
      return true;
    });
  }

  int32_t enter(const std::string& name) {
    locals_.push_back(name);
    const size_t slot = environment_.variables().size() + locals_.size() - 1;
    most_ = std::max(most_, slot + 1);
    return static_cast<int32_t>(slot);
  }

  void resolveLoop(Comprehension& loop) {
    resolve(loop.range);
    resolve(loop.initial);
    const size_t before = locals_.size();
    loop.accumulatorSlot = enter(loop.accumulator);
    loop.slot = enter(loop.variable);
    if (!loop.second.empty()) loop.secondSlot = enter(loop.second);
    resolve(loop.condition);
    resolve(loop.step);
    locals_.resize(before + 1);
    resolve(loop.result);
    locals_.resize(before);
  }

  const Environment& environment_;
  std::vector<std::string> locals_;
  size_t most_ = 0;
};

}  // namespace

size_t resolveNames(ExprPtr& expr, const Environment& environment) {
  Resolver resolver(environment);
  resolver.resolve(expr);
  return resolver.slots();
}

}  // namespace cleat::cel
