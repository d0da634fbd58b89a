#include "failed_pods.h"

#include <algorithm>

namespace cleat::daemonset {
namespace {

constexpr Duration kFirst = std::chrono::seconds(1);
constexpr Duration kMost = std::chrono::minutes(15);
// After that it begins anew.
constexpr Duration kForgotten = 2 * kMost;

}  // namespace

std::optional<Duration> FailedPods::wait(const std::string& place, Instant now) {
  auto [found, first] = places_.try_emplace(place, Place{kFirst, now});
  Place& there = found->second;
  if (first) return std::nullopt;
  const Duration passed = now - there.since;
  if (passed < there.pause) return there.pause - passed;
  there.pause = passed > kForgotten ? kFirst : std::min(there.pause * 2, kMost);
  there.since = now;
  return std::nullopt;
}

void FailedPods::forgetOld(Instant now) {
  std::erase_if(places_, [now](const auto& place) { return now - place.second.since > kForgotten; });
}

}  // namespace cleat::daemonset
