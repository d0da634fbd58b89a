// Kubernetes' quantities ("1.5Gi").
#include <cleat/sdk/quantity.h>

#include <cmath>
#include <limits>

#include "cleat/cel/functions.h"
#include "number_text.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

const TypeRef& quantityType() {
  static const TypeRef kType = types::opaque("kubernetes.Quantity");
  return kType;
}

class QuantityValue : public OpaqueValue {
 public:
  explicit QuantityValue(Quantity quantity) : quantity(quantity) {}
  const TypeRef& type() const override { return quantityType(); }
  bool equals(const OpaqueValue& other) const override {
    return quantity == static_cast<const QuantityValue&>(other).quantity;
  }
  const Quantity quantity;
};

const Quantity& of(const Value& value) { return static_cast<const QuantityValue&>(value.asOpaque()).quantity; }
Value valueOf(Quantity quantity) { return Value::opaque(makeShared<const QuantityValue>(quantity)); }

bool isWhole(const Quantity& quantity) { return Quantity::of(quantity.value()) == quantity; }

Value read(Args args) {
  const auto quantity = Quantity::parse(args[0].asText());
  if (!quantity) {
    return Value::error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  return valueOf(*quantity);
}
Value isQuantity(Args args) { return Value::boolean(Quantity::parse(args[0].asText()).has_value()); }
Value isInteger(Args args) { return Value::boolean(isWhole(of(args[0]))); }
Value asInteger(Args args) {
  if (!isWhole(of(args[0]))) return Value::error("cannot convert value to integer");
  return Value::integer(of(args[0]).value());
}

// From its canonical text, which loses nothing.
Value asFloat(Args args) {
  const std::string text = of(args[0]).text();
  const size_t end = std::min(text.find_first_not_of("+-.0123456789"), text.size());
  double number = readNumber(text.substr(0, end)).value_or(0);
  const std::string_view suffix = std::string_view(text).substr(end);
  static constexpr std::string_view kDecimal = "num kMGTPE", kBinary = "KMGTPE";
  if (suffix.starts_with('e') && suffix.size() > 1) {
    number *= std::pow(10, readNumber(suffix.substr(1)).value_or(0));
  } else if (suffix.ends_with('i')) {
    number *= std::pow(1024, static_cast<double>(kBinary.find(suffix[0]) + 1));
  } else if (!suffix.empty()) {
    number *= std::pow(1000, static_cast<double>(kDecimal.find(suffix[0])) - 3);
  }
  return Value::floating(number);
}

int order(const Quantity& a, const Quantity& b) { return a < b ? -1 : a > b ? 1 : 0; }
Value sign(Args args) { return Value::integer(order(of(args[0]), Quantity())); }
Value isGreater(Args args) { return Value::boolean(of(args[0]) > of(args[1])); }
Value isLess(Args args) { return Value::boolean(of(args[0]) < of(args[1])); }
Value compare(Args args) { return Value::integer(order(of(args[0]), of(args[1]))); }
Value add(Args args) { return valueOf(of(args[0]) + of(args[1])); }
Value addInteger(Args args) { return valueOf(of(args[0]) + Quantity::of(args[1].asInteger())); }
Value subtract(Args args) { return valueOf(of(args[0]) - of(args[1])); }
Value subtractInteger(Args args) { return valueOf(of(args[0]) - Quantity::of(args[1].asInteger())); }

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
  member("sign", "quantity_sign", {q}, i, sign);
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
