// The operators, and what is called on texts, lists and maps.
#include <re2/re2.h>

#include <cmath>
#include <limits>

#include "cleat/cel/ast.h"
#include "cleat/cel/functions.h"
#include "number_text.h"
#include "regex_cache.h"

namespace cleat::cel {

void addConversions(FunctionTable& table, Edition edition);
void addTimes(FunctionTable& table, Edition edition);

namespace {

using Args = std::span<Value>;

Value overflow() { return Value::error("integer overflow"); }
Value unsignedOverflow() { return Value::error("unsigned integer overflow"); }

template <bool (*F)(int64_t, int64_t, int64_t*)>
Value integers(Args args) {
  int64_t result = 0;
  return F(args[0].asInteger(), args[1].asInteger(), &result) ? overflow() : Value::integer(result);
}
template <bool (*F)(uint64_t, uint64_t, uint64_t*)>
Value unsignedIntegers(Args args) {
  uint64_t result = 0;
  return F(args[0].asUnsigned(), args[1].asUnsigned(), &result) ? unsignedOverflow() : Value::unsignedInteger(result);
}
template <class T>
bool plus(T a, T b, T* out) {
  return __builtin_add_overflow(a, b, out);
}
template <class T>
bool minus(T a, T b, T* out) {
  return __builtin_sub_overflow(a, b, out);
}
template <class T>
bool times(T a, T b, T* out) {
  return __builtin_mul_overflow(a, b, out);
}

Value divide(Args args) {
  const int64_t a = args[0].asInteger(), b = args[1].asInteger();
  if (b == 0) return Value::error("division by zero");
  if (a == std::numeric_limits<int64_t>::min() && b == -1) return overflow();
  return Value::integer(a / b);
}
Value modulo(Args args) {
  const int64_t a = args[0].asInteger(), b = args[1].asInteger();
  if (b == 0) return Value::error("modulus by zero");
  if (a == std::numeric_limits<int64_t>::min() && b == -1) return overflow();
  return Value::integer(a % b);
}
Value divideUnsigned(Args args) {
  if (args[1].asUnsigned() == 0) return Value::error("division by zero");
  return Value::unsignedInteger(args[0].asUnsigned() / args[1].asUnsigned());
}
Value moduloUnsigned(Args args) {
  if (args[1].asUnsigned() == 0) return Value::error("modulus by zero");
  return Value::unsignedInteger(args[0].asUnsigned() % args[1].asUnsigned());
}
Value plusFloating(Args args) { return Value::floating(args[0].asFloating() + args[1].asFloating()); }
Value minusFloating(Args args) { return Value::floating(args[0].asFloating() - args[1].asFloating()); }
Value timesFloating(Args args) { return Value::floating(args[0].asFloating() * args[1].asFloating()); }
Value divideFloating(Args args) { return Value::floating(args[0].asFloating() / args[1].asFloating()); }

Value negate(Args args) {
  if (args[0].asInteger() == std::numeric_limits<int64_t>::min()) return overflow();
  return Value::integer(-args[0].asInteger());
}
Value negateFloating(Args args) { return Value::floating(-args[0].asFloating()); }

Value joinTexts(Args args) { return Value::ownText(std::string(args[0].asText()) += args[1].asText()); }
Value joinBytes(Args args) { return Value::ownBytes(std::string(args[0].asText()) += args[1].asText()); }

// Lists put one behind the other without copying either: what is put together again and again grows beyond memory.
class ChainedList : public ListValue {
 public:
  ChainedList(Value first, Value second)
      : first_(std::move(first)), second_(std::move(second)), size_(first_.asList().size() + second_.asList().size()) {}
  size_t size() const override { return size_; }
  Value at(size_t index) const override {
    const size_t border = first_.asList().size();
    return index < border ? first_.asList().at(index) : second_.asList().at(index - border);
  }

 private:
  Value first_, second_;
  size_t size_;
};

constexpr size_t kFewElements = 64, kMostElements = size_t{1} << 21;

Value joinLists(Args args) {
  const ListValue& first = args[0].asList();
  const ListValue& second = args[1].asList();
  if (const ListManner* manner = first.manner()) return manner->plus(first, second);
  // What only this call holds grows in its place: that is how loops collect what they find.
  if (args[0].isUnshared()) {
    const auto* mine = dynamic_cast<const VectorList*>(&first);
    if (mine != nullptr && second.size() <= kFewElements) {
      Value grown = std::move(args[0]);
      for (size_t i = 0; i < second.size(); ++i) const_cast<VectorList*>(mine)->append(second.at(i));
      return grown;
    }
  }
  const size_t size = first.size() + second.size();
  if (size > kMostElements) return Value::error("list is too large");
  if (size > kFewElements) {
    return Value::list(SharedRef<const ListValue>(makeShared<ChainedList>(std::move(args[0]), std::move(args[1]))));
  }
  std::vector<Value> all;
  all.reserve(size);
  for (size_t i = 0; i < first.size(); ++i) all.push_back(first.at(i));
  for (size_t i = 0; i < second.size(); ++i) all.push_back(second.at(i));
  return Value::list(std::move(all));
}

template <int64_t Least, int64_t Most>
Value ordered(Args args) {
  const int order = compareValues(args[0], args[1]);
  return Value::boolean(order >= Least && order <= Most);
}

Value sizeOfText(Args args) { return Value::integer(static_cast<int64_t>(characterCount(args[0].asText()))); }
Value sizeOfBytes(Args args) { return Value::integer(static_cast<int64_t>(args[0].asText().size())); }
Value sizeOfList(Args args) { return Value::integer(static_cast<int64_t>(args[0].asList().size())); }
Value sizeOfMap(Args args) { return Value::integer(static_cast<int64_t>(args[0].asMap().size())); }

Value startsWith(Args args) { return Value::boolean(args[0].asText().starts_with(args[1].asText())); }
Value endsWith(Args args) { return Value::boolean(args[0].asText().ends_with(args[1].asText())); }
Value contains(Args args) { return Value::boolean(args[0].asText().find(args[1].asText()) != std::string_view::npos); }

Value matches(Args args) {
  auto pattern = findRegex(args[1].asText());
  if (!pattern->ok()) return Value::error("error parsing regexp: " + regexFault(*pattern));
  const std::string_view text = args[0].asText();
  return Value::boolean(re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern));
}

Value typeOfValue(Args args) {
  TypeRef type = typeOf(args[0]);
  return Value::type(std::move(type));
}

const TypeRef& parameterA() {
  static const TypeRef kParameter = types::parameter("A");
  return kParameter;
}
const TypeRef& parameterB() {
  static const TypeRef kParameter = types::parameter("B");
  return kParameter;
}

void addOperator(FunctionTable& table, const char* name, const char* id, TypeRef a, TypeRef b, TypeRef result,
                 Function run, CostRule cost = CostRule::one) {
  table.add(name,
            {.id = id, .params = {std::move(a), std::move(b)}, .result = std::move(result), .run = run, .cost = cost});
}

void addArithmetic(FunctionTable& table) {
  const TypeRef &i = types::integer(), &u = types::unsignedInteger(), &d = types::floating();
  const TypeRef list = types::list(parameterA());
  addOperator(table, ops::kAdd, "add_int64", i, i, i, integers<plus<int64_t>>);
  addOperator(table, ops::kAdd, "add_uint64", u, u, u, unsignedIntegers<plus<uint64_t>>);
  addOperator(table, ops::kAdd, "add_double", d, d, d, plusFloating);
  addOperator(table, ops::kAdd, "add_string", types::text(), types::text(), types::text(), joinTexts,
              CostRule::concatenation);
  addOperator(table, ops::kAdd, "add_bytes", types::bytes(), types::bytes(), types::bytes(), joinBytes,
              CostRule::concatenation);
  addOperator(table, ops::kAdd, "add_list", list, list, list, joinLists, CostRule::listConcatenation);
  addOperator(table, ops::kSubtract, "subtract_int64", i, i, i, integers<minus<int64_t>>);
  addOperator(table, ops::kSubtract, "subtract_uint64", u, u, u, unsignedIntegers<minus<uint64_t>>);
  addOperator(table, ops::kSubtract, "subtract_double", d, d, d, minusFloating);
  addOperator(table, ops::kMultiply, "multiply_int64", i, i, i, integers<times<int64_t>>);
  addOperator(table, ops::kMultiply, "multiply_uint64", u, u, u, unsignedIntegers<times<uint64_t>>);
  addOperator(table, ops::kMultiply, "multiply_double", d, d, d, timesFloating);
  addOperator(table, ops::kDivide, "divide_int64", i, i, i, divide);
  addOperator(table, ops::kDivide, "divide_uint64", u, u, u, divideUnsigned);
  addOperator(table, ops::kDivide, "divide_double", d, d, d, divideFloating);
  addOperator(table, ops::kModulo, "modulo_int64", i, i, i, modulo);
  addOperator(table, ops::kModulo, "modulo_uint64", u, u, u, moduloUnsigned);
  table.add(ops::kNegate, {.id = "negate_int64", .params = {i}, .result = i, .run = negate});
  table.add(ops::kNegate, {.id = "negate_double", .params = {d}, .result = d, .run = negateFloating});
}

void addComparisons(FunctionTable& table) {
  struct Relation {
    const char *name, *id;
    Function run;
  };
  const Relation relations[] = {{ops::kLess, "less_", ordered<-1, -1>},
                                {ops::kLessEquals, "less_equals_", ordered<-1, 0>},
                                {ops::kGreater, "greater_", ordered<1, 1>},
                                {ops::kGreaterEquals, "greater_equals_", ordered<0, 1>}};
  const TypeRef numbers[] = {types::integer(), types::unsignedInteger(), types::floating()};
  for (const Relation& relation : relations) {
    const auto add = [&](const TypeRef& a, const TypeRef& b, CostRule cost) {
      addOperator(table, relation.name, (relation.id + shown(*a) + "_" + shown(*b)).c_str(), a, b, types::boolean(),
                  relation.run, cost);
    };
    for (const TypeRef& type : {types::boolean(), types::duration(), types::timestamp()})
      add(type, type, CostRule::one);
    for (const TypeRef& a : numbers) {
      for (const TypeRef& b : numbers) add(a, b, CostRule::one);
    }
    add(types::text(), types::text(), CostRule::comparison);
    add(types::bytes(), types::bytes(), CostRule::comparison);
  }
}

// What the evaluator does itself is declared for its types.
void addBuiltin(FunctionTable& table) {
  const TypeRef& b = types::boolean();
  const TypeRef &any = parameterA(), &other = parameterB();
  const TypeRef list = types::list(any), map = types::map(any, other);
  addOperator(table, ops::kAnd, "logical_and", b, b, b, nullptr);
  addOperator(table, ops::kOr, "logical_or", b, b, b, nullptr);
  addOperator(table, ops::kEquals, "equals", any, any, b, nullptr);
  addOperator(table, ops::kDiffers, "not_equals", any, any, b, nullptr);
  addOperator(table, ops::kIn, "in_list", any, list, b, nullptr, CostRule::membership);
  addOperator(table, ops::kIn, "in_map", any, map, b, nullptr);
  addOperator(table, ops::kIndex, "index_list", list, types::integer(), any, nullptr);
  addOperator(table, ops::kIndex, "index_map", map, any, other, nullptr);
  table.add(ops::kNot, {.id = "logical_not", .params = {b}, .result = b});
  table.add(ops::kNotStrictlyFalse, {.id = "not_strictly_false", .params = {b}, .result = b});
  table.add(ops::kConditional, {.id = "conditional", .params = {b, any, any}, .result = any});
}

void addOnTexts(FunctionTable& table) {
  const TypeRef& t = types::text();
  const auto member = [&](const char* name, const char* id, Function run, CostRule cost) {
    table.add(name,
              {.id = id, .isMember = true, .params = {t, t}, .result = types::boolean(), .run = run, .cost = cost});
  };
  member("startsWith", "starts_with_string", startsWith, CostRule::scanPrefix);
  member("endsWith", "ends_with_string", endsWith, CostRule::scanPrefix);
  member("contains", "contains_string", contains, CostRule::contains);
  member("matches", "matches_string", matches, CostRule::matches);
  addOperator(table, "matches", "matches", t, t, types::boolean(), matches, CostRule::matches);
  const auto size = [&](const char* id, const TypeRef& type, Function run) {
    table.add("size", {.id = id, .params = {type}, .result = types::integer(), .run = run});
    table.add("size", {.id = id, .isMember = true, .params = {type}, .result = types::integer(), .run = run});
  };
  size("size_string", t, sizeOfText);
  size("size_bytes", types::bytes(), sizeOfBytes);
  size("size_list", types::list(parameterA()), sizeOfList);
  size("size_map", types::map(parameterA(), parameterB()), sizeOfMap);
  table.add("type", {.id = "type", .params = {parameterA()}, .result = types::type(), .run = typeOfValue});
}

}  // namespace

void addStandardFunctions(FunctionTable& table, Edition edition) {
  addBuiltin(table);
  addArithmetic(table);
  addComparisons(table);
  addOnTexts(table);
  addConversions(table, edition);
  addTimes(table, edition);
  for (const TypeRef& type :
       {types::boolean(), types::integer(), types::unsignedInteger(), types::floating(), types::text(), types::bytes(),
        types::anyList(), types::anyMap(), types::null(), types::type(), types::duration(), types::timestamp()}) {
    table.addType(type);
  }
}

}  // namespace cleat::cel
