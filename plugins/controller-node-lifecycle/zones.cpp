#include "zones.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::lifecycle {
namespace {

std::string_view labelOf(const Object<core_v1::Node>& node, std::string_view key, std::string_view formerly) {
  auto value = label(node.meta(), key);
  return value ? *value : label(node.meta(), formerly).value_or("");
}

}  // namespace

std::string zoneOf(const Object<core_v1::Node>& node) {
  const std::string_view region =
      labelOf(node, "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region");
  const std::string_view zone = labelOf(node, "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone");
  if (region.empty() && zone.empty()) return "";
  return concat(region, "/", zone);
}

ZoneState zoneStateOf(const ZoneCount& count, const Limits& limits) {
  if (count.ready == 0 && count.notReady > 0) return ZoneState::full;
  // Of two or three nodes one is much already, and means nothing.
  constexpr int64_t kFew = 2;
  const auto part = static_cast<double>(count.notReady) / static_cast<double>(count.notReady + count.ready);
  return count.notReady > kFew && part >= limits.unhealthyPart ? ZoneState::partial : ZoneState::normal;
}

double Zones::rateOf(ZoneState state, const ZoneCount& count) const {
  if (state != ZoneState::partial) return limits_.perSecond;
  return count.ready + count.notReady > limits_.largeZone ? limits_.perSecondWhenPartial : 0;
}

Zones::Change Zones::update(const std::map<std::string, ZoneCount>& counts) {
  std::erase_if(zones_, [&](const auto& zone) { return !counts.contains(zone.first); });
  bool allFull = !counts.empty();
  for (const auto& [name, count] : counts) {
    Zone& zone = zones_[name];
    zone.state = zoneStateOf(count, limits_);
    zone.perSecond = rateOf(zone.state, count);
    allFull = allFull && zone.state == ZoneState::full;
  }
  if (allFull == stopped_) return Change::none;
  stopped_ = allFull;
  return stopped_ ? Change::stopped : Change::resumed;
}

bool Zones::take(const std::string& name, Instant now) {
  auto found = zones_.find(name);
  if (found == zones_.end() || stopped_) return false;
  Zone& zone = found->second;
  if (zone.perSecond <= 0) return false;
  const double passed = std::chrono::duration<double>(now - zone.since).count();
  // Between two looks as many as the rate says, where that is more than one.
  const double most = std::max(1.0, zone.perSecond * std::chrono::duration<double>(limits_.period).count());
  zone.allowance = std::min(most, zone.allowance + passed * zone.perSecond);
  zone.since = now;
  if (zone.allowance < 1) return false;
  zone.allowance -= 1;
  return true;
}

}  // namespace cleat::lifecycle
