// Values that may not be there.
#include "cleat/cel/ast.h"
#include "cleat/cel/functions.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

bool isZero(const Value& value) {
  switch (value.kind()) {
    case ValueKind::null: return true;
    case ValueKind::boolean: return !value.asBoolean();
    case ValueKind::integer: return value.asInteger() == 0;
    case ValueKind::unsignedInteger: return value.asUnsigned() == 0;
    case ValueKind::floating: return value.asFloating() == 0;
    case ValueKind::text:
    case ValueKind::bytes: return value.asText().empty();
    case ValueKind::list: return value.asList().size() == 0;
    case ValueKind::map: return value.asMap().size() == 0;
    case ValueKind::duration: return value.asSeconds() == Seconds();
    case ValueKind::timestamp: return value.asSeconds() == Seconds{-62'135'596'800, 0};  // the year 1
    case ValueKind::optional: return value.asOptional().isAbsent();
    default: return false;
  }
}

Value of(Args args) { return Value::optional(std::move(args[0])); }
Value ofNonZero(Args args) { return Value::optional(isZero(args[0]) ? Value() : std::move(args[0])); }
Value none(Args) { return Value::optional({}); }
Value hasValue(Args args) { return Value::boolean(!args[0].asOptional().isAbsent()); }
Value valueOf(Args args) {
  const Value& inside = args[0].asOptional();
  return inside.isAbsent() ? Value::error("optional.none() dereference") : inside;
}
Value either(Args args) { return std::move(args[args[0].asOptional().isAbsent() ? 1 : 0]); }
Value orValue(Args args) {
  const Value& inside = args[0].asOptional();
  return inside.isAbsent() ? std::move(args[1]) : inside;
}

Value unwrap(Args args) {
  std::vector<Value> there;
  const ListValue& list = args[0].asList();
  for (size_t i = 0; i < list.size(); ++i) {
    const Value element = list.at(i);
    if (!element.is(ValueKind::optional)) return Value::error("no such overload");
    if (!element.asOptional().isAbsent()) there.push_back(element.asOptional());
  }
  return Value::list(std::move(there));
}

// Puts what `insert` adds into the map: into itself where nobody else has it. It gives the key that was there already.
template <class Insert>
Value withInserted(Value& into, Insert insert) {
  const auto refuse = [](const Value& key) {
    return Value::error("insert failed: key " + shown(key) + " already exists");
  };
  if (into.isUnshared()) {
    if (const auto* mine = dynamic_cast<const VectorMap*>(&into.asMap())) {
      Value grown = std::move(into);
      const Value there = insert(const_cast<VectorMap&>(*mine));
      return there.isAbsent() ? grown : refuse(there);
    }
  }
  MapBuilder builder;
  const MapValue& map = into.asMap();
  for (size_t i = 0; i < map.size(); ++i) (void)builder.add(map.keyAt(i), map.valueAt(i));
  if (const Value there = insert(builder); !there.isAbsent()) return refuse(there);
  return std::move(builder).finish();
}

Value mapInsert(Args args) {
  return withInserted(args[0],
                      [&](auto& map) { return map.add(args[1], std::move(args[2])) ? Value() : std::move(args[1]); });
}

Value mapInsertAll(Args args) {
  const MapValue& more = args[1].asMap();
  return withInserted(args[0], [&](auto& map) {
    for (size_t i = 0; i < more.size(); ++i) {
      if (!map.add(more.keyAt(i), more.valueAt(i))) return more.keyAt(i);
    }
    return Value();
  });
}

}  // namespace

void addOptionals(FunctionTable& table) {
  const TypeRef any = types::parameter("V"), key = types::parameter("K");
  const TypeRef optional = types::optional(any), list = types::list(any), map = types::map(key, any);
  table.add("optional.of", {.id = "optional_of", .params = {any}, .result = optional, .run = of});
  table.add("optional.ofNonZeroValue",
            {.id = "optional_ofNonZeroValue", .params = {any}, .result = optional, .run = ofNonZero});
  table.add("optional.none", {.id = "optional_none", .result = optional, .run = none});
  const auto member = [&](const char* name, const char* id, std::vector<TypeRef> params, TypeRef result, Function run) {
    table.add(name, {.id = id, .isMember = true, .params = std::move(params), .result = std::move(result), .run = run});
  };
  member("hasValue", "optional_hasValue", {optional}, types::boolean(), hasValue);
  member("value", "optional_value", {optional}, any, valueOf);
  const auto fallback = [&](const char* name, const char* id, const TypeRef& second, const TypeRef& result,
                            Function run) {
    table.add(name, {.id = id,
                     .isMember = true,
                     .params = {optional, second},
                     .result = result,
                     .run = run,
                     .cost = CostRule::fallback});
  };
  fallback("or", "optional_or_optional", optional, optional, either);
  fallback("orValue", "optional_orValue_value", any, any, orValue);
  member("unwrapOpt", "optional_unwrapOpt", {types::list(optional)}, list, unwrap);
  table.add("optional.unwrap",
            {.id = "optional_unwrap", .params = {types::list(optional)}, .result = list, .run = unwrap});
  const auto index = [&](const char* name, const char* id, TypeRef of, TypeRef by) {
    table.add(name, {.id = id, .params = {std::move(of), std::move(by)}, .result = optional});
  };
  index(ops::kIndex, "optional_list_index_int", types::optional(list), types::integer());
  index(ops::kIndex, "optional_map_index_value", types::optional(map), key);
  index(ops::kOptionalIndex, "list_optindex_optional_int", list, types::integer());
  index(ops::kOptionalIndex, "optional_list_optindex_optional_int", types::optional(list), types::integer());
  index(ops::kOptionalIndex, "map_optindex_optional_value", map, key);
  index(ops::kOptionalIndex, "optional_map_optindex_optional_value", types::optional(map), key);
  table.addType(types::optional(types::dyn()));
}

void addTwoVariables(FunctionTable& table) {
  const TypeRef key = types::parameter("K"), value = types::parameter("V");
  const TypeRef map = types::map(key, value);
  table.add("cel.@mapInsert",
            {.id = "@mapInsert_map_key_value", .params = {map, key, value}, .result = map, .run = mapInsert});
  table.add("cel.@mapInsert", {.id = "@mapInsert_map_map", .params = {map, map}, .result = map, .run = mapInsertAll});
}

}  // namespace cleat::cel
