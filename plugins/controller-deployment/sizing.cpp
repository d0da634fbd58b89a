#include "sizing.h"

#include <cleat/sdk/meta.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace cleat::deployment {
namespace {

int64_t resolve(meta_v1::IntOrString::Reader value, int64_t total, bool roundUp, int64_t fallbackPercent) {
  int64_t percent = fallbackPercent;
  if (value.isIntVal() && isSet(value)) return value.getIntVal();
  if (value.isStrVal()) {
    std::string_view text = view(value.getStrVal());
    std::from_chars(text.data(), text.data() + text.size(), percent);
  }
  return roundUp ? (total * percent + 99) / 100 : total * percent / 100;
}

int64_t sum(const std::vector<SetSize>& sets, int64_t SetSize::* member) {
  return std::accumulate(sets.begin(), sets.end(), int64_t{0},
                         [&](int64_t total, const SetSize& set) { return total + set.*member; });
}

}  // namespace

Bounds rollingBounds(apps_v1::DeploymentSpec::Reader spec, int64_t replicas) {
  auto rolling = spec.getStrategy().getRollingUpdate();
  const bool surgeGiven = rolling.hasMaxSurge();
  const bool unavailableGiven = rolling.hasMaxUnavailable();
  Bounds bounds;
  bounds.maxSurge = surgeGiven ? resolve(rolling.getMaxSurge(), replicas, true, 25) : (replicas * 25 + 99) / 100;
  bounds.maxUnavailable =
      unavailableGiven ? resolve(rolling.getMaxUnavailable(), replicas, false, 25) : replicas * 25 / 100;
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

std::vector<int64_t> proportionalSizes(int64_t allowed, const std::vector<int64_t>& sizes) {
  const int64_t total = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  std::vector<int64_t> next = sizes;
  if (total == 0) return next;
  int64_t left = allowed - total;
  for (size_t i = 0; i < sizes.size(); ++i) {
    // The share of the difference, rounded to the nearest; the last ones take what is over.
    const int64_t target = (sizes[i] * allowed * 2 + total) / (total * 2);
    int64_t change = target - sizes[i];
    change = left >= 0 ? std::clamp<int64_t>(change, 0, left) : std::clamp<int64_t>(change, left, 0);
    next[i] += change;
    left -= change;
  }
  if (!next.empty()) next.front() = std::max<int64_t>(next.front() + left, 0);
  return next;
}

}  // namespace cleat::deployment
