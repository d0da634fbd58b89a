// What an expression comes to: the checked tree is walked as it is.
#include <cleat/sdk/text.h>

#include <array>

#include "cleat/cel/program.h"
#include "cost_chain.h"
#include "cost_lists.h"
#include "dispatch.h"
#include "elements.h"

namespace cleat::cel {

namespace {

constexpr size_t kMostLookedAt = 4'000'000;

Value noOverload() { return Value::error("no such overload"); }

// Values of libraries, and what comes out of objects, compare with their like alone.
bool isIncomparable(const Value& left, const Value& right) {
  if (left.kind() == right.kind() || right.is(ValueKind::null)) {
    return left.is(ValueKind::opaque) && right.is(ValueKind::opaque) &&
           left.asOpaque().type()->name != right.asOpaque().type()->name;
  }
  if (left.is(ValueKind::opaque)) return true;
  if (left.is(ValueKind::map)) return dynamic_cast<const VectorMap*>(&left.asMap()) == nullptr;
  return left.is(ValueKind::list) && dynamic_cast<const VectorList*>(&left.asList()) == nullptr;
}

class Evaluation {
 public:
  Evaluation(std::span<const Value> variables, size_t slots, uint64_t limit) : variables_(variables), limit_(limit) {
    const size_t locals = slots > variables.size() ? slots - variables.size() : 0;
    if (locals > inline_.size()) more_.resize(locals);
    locals_ = more_.empty() ? inline_.data() : more_.data();
  }

  Value eval(const Expr& expr) {
    if (cost_ > limit_) return overCost();
    switch (expr.kind) {
      case ExprKind::constant: return expr.constant;
      case ExprKind::ident: return ident(expr);
      case ExprKind::select: return select(expr);
      case ExprKind::call: return call(expr);
      case ExprKind::list: return expr.constant.isAbsent() ? list(expr) : expr.constant;
      case ExprKind::map: return expr.constant.isAbsent() ? map(expr) : expr.constant;
      case ExprKind::object: return object(expr);
      case ExprKind::comprehension: return expr.loop->isBind ? bind(*expr.loop) : fold(*expr.loop);
    }
    return noOverload();
  }

  uint64_t cost() const { return cost_; }
  bool isOver() const { return cost_ > limit_; }

 private:
  static Value overCost() { return Value::error(kOverCost); }

  Value ident(const Expr& expr) {
    ++cost_;
    if (expr.slot < 0) return Value::error("no such attribute(s): " + expr.name);
    const auto slot = static_cast<size_t>(expr.slot);
    if (slot >= variables_.size()) return expr.takesOver ? std::move(local(expr.slot)) : local(expr.slot);
    if (variables_[slot].isAbsent()) return Value::error("no such attribute(s): " + expr.name);
    return variables_[slot];
  }

  // What `expr` comes to, where it stands if it stands somewhere: counting who holds a value costs more than looking at
  // it. Otherwise it is put in `made`.
  const Value& look(const Expr& expr, Value& made) {
    if (cost_ <= limit_ && expr.kind == ExprKind::constant) return expr.constant;
    if (cost_ <= limit_ && expr.kind == ExprKind::ident && expr.slot >= 0 && !expr.takesOver) {
      const auto slot = static_cast<size_t>(expr.slot);
      const Value& there = slot < variables_.size() ? variables_[slot] : local(expr.slot);
      cost_ += there.isAbsent() ? 0 : 1;
      if (!there.isAbsent()) return there;
    }
    return made = eval(expr);
  }

  Value select(const Expr& expr) {
    Value made;
    const Value& operand = look(expr.arg(0), made);
    if (operand.isError()) return operand;
    cost_ += costOfBeginning(expr.arg(0));
    if (operand.is(ValueKind::optional)) {
      const Value& inside = operand.asOptional();
      Value field = inside.isAbsent() ? Value() : fieldOf(inside, expr.name);
      if (field.isError()) return field;
      if (expr.testOnly) return Value::boolean(!field.isAbsent());
      cost_ += field.isAbsent() ? 0 : 1;
      return Value::optional(std::move(field));
    }
    Value field = fieldOf(operand, expr.name);
    if (field.isError()) return field;
    if (expr.testOnly) return Value::boolean(!field.isAbsent());
    ++cost_;
    if (field.isAbsent()) return Value::error("no such key: " + (expr.written.empty() ? expr.name : expr.written));
    return field;
  }

  Value call(const Expr& expr) {
    if (!expr.constant.isAbsent()) return expr.constant;
    switch (expr.op) {
      case Operator::logicalAnd: return logical(expr, false);
      case Operator::logicalOr: return logical(expr, true);
      case Operator::conditional: return conditional(expr);
      case Operator::notStrictlyFalse: {
        ++cost_;
        const Value value = eval(expr.arg(0));
        return Value::boolean(!value.isFalse());
      }
      case Operator::logicalNot: {
        Value value = eval(expr.arg(0));
        if (value.isError()) return value;
        ++cost_;
        return value.is(ValueKind::boolean) ? Value::boolean(!value.asBoolean()) : noOverload();
      }
      case Operator::function: return function(expr);
      default: return binary(expr);
    }
  }

  // One side may decide whatever the other comes to, an error included.
  Value logical(const Expr& expr, bool decides) {
    Value left = eval(expr.arg(0));
    if (left.is(ValueKind::boolean) && left.asBoolean() == decides) return left;
    Value right = eval(expr.arg(1));
    if (right.is(ValueKind::boolean) && right.asBoolean() == decides) return right;
    if (left.isError()) return left;
    if (right.isError()) return right;
    if (!left.is(ValueKind::boolean) || !right.is(ValueKind::boolean)) return noOverload();
    return right;
  }

  Value conditional(const Expr& expr) {
    Value condition = eval(expr.arg(0));
    if (condition.isError()) return condition;
    if (!condition.is(ValueKind::boolean)) return noOverload();
    const Expr& chosen = expr.arg(condition.asBoolean() ? 1 : 2);
    Value value = eval(chosen);
    cost_ -= isChain(chosen) && cost_ > 0 ? 1 : 0;
    return value;
  }

  Value binary(const Expr& expr) {
    Value madeLeft, madeRight;
    const Value& left = look(expr.arg(0), madeLeft);
    if (left.isError()) return left;
    const Value& right = look(expr.arg(1), madeRight);
    if (right.isError()) return right;
    switch (expr.op) {
      case Operator::equals:
      case Operator::differs: {
        cost_ += scaled(std::min(sizeForCost(left), sizeForCost(right)), kTraversalFactor);
        if (isIncomparable(left, right)) return expr.op == Operator::equals ? noOverload() : Value::boolean(true);
        return Value::boolean(isSame(left, right) == (expr.op == Operator::equals));
      }
      case Operator::in:
        return isIn(left, right, isOpen(expr) || !right.is(ValueKind::list) ? 1 : right.asList().size());
      case Operator::inLiteral: return isIn(left, right, 0);
      default: return step(expr, left, right);
    }
  }

  // Costs go by what is compared, not by what is in it: so much is looked at and no more.
  bool isSame(const Value& left, const Value& right) {
    if (looked_ > kMostLookedAt) cost_ = saturatingAdd(limit_, 1);
    return cost_ <= limit_ && sameValue(left, right, looked_);
  }

  Value step(const Expr& expr, const Value& operand, const Value& key) {
    cost_ += costOfBeginning(expr.arg(0));
    // A chain that says which entry is a part of this one, and begins for nothing.
    cost_ -= isChain(expr.arg(1)) && cost_ > 0 ? 1 : 0;
    Value found = expr.op == Operator::index ? index(operand, key)
                                             : optionally(operand, key, expr.op == Operator::optionalSelect);
    cost_ += found.is(ValueKind::optional) && found.asOptional().isAbsent() ? 0 : 1;
    return found;
  }

  Value isIn(const Value& element, const Value& container, uint64_t cost) {
    cost_ = saturatingAdd(cost_, cost);
    if (cost_ > limit_) return overCost();
    if (container.is(ValueKind::map)) return Value::boolean(!container.asMap().find(element).isAbsent());
    if (!container.is(ValueKind::list)) return noOverload();
    const ListValue& list = container.asList();
    for (size_t i = 0; i < list.size(); ++i) {
      if (isSame(list.at(i), element)) return Value::boolean(true);
      if (cost_ > limit_) return overCost();
    }
    return Value::boolean(false);
  }

  static Value index(const Value& operand, const Value& key) {
    if (operand.is(ValueKind::optional)) return optionally(operand, key, false);
    Value element = elementAt(operand, key);
    if (!element.isAbsent()) return element;
    if (operand.is(ValueKind::list)) return Value::error("index out of bounds: " + shown(key));
    return Value::error("no such key: " + shown(key));
  }

  static Value optionally(const Value& operand, const Value& key, bool isField) {
    const Value& inside = operand.is(ValueKind::optional) ? operand.asOptional() : operand;
    if (inside.isAbsent()) return Value::optional({});
    Value element = isField ? fieldOf(inside, std::string(key.asText())) : elementAt(inside, key);
    return element.isError() ? element : Value::optional(std::move(element));
  }

  Value function(const Expr& expr) {
    constexpr size_t kMost = 4;
    if (isFallback(expr)) return fallback(expr);
    if (expr.args.size() > kMost) {
      std::vector<Value> args(expr.args.size());
      return apply(expr, args);
    }
    std::array<Value, kMost> args;
    return apply(expr, std::span(args).first(expr.args.size()));
  }

  Value fallback(const Expr& expr) {
    std::array<Value, 2> args{eval(expr.arg(0)), Value()};
    if (args[0].isError()) return args[0];
    if (!args[0].is(ValueKind::optional)) return cel::noOverload(expr, args);
    if (args[0].asOptional().isAbsent()) return eval(expr.arg(1));
    return expr.overloads[0]->run(args);
  }

  Value apply(const Expr& expr, std::span<Value> args) {
    for (size_t i = 0; i < args.size(); ++i) {
      args[i] = eval(expr.arg(i));
      if (args[i].isError()) return args[i];
    }
    const Overload* overload = overloadFor(expr, args);
    if (overload == nullptr) return cel::noOverload(expr, args);
    const CostRule rule = ruleOf(expr, *overload);
    if (rule == CostRule::one) {
      ++cost_;
      return overload->run(args);
    }
    // What some cost is known only afterwards.
    if (!costsByResult(rule)) cost_ = saturatingAdd(cost_, callCost(rule, args, {}));
    if (cost_ > limit_) return overCost();
    Value result = overload->run(args);
    if (costsByResult(rule)) cost_ = saturatingAdd(cost_, callCost(rule, args, result));
    return result;
  }

  // Puts in `out` what an optional entry holds; whether there is anything, or `failed`.
  static bool unwrap(Value& value, Value& failed) {
    if (!value.is(ValueKind::optional)) {
      failed = noOverload();
      return false;
    }
    if (value.asOptional().isAbsent()) return false;
    value = Value(value.asOptional());
    return true;
  }

  Value list(const Expr& expr) {
    std::vector<Value> elements;
    elements.reserve(expr.args.size());
    for (size_t i = 0; i < expr.args.size(); ++i) {
      Value element = eval(expr.arg(i));
      if (element.isError()) return element;
      Value failed;
      if (expr.optional[i] && !unwrap(element, failed)) {
        if (failed.isError()) return failed;
        continue;
      }
      elements.push_back(std::move(element));
    }
    cost_ += kListCost;
    return Value::list(std::move(elements));
  }

  Value map(const Expr& expr) {
    MapBuilder builder;
    for (size_t i = 0; i < expr.args.size(); i += 2) {
      Value key = eval(expr.arg(i));
      if (key.isError()) return key;
      if (!MapBuilder::isKey(key)) return Value::error("unsupported key type");
      Value value = eval(expr.arg(i + 1));
      if (value.isError()) return value;
      Value failed;
      if (expr.optional[i / 2] && !unwrap(value, failed)) {
        if (failed.isError()) return failed;
        continue;
      }
      if (!builder.add(key, std::move(value))) return Value::error("Failed with repeated key");
    }
    cost_ += kMapCost;
    return std::move(builder).finish();
  }

  Value object(const Expr& expr) {
    VectorMap::Entries entries;
    for (size_t i = 0; i < expr.args.size(); ++i) {
      Value value = eval(expr.arg(i));
      if (value.isError()) return value;
      Value failed;
      if (expr.optional[i] && !unwrap(value, failed)) {
        if (failed.isError()) return failed;
        continue;
      }
      entries.emplace_back(Value::text(expr.fields[i]), std::move(value));
    }
    cost_ += kObjectCost;
    return Value::map(SharedRef<const MapValue>(makeShared<VectorMap>(std::move(entries), expr.type)));
  }

  Value& local(int32_t slot) { return locals_[static_cast<size_t>(slot) - variables_.size()]; }

  Value bind(const Comprehension& loop) {
    Value value = eval(*loop.initial);
    local(loop.accumulatorSlot) = std::move(value);
    Value result = eval(*loop.result);
    local(loop.accumulatorSlot) = Value();
    return result;
  }

  Value fold(const Comprehension& loop) {
    const Value range = eval(*loop.range);
    if (range.isError()) return range;
    const bool isList = range.is(ValueKind::list);
    if (!isList && !range.is(ValueKind::map)) return notIterable(range, loop.secondSlot >= 0);
    Value initial = eval(*loop.initial);
    Value& accumulator = local(loop.accumulatorSlot);
    accumulator = std::move(initial);
    const bool always = loop.condition->kind == ExprKind::constant;
    const size_t size = isList ? range.asList().size() : range.asMap().size();
    for (size_t i = 0; i < size; ++i) {
      if (isList) {
        local(loop.slot) = loop.secondSlot < 0 ? range.asList().at(i) : Value::integer(static_cast<int64_t>(i));
        if (loop.secondSlot >= 0) local(loop.secondSlot) = range.asList().at(i);
      } else {
        local(loop.slot) = range.asMap().keyAt(i);
        if (loop.secondSlot >= 0) local(loop.secondSlot) = range.asMap().valueAt(i);
      }
      if (!always && !eval(*loop.condition).isTrue()) break;
      Value next = eval(*loop.step);
      accumulator = std::move(next);
      if (cost_ > limit_) return overCost();
      if (always && accumulator.isError()) break;
    }
    if (accumulator.isError()) return accumulator;
    return eval(*loop.result);
  }

  std::span<const Value> variables_;
  std::array<Value, 6> inline_;
  std::vector<Value> more_;
  Value* locals_;
  uint64_t cost_ = 0, limit_;
  size_t looked_ = 0;
};

}  // namespace

Evaluated Program::evaluate(std::span<const Value> variables, const EvaluationLimits& limits) const {
  Evaluation evaluation(variables, slots_, limits.cost);
  Evaluated evaluated;
  evaluated.value = evaluation.eval(*expr_);
  evaluated.cost = evaluation.cost();
  evaluated.overCost = evaluation.isOver();
  if (evaluated.overCost) evaluated.value = Value::error(kOverCost);
  return evaluated;
}

CostRange Program::estimate(const TypeRef& root) const { return estimateCost(*expr_, root); }

}  // namespace cleat::cel
