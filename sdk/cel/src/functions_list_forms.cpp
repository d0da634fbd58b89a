// Lists made of others: parts, orders and ranges, as the language's own extension has them.
#include <algorithm>
#include <limits>
#include <numeric>

#include "cleat/cel/functions.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

// What is more cannot be in an object, and would be gone through for long before its cost is known.
constexpr size_t kMostMade = 1'000'000, kMostCompared = 5'000;

Value tooLarge() { return Value::error("list is too large"); }

std::string shown(int64_t begin, int64_t end) {
  return "cannot slice(" + std::to_string(begin) + ", " + std::to_string(end) + "), ";
}

Value slice(Args args) {
  const ListValue& list = args[0].asList();
  const int64_t begin = args[1].asInteger(), end = args[2].asInteger();
  if (begin < 0 || end < 0) return Value::error(shown(begin, end) + "negative indexes not supported");
  if (begin > end) return Value::error(shown(begin, end) + "start index must be less than or equal to end index");
  if (list.size() < static_cast<uint64_t>(end)) {
    return Value::error(shown(begin, end) + "list is length " + std::to_string(list.size()));
  }
  std::vector<Value> part;
  for (int64_t i = begin; i < end; ++i) part.push_back(list.at(static_cast<size_t>(i)));
  return Value::list(std::move(part));
}

// Whether everything had its place.
bool addFlat(const ListValue& list, int64_t depth, std::vector<Value>& out) {
  for (size_t i = 0; i < list.size(); ++i) {
    Value each = list.at(i);
    if (depth > 0 && each.is(ValueKind::list)) {
      if (!addFlat(each.asList(), depth - 1, out)) return false;
    } else if (out.size() >= kMostMade) {
      return false;
    } else {
      out.push_back(std::move(each));
    }
  }
  return true;
}

Value flattenBy(const ListValue& list, int64_t depth) {
  if (depth < 0) return Value::error("level must be non-negative");
  std::vector<Value> flat;
  return addFlat(list, depth, flat) ? Value::list(std::move(flat)) : tooLarge();
}
Value flatten(Args args) { return flattenBy(args[0].asList(), 1); }
Value flattenTo(Args args) { return flattenBy(args[0].asList(), args[1].asInteger()); }

// The places of `keys`, in the order of what is there.
Value ordered(const ListValue& list, const ListValue& keys) {
  if (list.size() != keys.size()) {
    return Value::error(
        "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got " +
        std::to_string(list.size()) + " and " + std::to_string(keys.size()) + " elements respectively");
  }
  if (keys.size() > kMostMade) return tooLarge();
  std::vector<Value> of;
  for (size_t i = 0; i < keys.size(); ++i) {
    of.push_back(keys.at(i));
    if (of.back().kind() != of.front().kind()) return Value::error("list elements must have the same type");
  }
  if (!of.empty() && compareValues(of[0], of[0]) == 2) return Value::error("list elements must be comparable");
  std::vector<size_t> places(of.size());
  std::iota(places.begin(), places.end(), size_t{0});
  std::ranges::stable_sort(places, [&](size_t a, size_t b) { return compareValues(of[a], of[b]) == -1; });
  std::vector<Value> sorted;
  for (size_t place : places) sorted.push_back(list.at(place));
  return Value::list(std::move(sorted));
}
Value sort(Args args) { return ordered(args[0].asList(), args[0].asList()); }
Value sortByKeys(Args args) { return ordered(args[0].asList(), args[1].asList()); }

Value range(Args args) {
  const int64_t size = args[0].asInteger();
  if (size < 0) return Value::error("lists.range: size must be non-negative, got " + std::to_string(size));
  if (static_cast<uint64_t>(size) > kMostMade) {
    return Value::error("lists.range: size " + std::to_string(size) + " exceeds maximum allowed (" +
                        std::to_string(kMostMade) + ")");
  }
  std::vector<Value> all;
  for (int64_t i = 0; i < size; ++i) all.push_back(Value::integer(i));
  return Value::list(std::move(all));
}

Value reversed(Args args) {
  const ListValue& list = args[0].asList();
  if (list.size() > kMostMade) return tooLarge();
  std::vector<Value> all;
  for (size_t i = list.size(); i-- > 0;) all.push_back(list.at(i));
  return Value::list(std::move(all));
}

Value distinct(Args args) {
  const ListValue& list = args[0].asList();
  if (list.size() > kMostCompared) return tooLarge();
  std::vector<Value> all;
  for (size_t i = 0; i < list.size(); ++i) {
    Value each = list.at(i);
    if (std::ranges::none_of(all, [&](const Value& other) { return sameValue(each, other); })) all.push_back(each);
  }
  return Value::list(std::move(all));
}

Value optionalAt(const ListValue& list, size_t index) {
  return list.size() == 0 ? Value::optional(Value()) : Value::optional(list.at(index));
}
Value first(Args args) { return optionalAt(args[0].asList(), 0); }
Value last(Args args) { return optionalAt(args[0].asList(), args[0].asList().size() - 1); }

}  // namespace

void addListForms(FunctionTable& table) {
  const TypeRef list = types::list(types::parameter("T"));
  const auto add = [&](const char* name, const std::string& id, std::vector<TypeRef> params, TypeRef result,
                       Function run, CostRule cost, bool isMember = true) {
    table.add(name, {.id = id,
                     .isMember = isMember,
                     .params = std::move(params),
                     .result = std::move(result),
                     .run = run,
                     .cost = cost});
  };
  const TypeRef& i = types::integer();
  add("slice", "list_slice", {list, i, i}, list, slice, CostRule::listSlice);
  add("flatten", "list_flatten", {types::list(list)}, list, flatten, CostRule::listFlatten);
  add("flatten", "list_flatten_int", {types::anyList(), i}, types::anyList(), flattenTo, CostRule::listFlatten);
  for (const TypeRef& type : {types::integer(), types::unsignedInteger(), types::floating(), types::boolean(),
                              types::duration(), types::timestamp(), types::text(), types::bytes()}) {
    const std::string id = "list_" + type->name;
    add("sort", id + "_sort", {types::list(type)}, types::list(type), sort, CostRule::listSort);
    add("@sortByAssociatedKeys", id + "_sortByAssociatedKeys", {list, types::list(type)}, list, sortByKeys,
        CostRule::listSortBy);
  }
  add("lists.range", "lists_range", {i}, types::list(i), range, CostRule::listRange, false);
  const TypeRef element = types::optional(types::parameter("T"));
  add("first", "list_first", {list}, element, first, CostRule::one);
  add("last", "list_last", {list}, element, last, CostRule::one);
  add("reverse", "list_reverse", {list}, list, reversed, CostRule::listReverse);
  add("distinct", "list_distinct", {list}, list, distinct, CostRule::listDistinct);
}

}  // namespace cleat::cel
