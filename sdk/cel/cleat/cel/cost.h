// What evaluating costs, in upstream's unit (about 50 ns): estimated before, from sizes that schemas declare, and
// counted on the way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "cleat/cel/functions.h"
#include "cleat/cel/value.h"

namespace cleat::cel {

struct Expr;

inline constexpr double kTraversalFactor = 0.1;
inline constexpr double kRegexFactor = 0.25;
inline constexpr uint64_t kListCost = 10, kMapCost = 30, kObjectCost = 40;

uint64_t saturatingAdd(uint64_t a, uint64_t b);
uint64_t saturatingMultiply(uint64_t a, uint64_t b);
uint64_t scaled(uint64_t size, double factor);  // rounded up

// From the least to the most.
struct CostRange {
  uint64_t min = 0, max = 0;

  CostRange operator+(CostRange other) const { return {saturatingAdd(min, other.min), saturatingAdd(max, other.max)}; }
  CostRange operator*(CostRange other) const {
    return {saturatingMultiply(min, other.min), saturatingMultiply(max, other.max)};
  }
  CostRange times(double factor) const { return {scaled(min, factor), scaled(max, factor)}; }
  CostRange with(CostRange other) const { return {std::min(min, other.min), std::max(max, other.max)}; }
};

// `root`: what a schema says of the value that the expression is about; null where none does.
CostRange estimateCost(const Expr& expr, const TypeRef& root);

// What one call did cost.
uint64_t callCost(CostRule rule, std::span<const Value> args, const Value& result);

}  // namespace cleat::cel
