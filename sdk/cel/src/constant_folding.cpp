#include "constant_folding.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>

#include "dispatch.h"
#include "regex_cache.h"

namespace cleat::cel {

namespace {

template <size_t N>
bool isOneOf(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool isKnown(const Expr& expr) { return !expr.constant.isAbsent(); }

// Whether a list is of what upstream looks up at once.
bool isQuick(const ListValue& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    const Value each = list.at(i);
    if (!each.isNumber() && !each.is(ValueKind::text) && !each.is(ValueKind::boolean)) return false;
  }
  return true;
}

void foldIn(Expr& call) {
  if (call.overloads.size() > 1 || !isKnown(call.arg(1)) || !call.arg(1).constant.is(ValueKind::list)) return;
  const ListValue& list = call.arg(1).constant.asList();
  if (list.size() == 0) {
    call.constant = Value::boolean(false);
  } else if (isQuick(list)) {
    call.op = Operator::inLiteral;
  }
}

void foldAggregate(Expr& expr) {
  if (!std::ranges::all_of(expr.args, [](const ExprPtr& arg) { return isKnown(*arg); })) return;
  if (std::ranges::find(expr.optional, true) != expr.optional.end()) return;
  if (expr.kind == ExprKind::list) {
    std::vector<Value> elements;
    for (const ExprPtr& arg : expr.args) elements.push_back(arg->constant);
    expr.constant = Value::list(std::move(elements));
    return;
  }
  MapBuilder builder;
  for (size_t i = 0; i < expr.args.size(); i += 2) {
    const Value& key = expr.arg(i).constant;
    // What is wrong is said when it is evaluated.
    if (!MapBuilder::isKey(key) || !builder.add(key, expr.arg(i + 1).constant)) return;
  }
  expr.constant = std::move(builder).finish();
}

std::string foldConversion(Expr& call) {
  std::array<Value, 1> args{call.arg(0).constant};
  const Overload* overload = overloadFor(call, args);
  Value value = overload ? overload->run(args) : noOverload(call, args);
  if (value.isError()) return std::string(value.message());
  call.constant = std::move(value);
  return {};
}

std::string faultOfPattern(const Expr& call) {
  const Value& pattern = call.arg(1).constant;
  if (!pattern.is(ValueKind::text)) return {};
  const auto compiled = findRegex(pattern.asText());
  return compiled->ok() ? std::string() : concat("error parsing regexp: ", regexFault(*compiled));
}

std::string foldCall(Expr& call) {
  static constexpr std::array<std::string_view, 9> kConversions{"bool", "bytes",  "double",    "duration", "dyn",
                                                                "int",  "string", "timestamp", "uint"};
  static constexpr std::array<std::string_view, 3> kPatterns{"find", "findAll", "matches"};
  if (!call.isMember && call.args.size() == 1 && isOneOf(kConversions, call.name) && isKnown(call.arg(0))) {
    return foldConversion(call);
  }
  const bool isPattern = call.args.size() >= 2 && isOneOf(kPatterns, call.name);
  return isPattern && isKnown(call.arg(1)) ? faultOfPattern(call) : std::string();
}

}  // namespace

std::string foldConstants(Expr& expr) {
  std::string fault;
  const auto fold = [&](const ExprPtr& part) {
    if (fault.empty() && part) fault = foldConstants(*part);
  };
  for (const ExprPtr& arg : expr.args) fold(arg);
  if (expr.loop) {
    for (const ExprPtr* part :
         {&expr.loop->range, &expr.loop->initial, &expr.loop->condition, &expr.loop->step, &expr.loop->result}) {
      fold(*part);
    }
  }
  if (!fault.empty()) return fault;
  if (expr.kind == ExprKind::list || expr.kind == ExprKind::map) foldAggregate(expr);
  if (expr.kind != ExprKind::call) return {};
  if (expr.op == Operator::in) foldIn(expr);
  return expr.op == Operator::function ? foldCall(expr) : std::string();
}

}  // namespace cleat::cel
