#include "elements.h"

#include <cleat/sdk/text.h>

#include <cmath>

#include "cleat/cel/type.h"

namespace cleat::cel {

namespace {

// The index that a number is; -1 where it is none.
int64_t indexOf(const Value& value) {
  if (value.is(ValueKind::integer)) return value.asInteger();
  if (value.is(ValueKind::unsignedInteger)) {
    return value.asUnsigned() > uint64_t{1} << 62 ? -1 : static_cast<int64_t>(value.asUnsigned());
  }
  const double number = value.asFloating();
  return number == std::floor(number) && std::abs(number) < 1e15 ? static_cast<int64_t>(number) : -1;
}

Value wrongIndex(const Value& key) {
  if (key.isNumber()) return Value::error(concat("unsupported index value ", shown(key), " in list"));
  return Value::error(concat("unsupported index type '", typeOf(key)->name, "' in list"));
}

}  // namespace

Value elementAt(const Value& operand, const Value& key) {
  if (operand.is(ValueKind::list)) {
    const bool isFraction = key.is(ValueKind::floating) && key.asFloating() != std::floor(key.asFloating());
    if (!key.isNumber() || isFraction) return wrongIndex(key);
    const int64_t index = indexOf(key);
    const ListValue& list = operand.asList();
    if (index < 0 || static_cast<uint64_t>(index) >= list.size()) return {};
    return list.at(static_cast<size_t>(index));
  }
  if (operand.is(ValueKind::map)) {
    if (!key.isNumber() && !key.is(ValueKind::text) && !key.is(ValueKind::boolean))
      return Value::error("no such overload");
    return operand.asMap().find(key);
  }
  return {};
}

Value fieldOf(const Value& operand, const std::string& name) {
  if (operand.is(ValueKind::list)) return wrongIndex(Value::text(name));
  return operand.is(ValueKind::map) ? operand.asMap().field(name) : Value();
}

}  // namespace cleat::cel
