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

bool isKnown(const Expr& expr) {
  return !expr.constant.isAbsent() && (expr.kind == ExprKind::constant || expr.kind == ExprKind::call);
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
  return expr.kind == ExprKind::call && expr.op == Operator::function ? foldCall(expr) : std::string();
}

}  // namespace cleat::cel
