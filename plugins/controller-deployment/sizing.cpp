#include "sizing.h"

#include <cleat/sdk/int_or_percent.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

namespace cleat::deployment {
namespace {

constexpr int64_t kDefaultPercent = 25;

int64_t sum(const std::vector<SetSize>& sets, int64_t SetSize::* member) {
  return std::accumulate(sets.begin(), sets.end(), int64_t{0},
                         [&](int64_t total, const SetSize& set) { return total + set.*member; });
}

// By how much a set grows or shrinks if it keeps its part of all pods, rounded to the nearest.
int64_t shareOf(const ShareSize& set, int64_t replicas, int64_t allowed, int64_t deployed) {
  if (replicas == 0) return -set.wanted;
  const int64_t before = set.maxBefore > 0 ? set.maxBefore : deployed;
  if (before == 0 || set.wanted == 0) return 0;
  return (set.wanted * allowed * 2 + before) / (before * 2) - set.wanted;
}

}  // namespace

Bounds rollingBounds(apps_v1::DeploymentSpec::Reader spec, int64_t replicas) {
  auto rolling = spec.getStrategy().getRollingUpdate();
  std::optional<int64_t> surge, unavailable;
  if (rolling.hasMaxSurge()) surge = scaledValue(rolling.getMaxSurge(), replicas, Rounding::up);
  if (rolling.hasMaxUnavailable()) {
    unavailable = scaledValue(rolling.getMaxUnavailable(), replicas, Rounding::down);
  }
  Bounds bounds;
  bounds.maxSurge = surge.value_or((replicas * kDefaultPercent + 99) / 100);
  bounds.maxUnavailable = unavailable.value_or(replicas * kDefaultPercent / 100);
  if (bounds.maxSurge == 0 && bounds.maxUnavailable == 0) bounds.maxUnavailable = 1;
  bounds.maxUnavailable = std::min(bounds.maxUnavailable, replicas);
  return bounds;
}

int64_t nextNewSize(int64_t replicas, Bounds bounds, SetSize newSet, const std::vector<SetSize>& oldSets) {
  if (newSet.wanted >= replicas) return replicas;
  const int64_t total = newSet.wanted + sum(oldSets, &SetSize::wanted);
  const int64_t room = replicas + bounds.maxSurge - total;
  if (room <= 0) return newSet.wanted;
  return newSet.wanted + std::min(room, replicas - newSet.wanted);
}

std::vector<int64_t> nextOldSizes(int64_t replicas, Bounds bounds, SetSize newSet,
                                  const std::vector<SetSize>& oldSets) {
  std::vector<int64_t> sizes;
  for (const SetSize& set : oldSets) sizes.push_back(set.wanted);
  const int64_t total = newSet.wanted + sum(oldSets, &SetSize::wanted);
  const int64_t minAvailable = replicas - bounds.maxUnavailable;
  const int64_t newUnavailable = std::max<int64_t>(newSet.wanted - newSet.available, 0);
  int64_t cleanup = total - minAvailable - newUnavailable;
  if (cleanup <= 0) return sizes;
  for (size_t i = 0; i < oldSets.size() && cleanup > 0; ++i) {
    const int64_t unhealthy = std::min(cleanup, std::max<int64_t>(oldSets[i].wanted - oldSets[i].available, 0));
    sizes[i] -= unhealthy;
    cleanup -= unhealthy;
  }
  const int64_t available = newSet.available + sum(oldSets, &SetSize::available);
  int64_t spare = available - minAvailable;
  for (size_t i = 0; i < oldSets.size() && spare > 0; ++i) {
    const int64_t less = std::min(spare, sizes[i]);
    sizes[i] -= less;
    spare -= less;
  }
  return sizes;
}

std::vector<int64_t> proportionalSizes(int64_t replicas, int64_t maxSurge, int64_t deployed,
                                       const std::vector<ShareSize>& sets) {
  const int64_t allowed = replicas > 0 ? replicas + maxSurge : 0;
  std::vector<int64_t> next;
  for (const ShareSize& set : sets) next.push_back(set.wanted);
  const int64_t difference = allowed - std::accumulate(next.begin(), next.end(), int64_t{0});
  if (difference == 0 || sets.empty()) return next;
  std::vector<size_t> order(sets.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (difference > 0) std::ranges::reverse(order);
  std::ranges::stable_sort(order, std::greater(), [&](size_t at) { return sets[at].wanted; });
  int64_t left = difference;
  for (size_t at : order) {
    if (left == 0) break;
    const int64_t share = shareOf(sets[at], replicas, allowed, deployed);
    const int64_t change = difference > 0 ? std::min(share, left) : std::max(share, left);
    next[at] += change;
    left -= change;
  }
  int64_t& first = next[order.front()];
  first = std::max<int64_t>(first + left, 0);
  return next;
}

}  // namespace cleat::deployment
