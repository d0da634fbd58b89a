#include "literal_checks.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "cleat/cel/functions.h"
#include "cleat/cel/type.h"
#include "text_format.h"

namespace cleat::cel {

namespace {

bool isLiteral(const Expr& expr, ValueKind kind) { return expr.kind == ExprKind::constant && expr.constant.is(kind); }

void checkPatternOrTime(const Expr& call, std::vector<Issue>& issues) {
  const Expr& literal = *call.args.back();
  std::vector<Value> args;
  if (call.name == "matches") args.push_back(Value::ownText(""));
  args.push_back(literal.constant);
  for (const Overload* overload : call.overloads) {
    const TypeKind wanted = overload->params.back()->kind;
    const bool fits = literal.constant.is(ValueKind::text) ? wanted == TypeKind::text : wanted == TypeKind::integer;
    if (!fits || overload->run == nullptr) continue;
    if (overload->run(args).isError()) issues.push_back({literal.offset, concat("invalid ", call.name, " argument")});
    return;
  }
}

constexpr auto kAnywhere = uint32_t(-1);

// Where the arguments are written out the clauses are held to their types, those of what is in lists and maps included.
class FormatCheck : public FormatArguments {
 public:
  explicit FormatCheck(const Expr& call) : args_(call.arg(1).args) {}

  size_t size() const override { return args_.size(); }

  Value put(char clause, int, size_t index) override {
    const Expr& arg = *args_[index];
    if (const Expr* wrong = firstWrong(clause, arg)) {
      at = wrong->offset;
      return formatMismatch(clause, wrong->type->name);
    }
    return {};
  }

  uint32_t at = kAnywhere;  // of the argument that is wrong

 private:
  static bool isOneOf(const Expr& expr, std::initializer_list<TypeKind> kinds) {
    const TypeKind kind = expr.type->kind;
    if (kind == TypeKind::dyn || kind == TypeKind::error || kind == TypeKind::parameter) return true;
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }

  static const Expr* firstWrong(char clause, const Expr& arg) {
    using enum TypeKind;
    bool fits = false;
    switch (clause) {
      case 's': return firstUnwritable(arg);
      case 'd':
      case 'o': fits = isOneOf(arg, {integer, unsignedInteger}); break;
      case 'f':
      case 'e': fits = isOneOf(arg, {floating}) || isSpecial(arg); break;
      case 'b': fits = isOneOf(arg, {integer, unsignedInteger, boolean}); break;
      default: fits = isOneOf(arg, {integer, unsignedInteger, text, bytes}); break;
    }
    return fits ? nullptr : &arg;
  }

  // What stands for a number that has no digits.
  static bool isSpecial(const Expr& arg) { return arg.type->kind == TypeKind::text; }

  static const Expr* firstUnwritable(const Expr& arg) {
    using enum TypeKind;
    if (!isOneOf(arg, {list, map, integer, unsignedInteger, floating, boolean, text, timestamp, bytes, duration, type,
                       null})) {
      return &arg;
    }
    if (arg.kind != ExprKind::list && arg.kind != ExprKind::map) return nullptr;
    for (size_t i = 0; i < arg.args.size(); ++i) {
      const Expr& each = arg.arg(i);
      const bool isKey = arg.kind == ExprKind::map && i % 2 == 0;
      if (isKey && !isOneOf(each, {integer, unsignedInteger, text, boolean})) return &each;
      if (const Expr* wrong = isKey ? nullptr : firstUnwritable(each)) return wrong;
    }
    return nullptr;
  }

  const std::vector<ExprPtr>& args_;
};

void checkFormat(const Expr& call, std::vector<Issue>& issues) {
  FormatCheck check(call);
  std::string unused;
  size_t taken = 0;
  const Value failed = fillClauses(call.arg(0).constant.asText(), check, unused, taken);
  if (failed.isError()) {
    issues.push_back({check.at == kAnywhere ? call.offset : check.at, std::string(failed.message())});
  } else if (check.size() > taken) {
    issues.push_back({call.offset, concat("too many arguments supplied to string.format (expected ", taken, ", got ",
                                          check.size(), ")")});
  }
}

}  // namespace

void checkLiteralCall(const Expr& call, std::vector<Issue>& issues) {
  const size_t count = call.args.size();
  const bool isPattern = call.name == "matches" && count == 2 && isLiteral(call.arg(1), ValueKind::text);
  const bool isDuration = call.name == "duration" && count == 1 && isLiteral(call.arg(0), ValueKind::text);
  const bool isTime = call.name == "timestamp" && count == 1 &&
                      (isLiteral(call.arg(0), ValueKind::text) || isLiteral(call.arg(0), ValueKind::integer));
  if (isPattern || isDuration || isTime) return checkPatternOrTime(call, issues);
  const bool isFormat = call.name == "format" && call.isMember && count == 2;
  if (isFormat && isLiteral(call.arg(0), ValueKind::text) && call.arg(1).kind == ExprKind::list) {
    checkFormat(call, issues);
  }
}

void checkOneType(const Expr& literal, std::vector<Issue>& issues) {
  const size_t step = literal.kind == ExprKind::map ? 2 : 1;
  for (size_t i = step; i < literal.args.size(); ++i) {
    const auto typeAt = [&](size_t at) {
      const TypeRef& type = literal.arg(at).type;
      const bool isValue = step == 1 || at % 2 == 1;
      return isValue && literal.optional[at / step] && isOptional(type) ? type->parameters[0] : type;
    };
    const TypeRef first = typeAt(i % step), now = typeAt(i);
    if (sameType(*first, *now) || first->kind == TypeKind::error || now->kind == TypeKind::error) continue;
    issues.push_back(
        {literal.arg(i).offset, concat("expected type '", shown(*first), "' but found '", shown(*now), "'")});
    return;
  }
}

}  // namespace cleat::cel
