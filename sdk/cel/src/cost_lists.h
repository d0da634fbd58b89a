// What it costs to make lists of others, as upstream counts it: a base for the call and the list, and so much for each
// element, or for each pair where all are compared.
#pragma once

#include <optional>

#include "cleat/cel/cost.h"

namespace cleat::cel {

inline constexpr double kCompareFactor = 2;

constexpr bool makesList(CostRule rule) { return rule >= CostRule::listSlice; }

// What a call costs is known by what it has made.
constexpr bool costsByResult(CostRule rule) {
  return rule == CostRule::join || rule == CostRule::listSlice || rule == CostRule::listRange ||
         rule == CostRule::listReverse;
}

struct ListCall {
  CostRange list, keys;                   // how many elements the arguments have
  std::optional<uint64_t> first, second;  // the numbers behind the list, where they are literals
  bool isText = false;                    // what is compared is texts
};
struct ListCallEstimate {
  CostRange cost, size;
};

inline ListCallEstimate estimateListCall(CostRule rule, const ListCall& call) {
  const auto fixed = [](uint64_t size) { return CostRange{size, size}; };
  const double compared = kCompareFactor + (call.isText ? kTraversalFactor : 0);
  CostRange size = call.list;
  double factor = 1;
  switch (rule) {
    case CostRule::listSlice: {
      const uint64_t begin = call.first.value_or(0), end = call.second.value_or(call.list.max);
      size = fixed(end < begin ? 0 : end - begin);
      break;
    }
    case CostRule::listRange: size = fixed(call.first.value_or(kUnlimited)); break;
    case CostRule::listFlatten: factor = static_cast<double>(call.first.value_or(kUnlimited)); break;
    case CostRule::listDistinct:
      size = call.list * call.list;
      factor = kCompareFactor;
      break;
    case CostRule::listSort:
      size = call.list * call.list;
      factor = compared;
      break;
    case CostRule::listSortBy:
      size = call.keys * call.keys;
      factor = compared;
      break;
    default: break;
  }
  return {size.times(factor) + fixed(1 + kListCost), size};
}

// What a call did cost.
inline uint64_t costOfListCall(CostRule rule, std::span<const Value> args, const Value& result) {
  uint64_t size = sizeForCost(result);
  double factor = 1;
  if (rule == CostRule::listFlatten) {
    size = sizeForCost(args[0]);
    if (args.size() > 1) factor = static_cast<double>(args[1].asInteger());
  }
  if (rule == CostRule::listDistinct || rule == CostRule::listSort || rule == CostRule::listSortBy) {
    const Value& compared = args[rule == CostRule::listSortBy ? 1 : 0];
    const size_t count = compared.asList().size();
    size = saturatingMultiply(count, count);
    factor = kCompareFactor;
    if (count > 0 && (compared.asList().at(0).is(ValueKind::text) || compared.asList().at(0).is(ValueKind::bytes))) {
      factor += kTraversalFactor;
    }
  }
  return saturatingAdd(static_cast<uint64_t>(static_cast<double>(size) * std::max(factor, 0.0)), 1 + kListCost);
}

}  // namespace cleat::cel
