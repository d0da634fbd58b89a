// Kubernetes' functions on lists, and sets as the language's extension has them.
#include <algorithm>
#include <array>

#include "cleat/cel/ast.h"
#include "cleat/cel/functions.h"

namespace cleat::cel {

const FunctionTable& standardTable();

namespace {

using Args = std::span<Value>;

// What is no number is neither before nor behind one.
int orderOf(const Value& a, const Value& b) {
  const int order = compareValues(a, b);
  return order == 2 && a.isNumber() && b.isNumber() ? 0 : order;
}

Value isSorted(Args args) {
  const ListValue& list = args[0].asList();
  for (size_t i = 1; i < list.size(); ++i) {
    const int order = orderOf(list.at(i - 1), list.at(i));
    if (order == 2) return Value::error("no such overload");
    if (order > 0) return Value::boolean(false);
  }
  return Value::boolean(true);
}

template <int Wanted>
Value extreme(Args args) {
  const ListValue& list = args[0].asList();
  if (list.size() == 0) return Value::error(Wanted < 0 ? "min called on empty list" : "max called on empty list");
  Value best = list.at(0);
  for (size_t i = 1; i < list.size(); ++i) {
    Value each = list.at(i);
    const int order = orderOf(each, best);
    if (order == 2) return Value::error("no such overload");
    if (order == Wanted) best = std::move(each);
  }
  return best;
}

// By the operator itself, so that overflows are its errors.
Value sum(Args args) {
  const ListValue& list = args[0].asList();
  if (list.size() == 0) return Value::integer(0);
  Value total = list.at(0);
  const auto& overloads = *standardTable().find(ops::kAdd);
  for (size_t i = 1; i < list.size(); ++i) {
    std::array<Value, 2> both{total, list.at(i)};
    if (both[0].kind() != both[1].kind()) return Value::error("no such overload");
    const ValueKind kind = both[0].kind();
    const char* id = kind == ValueKind::integer           ? "add_int64"
                     : kind == ValueKind::unsignedInteger ? "add_uint64"
                     : kind == ValueKind::floating        ? "add_double"
                     : kind == ValueKind::duration        ? "add_duration_duration"
                                                          : "";
    auto found = std::find_if(overloads.begin(), overloads.end(), [&](const auto& each) { return each->id == id; });
    if (found == overloads.end()) return Value::error("no such overload");
    total = (*found)->run(both);
    if (total.isError()) return total;
  }
  return total;
}

template <bool Last>
Value indexOf(Args args) {
  const ListValue& list = args[0].asList();
  for (size_t i = 0; i < list.size(); ++i) {
    const size_t at = Last ? list.size() - 1 - i : i;
    if (sameValue(list.at(at), args[1])) return Value::integer(static_cast<int64_t>(at));
  }
  return Value::integer(-1);
}

bool has(const ListValue& list, const Value& element) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (sameValue(list.at(i), element)) return true;
  }
  return false;
}

bool holdsAll(const ListValue& list, const ListValue& of) {
  for (size_t i = 0; i < of.size(); ++i) {
    if (!has(list, of.at(i))) return false;
  }
  return true;
}

Value setContains(Args args) { return Value::boolean(holdsAll(args[0].asList(), args[1].asList())); }
Value setEquivalent(Args args) {
  const ListValue &a = args[0].asList(), &b = args[1].asList();
  return Value::boolean(holdsAll(a, b) && holdsAll(b, a));
}
Value setIntersects(Args args) {
  const ListValue &a = args[0].asList(), &b = args[1].asList();
  for (size_t i = 0; i < a.size(); ++i) {
    if (has(b, a.at(i))) return Value::boolean(true);
  }
  return Value::boolean(false);
}

}  // namespace

const FunctionTable& standardTable() {
  static const FunctionTable kTable = [] {
    FunctionTable table;
    addStandardFunctions(table);
    return table;
  }();
  return kTable;
}

void addLists(FunctionTable& table) {
  const auto add = [&](const char* name, const std::string& id, std::vector<TypeRef> params, TypeRef result,
                       Function run) {
    table.add(name, {.id = id,
                     .isMember = true,
                     .params = std::move(params),
                     .result = std::move(result),
                     .run = run,
                     .cost = CostRule::listTraversal});
  };
  for (const TypeRef& type : {types::integer(), types::unsignedInteger(), types::floating(), types::boolean(),
                              types::duration(), types::timestamp(), types::text(), types::bytes()}) {
    const TypeRef list = types::list(type);
    const std::string id = "list_" + shown(*type);
    add("isSorted", id + "_is_sorted_bool", {list}, types::boolean(), isSorted);
    add("min", id + "_min", {list}, type, extreme<-1>);
    add("max", id + "_max", {list}, type, extreme<1>);
  }
  for (const TypeRef& type : {types::integer(), types::unsignedInteger(), types::floating(), types::duration()}) {
    add("sum", "list_" + shown(*type) + "_sum", {types::list(type)}, type, sum);
  }
  const TypeRef any = types::parameter("T");
  add("indexOf", "list_a_index_of_int", {types::list(any), any}, types::integer(), indexOf<false>);
  add("lastIndexOf", "list_a_last_index_of_int", {types::list(any), any}, types::integer(), indexOf<true>);
}

void addSets(FunctionTable& table) {
  const TypeRef list = types::list(types::parameter("T"));
  const auto add = [&](const char* name, const char* id, Function run, CostRule cost) {
    table.add(name, {.id = id, .params = {list, list}, .result = types::boolean(), .run = run, .cost = cost});
  };
  add("sets.contains", "list_sets_contains_list", setContains, CostRule::setProduct);
  add("sets.equivalent", "list_sets_equivalent_list", setEquivalent, CostRule::setProductTwice);
  add("sets.intersects", "list_sets_intersects_list", setIntersects, CostRule::setProduct);
}

}  // namespace cleat::cel
