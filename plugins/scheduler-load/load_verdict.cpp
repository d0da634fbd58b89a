#include "load_verdict.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cleat::load {
namespace {

constexpr double kFull = 100;

LoadScore scoreByTarget(double target, double percent, double step) {
  const double fall = target / (kFull - target);
  if (percent > target) return {fall * (kFull - percent), fall * step, 0};
  LoadScore said{target + (kFull - target) * percent / target, 0, 0};
  if (step <= 0) return said;
  // The pod that goes beyond the target makes much of a difference, and so do, to be on the safe side, those behind it.
  said.steady = std::floor((target - percent) / step);
  said.worse = kFull - target + fall * step;
  return said;
}

// How many of the pods the node takes until it is used above the limit, which the last of them may bring about.
double roomWithin(const LoadSettings& settings, const NodeLoads& loads, uint32_t node, const Amounts& asked) {
  double room = std::numeric_limits<uint16_t>::max();
  for (size_t resource = 0; resource < kResources; ++resource) {
    const double step = NodeLoads::percentOf(asked[resource], loads.allocatable(node, resource));
    if (!settings.counts[resource] || step <= 0) continue;
    room = std::min(room, std::floor((settings.limit - loads.percent(node, resource)) / step) + 1);
  }
  return room;
}

// Of a node without a measurement it is taken that it is used as the others are.
LoadScore scoreOf(const LoadSettings& settings, const NodeLoads& loads, uint32_t node, const Amounts& asked,
                  const Amounts& average, bool isFresh) {
  double most = 0, step = 0;
  for (size_t resource = 0; resource < kResources; ++resource) {
    if (!settings.counts[resource]) continue;
    const double own = NodeLoads::percentOf(asked[resource], loads.allocatable(node, resource));
    const double used =
        isFresh ? loads.percent(node, resource) : average[resource] + loads.placedPercent(node, resource);
    if (used + own < most) continue;
    most = used + own;
    step = own;
  }
  return scoreFor(settings, most, step);
}

}  // namespace

LoadScore scoreFor(const LoadSettings& settings, double percent, double step) {
  LoadScore said =
      settings.hasTarget ? scoreByTarget(settings.target, percent, step) : LoadScore{kFull - percent, step, 0};
  said.score = std::clamp(said.score, 0.0, kFull);
  // All of the score, and all pods that there can be: more makes no difference.
  said.worse = std::min(said.worse, kFull);
  said.steady = std::min<double>(said.steady, std::numeric_limits<uint16_t>::max());
  return said;
}

std::array<bool, kResources> overLimit(const LoadSettings& settings, const NodeLoads& loads, uint32_t node,
                                       WallTime now) {
  std::array<bool, kResources> over{};
  if (settings.limit <= 0 || !loads.isFresh(node, now)) return over;
  for (size_t resource = 0; resource < kResources; ++resource) {
    over[resource] = settings.counts[resource] && loads.percent(node, resource) > settings.limit;
  }
  return over;
}

std::string namesOf(const std::array<bool, kResources>& resources) {
  std::string names;
  for (size_t resource = 0; resource < kResources; ++resource) {
    if (!resources[resource]) continue;
    if (!names.empty()) names += " or ";
    names += kResourceNames[resource];
  }
  return names;
}

void judge(PodGroup& group, const LoadSettings& settings, const NodeLoads& loads, WallTime now) {
  const std::optional<Amounts> average = loads.average(now);
  if (!average) return;
  const Amounts asked = settings.askedBy(group.pod()->getSpec());
  std::array<bool, kResources> refusedFor{};
  group.eachCandidate([&](uint32_t node, const Object<core_v1::Node>&) {
    const auto over = overLimit(settings, loads, node, now);
    if (over[kCpu] || over[kMemory]) {
      for (size_t resource = 0; resource < kResources; ++resource) {
        refusedFor[resource] = refusedFor[resource] || over[resource];
      }
      return group.refuse(node);
    }
    const bool isFresh = loads.isFresh(node, now);
    if (settings.limit > 0 && isFresh) {
      group.room(node, static_cast<uint32_t>(roomWithin(settings, loads, node, asked)));
    }
    const LoadScore said = scoreOf(settings, loads, node, asked, *average, isFresh);
    group.score(node, std::lround(said.score));
    group.worsens(node, std::lround(100 * said.worse), static_cast<int64_t>(said.steady));
  });
  if (settings.limit <= 0) return;
  // Words that stand behind "3 node(s)".
  const std::string names = namesOf(refusedFor);
  if (!names.empty()) group.why(concat("were used above ", std::lround(settings.limit), " percent of their ", names));
}

}  // namespace cleat::load
