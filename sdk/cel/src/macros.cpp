#include "macros.h"

#include <cleat/sdk/text.h>

#include <array>
#include <utility>

namespace cleat::cel {

namespace {

constexpr const char* kSimpleName = "argument must be a simple name";

class Expansion {
 public:
  Expansion(MacroCall& call, TreeBuilder& build, Issue& issue) : call_(call), build_(build), issue_(issue) {}

  ExprPtr has() {
    Expr& arg = *call_.args[0];
    if (arg.kind == ExprKind::select && !arg.testOnly) {
      arg.testOnly = true;
      return std::move(call_.args[0]);
    }
    return refuse(arg, "invalid argument to has() macro");
  }

  ExprPtr all() {
    auto loop = begin(boolean(true));
    if (!loop) return nullptr;
    loop->condition = call(ops::kNotStrictlyFalse, exprs(result()));
    loop->step = call(ops::kAnd, exprs(result(), last()));
    return finish(std::move(*loop), result());
  }

  ExprPtr exists() {
    auto loop = begin(boolean(false));
    if (!loop) return nullptr;
    loop->condition = call(ops::kNotStrictlyFalse, exprs(call(ops::kNot, exprs(result()))));
    loop->step = call(ops::kOr, exprs(result(), last()));
    return finish(std::move(*loop), result());
  }

  ExprPtr existsOne() {
    auto loop = begin(integer(0));
    if (!loop) return nullptr;
    loop->condition = boolean(true);
    ExprPtr more = call(ops::kAdd, exprs(result(), integer(1)));
    loop->step = call(ops::kConditional, exprs(last(), std::move(more), result()));
    return finish(std::move(*loop), call(ops::kEquals, exprs(result(), integer(1))));
  }

  // map(x, e), map(x, p, e), transformList(i, v, e), transformList(i, v, p, e)
  ExprPtr mapped(size_t variables) {
    auto loop = begin(build_.list(call_.offset, {}), variables);
    if (!loop) return nullptr;
    loop->condition = boolean(true);
    ExprPtr step = call(ops::kAdd, exprs(result(true), build_.list(call_.offset, exprs(last()))));
    return finish(std::move(*loop), result(true), filtered(std::move(step), variables));
  }

  ExprPtr filter() {
    auto loop = begin(build_.list(call_.offset, {}));
    if (!loop) return nullptr;
    loop->condition = boolean(true);
    ExprPtr element = build_.ident(call_.args[0]->offset, loop->variable);
    ExprPtr step = call(ops::kAdd, exprs(result(true), build_.list(call_.offset, exprs(std::move(element)))));
    loop->step = call(ops::kConditional, exprs(last(), std::move(step), result(true)));
    return finish(std::move(*loop), result(true));
  }

  // transformMap(k, v, e), transformMap(k, v, p, e)
  ExprPtr transformMap() {
    auto loop = begin(build_.make(ExprKind::map, call_.offset), 2);
    if (!loop) return nullptr;
    loop->condition = boolean(true);
    ExprPtr key = build_.ident(call_.args[0]->offset, loop->variable);
    ExprPtr step = call("cel.@mapInsert", exprs(result(true), std::move(key), last()));
    return finish(std::move(*loop), result(true), filtered(std::move(step), 2));
  }

  // transformMapEntry(k, v, {k2: v2}), transformMapEntry(k, v, p, {k2: v2}); of a list k is the index.
  ExprPtr transformMapEntry() {
    auto loop = begin(build_.make(ExprKind::map, call_.offset), 2);
    if (!loop) return nullptr;
    loop->condition = boolean(true);
    ExprPtr step = call("cel.@mapInsert", exprs(result(true), last()));
    return finish(std::move(*loop), result(true), filtered(std::move(step), 2));
  }

  ExprPtr bind() {
    if (call_.args[0]->kind != ExprKind::ident) {
      return refuse(*call_.args[0], "cel.bind() variable names must be simple identifiers");
    }
    return bound(call_.args[0]->name, std::move(call_.args[1]), std::move(call_.args[2]));
  }

  // cel.bind(input, target, input.@sortByAssociatedKeys(input.map(x, key)))
  ExprPtr sortBy() {
    constexpr const char* kInput = "@__sortBy_input__";
    const ExprKind kind = call_.target->kind;
    if (kind == ExprKind::constant || kind == ExprKind::map || kind == ExprKind::object) {
      return refuse(*call_.target,
                    "sortBy can only be applied to a list, identifier, comprehension, call or select expression");
    }
    ExprPtr target = std::exchange(call_.target, build_.ident(call_.offset, kInput));
    ExprPtr keys = mapped(1);
    if (!keys) return nullptr;
    ExprPtr input = build_.ident(call_.offset, kInput);
    ExprPtr sorted = build_.call(call_.offset, "@sortByAssociatedKeys", exprs(std::move(input), std::move(keys)), true);
    return bound(kInput, std::move(target), std::move(sorted));
  }

  // target.hasValue() ? optional.of(bind(v, target.value(), e)) : optional.none()
  ExprPtr optionalMap(bool isFlat) {
    if (call_.args[0]->kind != ExprKind::ident) {
      return refuse(*call_.args[0], isFlat ? "optFlatMap() variable name must be a simple identifier"
                                           : "optMap() variable name must be a simple identifier");
    }
    ExprPtr again = build_.copy(*call_.target);
    if (!again) return nullptr;
    ExprPtr value = build_.call(call_.offset, "value", exprs(std::move(again)), true);
    ExprPtr mapped = bound(call_.args[0]->name, std::move(value), std::move(call_.args[1]));
    if (!isFlat) mapped = call("optional.of", exprs(std::move(mapped)));
    ExprPtr has = build_.call(call_.offset, "hasValue", exprs(std::move(call_.target)), true);
    return call(ops::kConditional, exprs(std::move(has), std::move(mapped), call("optional.none", {})));
  }

 private:
  ExprPtr boolean(bool value) { return build_.constant(call_.offset, Value::boolean(value)); }
  ExprPtr integer(int64_t value) { return build_.constant(call_.offset, Value::integer(value)); }
  ExprPtr result(bool takesOver = false) { return build_.ident(call_.offset, kAccumulator, takesOver); }
  ExprPtr last() { return std::move(call_.args.back()); }
  ExprPtr call(const char* function, std::vector<ExprPtr> args) {
    return build_.call(call_.offset, function, std::move(args));
  }
  ExprPtr refuse(const Expr& at, std::string message) {
    issue_ = {at.offset, std::move(message)};
    return nullptr;
  }

  // With the variables that the first arguments name.
  std::unique_ptr<Comprehension> begin(ExprPtr initial, size_t variables = 0) {
    if (variables == 0) variables = call_.args.size() - 1;
    for (size_t i = 0; i < variables; ++i) {
      const Expr& arg = *call_.args[i];
      const bool isName = arg.kind == ExprKind::ident && !arg.name.starts_with('.');
      if (!isName || (i == 1 && arg.name == call_.args[0]->name)) {
        refuse(arg, isName ? concat("duplicate variable name: ", arg.name) : kSimpleName);
        return nullptr;
      }
    }
    auto loop = std::make_unique<Comprehension>();
    loop->variable = call_.args[0]->name;
    if (variables == 2) loop->second = call_.args[1]->name;
    loop->accumulator = kAccumulator;
    loop->range = std::move(call_.target);
    loop->initial = std::move(initial);
    return loop;
  }

  // With the predicate before the last argument, if there is one.
  ExprPtr filtered(ExprPtr step, size_t variables) {
    if (call_.args.size() < variables + 2) return step;
    return call(ops::kConditional, exprs(std::move(call_.args[variables]), std::move(step), result(true)));
  }

  ExprPtr finish(Comprehension loop, ExprPtr result, ExprPtr step = nullptr) {
    if (step) loop.step = std::move(step);
    loop.result = std::move(result);
    return build_.fold(call_.offset, std::move(loop));
  }

  ExprPtr bound(const std::string& name, ExprPtr value, ExprPtr body) {
    Comprehension loop;
    loop.isBind = true;
    loop.variable = "#unused";
    loop.accumulator = name;
    loop.range = build_.list(call_.offset, {});
    loop.initial = std::move(value);
    loop.condition = boolean(false);
    loop.step = build_.ident(call_.offset, name);
    loop.result = std::move(body);
    return build_.fold(call_.offset, std::move(loop));
  }

  MacroCall& call_;
  TreeBuilder& build_;
  Issue& issue_;
};

bool isNamespace(const ExprPtr& target, std::string_view name) {
  return target && target->kind == ExprKind::ident && target->name == name;
}

}  // namespace

bool expandMacro(MacroCall& call, const ParseOptions& options, TreeBuilder& build, ExprPtr& expanded, Issue& issue) {
  Expansion expansion(call, build, issue);
  const size_t count = call.args.size();
  const std::string_view name = call.name;
  if (!call.target) {
    if (name != "has" || count != 1) return false;
    expanded = expansion.has();
    return true;
  }
  const bool two = options.twoVariables && count == 3;
  const bool ranges = count == 2 || two;
  if (name == "bind" && options.bind && isNamespace(call.target, "cel") && count == 3) {
    expanded = expansion.bind();
  } else if (name == "all" && ranges) {
    expanded = expansion.all();
  } else if (name == "exists" && ranges) {
    expanded = expansion.exists();
  } else if ((name == "exists_one" && ranges) || (name == "existsOne" && (two || (options.existsOne && count == 2)))) {
    expanded = expansion.existsOne();
  } else if (name == "map" && (count == 2 || count == 3)) {
    expanded = expansion.mapped(1);
  } else if (name == "sortBy" && options.sortBy && count == 2) {
    expanded = expansion.sortBy();
  } else if (name == "filter" && count == 2) {
    expanded = expansion.filter();
  } else if (name == "transformList" && options.twoVariables && (count == 3 || count == 4)) {
    expanded = expansion.mapped(2);
  } else if (name == "transformMap" && options.twoVariables && (count == 3 || count == 4)) {
    expanded = expansion.transformMap();
  } else if (name == "transformMapEntry" && options.twoVariables && (count == 3 || count == 4)) {
    expanded = expansion.transformMapEntry();
  } else if ((name == "optMap" || name == "optFlatMap") && options.optionals && count == 2) {
    expanded = expansion.optionalMap(name == "optFlatMap");
  } else {
    return false;
  }
  return true;
}

}  // namespace cleat::cel
