#include "cleat/cel/cost.h"

#include <cmath>
#include <limits>

#include "cost_formats.h"
#include "cost_lists.h"

namespace cleat::cel {

namespace {

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kAuthorization = 350'000;
constexpr size_t kMostSteps = 2'000'000;  // of what is gone through to find out what it costs

// The cost of going through a value as a tree.
uint64_t treeCost(const Value& value, size_t& steps) {
  if (++steps > kMostSteps) return kMost;
  if (value.is(ValueKind::text) || value.is(ValueKind::bytes)) {
    return static_cast<uint64_t>(static_cast<double>(value.asText().size()) * kTraversalFactor);
  }
  uint64_t cost = 0;
  if (value.is(ValueKind::list)) {
    for (size_t i = 0; i < value.asList().size() && cost < kMost; ++i) {
      cost = saturatingAdd(cost, treeCost(value.asList().at(i), steps));
    }
    return cost;
  }
  if (value.is(ValueKind::map)) {
    const MapValue& map = value.asMap();
    for (size_t i = 0; i < map.size() && cost < kMost; ++i) {
      cost = saturatingAdd(cost, saturatingAdd(treeCost(map.keyAt(i), steps), treeCost(map.valueAt(i), steps)));
    }
    return cost;
  }
  return 1;
}

uint64_t addressCost(CostRule rule, std::span<const Value> args) {
  const uint64_t cidr = sizeForCost(args[0]), other = sizeForCost(args[1]);
  uint64_t cost = scaled(cidr + cidr, kTraversalFactor);
  if (rule == CostRule::cidrInCidr || rule == CostRule::cidrTextInCidr) cost += scaled(cidr, kTraversalFactor) + 1;
  if (rule == CostRule::addressTextInCidr || rule == CostRule::cidrTextInCidr) cost += scaled(other, kTraversalFactor);
  return cost;
}

}  // namespace

uint64_t saturatingAdd(uint64_t a, uint64_t b) { return b > kMost - a ? kMost : a + b; }
uint64_t saturatingMultiply(uint64_t a, uint64_t b) { return b != 0 && a > kMost / b ? kMost : a * b; }
uint64_t scaled(uint64_t size, double factor) {
  const double cost = std::ceil(static_cast<double>(size) * factor);
  return cost >= 18446744073709551616.0 ? kMost : static_cast<uint64_t>(cost);
}

uint64_t callCost(CostRule rule, std::span<const Value> args, const Value& result) {
  const auto size = [&](size_t arg) { return sizeForCost(args[arg]); };
  switch (rule) {
    case CostRule::one:
    case CostRule::listConcatenation: return 1;
    case CostRule::authorization: return kAuthorization;
    case CostRule::listTraversal: {
      size_t steps = 0;
      return treeCost(args[0], steps);
    }
    case CostRule::scanPrefix: return scaled(size(1), kTraversalFactor);
    case CostRule::traversal:
    case CostRule::scan:
    case CostRule::textToBytes:
    case CostRule::bytesToText:
    case CostRule::quote:
    case CostRule::format: return scaled(size(0), kTraversalFactor);
    case CostRule::twice:
    case CostRule::replace:
    case CostRule::split: return scaled(size(0), 2 * kTraversalFactor);
    case CostRule::join: return scaled(sizeForCost(result), 2 * kTraversalFactor);
    case CostRule::find:
    case CostRule::matches:
      return saturatingMultiply(scaled(size(0) + 1, kTraversalFactor), scaled(size(1), kRegexFactor));
    case CostRule::contains:
      return saturatingMultiply(scaled(size(0), kTraversalFactor), scaled(size(1), kTraversalFactor));
    case CostRule::membership: return size(1);
    case CostRule::comparison: return scaled(std::min(size(0), size(1)), kTraversalFactor);
    case CostRule::concatenation: return scaled(size(0) + size(1), kTraversalFactor);
    case CostRule::setProduct: return saturatingAdd(1, saturatingMultiply(size(0), size(1)));
    case CostRule::setProductTwice:
      return saturatingAdd(1, saturatingMultiply(2, saturatingMultiply(size(0), size(1))));
    case CostRule::validateFormat:
      return saturatingMultiply(scaled(size(1) + 1, kTraversalFactor), scaled(patternSizeOf(args[0]), kRegexFactor));
    default: return makesList(rule) ? costOfListCall(rule, args, result) : addressCost(rule, args);
  }
}

}  // namespace cleat::cel
