#include "dispatch.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>

namespace cleat::cel {

namespace {

bool accepts(const Type& param, const Value& value) {
  switch (param.kind) {
    case TypeKind::null: return value.is(ValueKind::null);
    case TypeKind::boolean: return value.is(ValueKind::boolean);
    case TypeKind::integer: return value.is(ValueKind::integer);
    case TypeKind::unsignedInteger: return value.is(ValueKind::unsignedInteger);
    case TypeKind::floating: return value.is(ValueKind::floating);
    case TypeKind::text: return value.is(ValueKind::text);
    case TypeKind::bytes: return value.is(ValueKind::bytes);
    case TypeKind::duration: return value.is(ValueKind::duration);
    case TypeKind::timestamp: return value.is(ValueKind::timestamp);
    // Of the elements the first one speaks for all.
    case TypeKind::list:
      if (!value.is(ValueKind::list)) return false;
      return param.parameters.empty() || value.asList().size() == 0 ||
             accepts(*param.parameters[0], value.asList().at(0));
    case TypeKind::map:
    case TypeKind::object: return value.is(ValueKind::map);
    case TypeKind::type: return value.is(ValueKind::type);
    case TypeKind::opaque:
      if (value.is(ValueKind::optional)) return param.name == "optional_type";
      return value.is(ValueKind::opaque) && value.asOpaque().type()->name == param.name;
    default: return true;
  }
}

// Operators are carried out by their first operand. One that is no such thing at all is told which operator it was, one
// that does not get on with the second is not; nor are texts and times, which are asked in another way.
bool carriesOut(std::string_view name, const Value& first) {
  using enum ValueKind;
  struct Carriers {
    std::string_view name;
    std::initializer_list<ValueKind> kinds;
  };
  static const std::array<Carriers, 7> kCarriers{{{ops::kAdd, {bytes, floating, integer, list, unsignedInteger}},
                                                  {ops::kSubtract, {floating, integer, unsignedInteger}},
                                                  {ops::kMultiply, {floating, integer, unsignedInteger}},
                                                  {ops::kDivide, {floating, integer, unsignedInteger}},
                                                  {ops::kModulo, {integer, unsignedInteger}},
                                                  {ops::kNegate, {boolean, floating, integer}},
                                                  {"size", {bytes, list, map}}}};
  if (first.is(text) || first.is(duration) || first.is(timestamp)) return true;
  for (const Carriers& carriers : kCarriers) {
    if (carriers.name == name) return std::ranges::find(carriers.kinds, first.kind()) != carriers.kinds.end();
  }
  return first.is(boolean) || first.is(bytes) || first.isNumber();  // comparisons
}

bool isOperator(std::string_view name) { return name == "size" || name.find('_') != std::string_view::npos; }

}  // namespace

const Overload* overloadFor(const Expr& call, std::span<const Value> args) {
  for (const Overload* overload : call.overloads) {
    bool fits = overload->run != nullptr;
    for (size_t i = 0; fits && i < args.size(); ++i) fits = accepts(*overload->params[i], args[i]);
    if (fits) return overload;
  }
  return nullptr;
}

Value noOverload(const Expr& call, std::span<const Value> args) {
  constexpr const char* kWords = "no such overload";
  // These look at their operands themselves.
  static constexpr std::array<std::string_view, 8> kOwn{"startsWith", "endsWith", "contains", "matches",
                                                        "find",       "findAll",  "or",       "orValue"};
  if (args.empty() || std::ranges::find(kOwn, call.name) != kOwn.end()) return Value::error(kWords);
  if (isOperator(call.name)) {
    return Value::error(carriesOut(call.name, args[0]) ? kWords : concat(kWords, ": ", call.name));
  }
  const auto nameOf = [](const Value& value) { return typeOf(value)->name; };
  return Value::error(concat(kWords, ": ", call.name, "(", joined(args, ", ", nameOf), ")"));
}

Value notIterable(const Value& value, bool hasTwoVariables) {
  const auto type = [&]() -> std::string {
    switch (value.kind()) {
      case ValueKind::null: return "types.Null";
      case ValueKind::boolean: return "types.Bool";
      case ValueKind::integer: return "types.Int";
      case ValueKind::unsignedInteger: return "types.Uint";
      case ValueKind::floating: return "types.Double";
      case ValueKind::text: return "types.String";
      case ValueKind::bytes: return "types.Bytes";
      case ValueKind::duration: return "types.Duration";
      case ValueKind::timestamp: return "types.Timestamp";
      case ValueKind::type: return "*types.Type";
      case ValueKind::optional: return "*types.Optional";
      default: {
        const std::string name = typeOf(value)->name;
        return concat("cel.", name.substr(name.rfind('.') + 1));
      }
    }
  }();
  if (hasTwoVariables) return Value::error(concat("unsupported comprehension range type: ", type));
  return Value::error(concat("got '", type, "', expected iterable type"));
}

}  // namespace cleat::cel
