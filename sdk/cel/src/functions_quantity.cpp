// Kubernetes' quantities ("1.5Gi").
#include <cleat/sdk/quantity.h>

#include <cstdlib>

#include "amount.h"
#include "cleat/cel/functions.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

const TypeRef& quantityType() {
  static const TypeRef kType = types::opaque("kubernetes.Quantity");
  return kType;
}

class QuantityValue : public OpaqueValue {
 public:
  QuantityValue(Quantity quantity, std::optional<Amount> amount, std::string written)
      : quantity(quantity), amount(amount), written(std::move(written)) {}
  const TypeRef& type() const override { return quantityType(); }
  bool equals(const OpaqueValue& other) const override {
    return order(*this, static_cast<const QuantityValue&>(other)) == 0;
  }
  // What is too large to be kept is told apart by what was written.
  static int order(const QuantityValue& a, const QuantityValue& b) {
    if (a.quantity != b.quantity) return a.quantity < b.quantity ? -1 : 1;
    if (a.written.empty() || b.written.empty() || std::abs(a.quantity.value()) != INT64_MAX) return 0;
    const double left = approximate(a.written), right = approximate(b.written);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  const Quantity quantity;
  const std::optional<Amount> amount;  // none where it is held exactly
  const std::string written;           // empty of what was worked out
};

const QuantityValue& held(const Value& value) { return static_cast<const QuantityValue&>(value.asOpaque()); }
const Quantity& of(const Value& value) { return held(value).quantity; }
Value valueOf(Quantity quantity, std::optional<Amount> amount, std::string written = {}) {
  return Value::opaque(makeShared<const QuantityValue>(quantity, amount, std::move(written)));
}

std::optional<int64_t> integerOf(const Value& value) {
  const auto& amount = held(value).amount;
  return amount ? amount->integer() : std::nullopt;
}

Value read(Args args) {
  const auto quantity = Quantity::parse(args[0].asText());
  if (!quantity) {
    return Value::error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  return valueOf(*quantity, readAmount(args[0].asText()), std::string(args[0].asText()));
}
Value isQuantity(Args args) { return Value::boolean(Quantity::parse(args[0].asText()).has_value()); }
Value isInteger(Args args) { return Value::boolean(integerOf(args[0]).has_value()); }
Value asInteger(Args args) {
  const auto integer = integerOf(args[0]);
  return integer ? Value::integer(*integer) : Value::error("cannot convert value to integer");
}
Value asFloat(Args args) {
  const QuantityValue& quantity = held(args[0]);
  // Of one that is finer than can be kept it is what is kept.
  const bool isKept = quantity.written.empty() || isTooFine(quantity.written);
  return Value::floating(approximate(isKept ? quantity.quantity.text() : quantity.written));
}

int order(Args args) { return QuantityValue::order(held(args[0]), held(args[1])); }
Value sign(Args args) {
  const Quantity& quantity = of(args[0]);
  return Value::integer(quantity.isZero() ? 0 : quantity < Quantity() ? -1 : 1);
}
Value isGreater(Args args) { return Value::boolean(order(args) > 0); }
Value isLess(Args args) { return Value::boolean(order(args) < 0); }
Value compare(Args args) { return Value::integer(order(args)); }

Value sum(const Value& a, const Quantity& b, std::optional<Amount> amount) {
  const auto& mine = held(a).amount;
  return valueOf(of(a) + b, mine && amount ? addAmounts(*mine, *amount) : std::nullopt);
}
Value difference(const Value& a, const Quantity& b, std::optional<Amount> amount) {
  const auto& mine = held(a).amount;
  if (amount && __builtin_sub_overflow(int64_t{0}, amount->value, &amount->value)) amount.reset();
  return valueOf(of(a) - b, mine && amount ? addAmounts(*mine, *amount) : std::nullopt);
}
Value add(Args args) { return sum(args[0], of(args[1]), held(args[1]).amount); }
Value addInteger(Args args) { return sum(args[0], Quantity::of(args[1].asInteger()), Amount{args[1].asInteger(), 0}); }
Value subtract(Args args) { return difference(args[0], of(args[1]), held(args[1]).amount); }
Value subtractInteger(Args args) {
  return difference(args[0], Quantity::of(args[1].asInteger()), Amount{args[1].asInteger(), 0});
}

}  // namespace

void addQuantities(FunctionTable& table) {
  const TypeRef &t = types::text(), &b = types::boolean(), &i = types::integer(), &q = quantityType();
  table.add("quantity", {.id = "string_to_quantity", .params = {t}, .result = q, .run = read, .cost = CostRule::scan});
  table.add("isQuantity",
            {.id = "is_quantity_string", .params = {t}, .result = b, .run = isQuantity, .cost = CostRule::scan});
  const auto member = [&](const char* name, const char* id, std::vector<TypeRef> params, const TypeRef& result,
                          Function run) {
    table.add(name, {.id = id, .isMember = true, .params = std::move(params), .result = result, .run = run});
  };
  // Upstream declares it as a function of its own.
  table.add("sign", {.id = "quantity_sign", .params = {q}, .result = i, .run = sign});
  member("isGreaterThan", "quantity_is_greater_than", {q, q}, b, isGreater);
  member("isLessThan", "quantity_is_less_than", {q, q}, b, isLess);
  member("compareTo", "quantity_compare_to", {q, q}, i, compare);
  member("asApproximateFloat", "quantity_get_float", {q}, types::floating(), asFloat);
  member("asInteger", "quantity_get_int", {q}, i, asInteger);
  member("isInteger", "quantity_is_integer", {q}, b, isInteger);
  member("add", "quantity_add", {q, q}, q, add);
  member("add", "quantity_add_int", {q, i}, q, addInteger);
  member("sub", "quantity_sub", {q, q}, q, subtract);
  member("sub", "quantity_sub_int", {q, i}, q, subtractInteger);
  table.addType(q);
}

}  // namespace cleat::cel
