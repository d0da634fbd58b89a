#include "topology_hints.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>
#include <cmath>

namespace cleat::endpoints {
namespace {

constexpr std::string_view kMode = "service.kubernetes.io/topology-mode";
constexpr std::string_view kModeOfOld = "service.kubernetes.io/topology-aware-hints";
// By how much an endpoint may get more than its part.
constexpr double kOverload = 0.2;

constexpr std::string_view kNodesUnclear =
    "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes";
constexpr std::string_view kTooFew = "Insufficient number of endpoints";
constexpr std::string_view kTooUneven =
    "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold";
constexpr std::string_view kNoZone = "One or more endpoints do not have a zone specified";
constexpr std::string_view kNobody = "No hints allocated for zones";

bool isOfControlPlane(const Object<Node>& node) {
  return label(node.meta(), "node-role.kubernetes.io/control-plane") ||
         label(node.meta(), "node-role.kubernetes.io/master");
}

int64_t processorsOf(const Object<Node>& node) {
  for (auto resource : node->getStatus().getAllocatable()) {
    if (view(resource.getKey()) == "cpu") return Quantity::parseOrZero(resource.getValue()).milliValue();
  }
  return 0;
}

// How many endpoints a zone is to have, at least and at most.
struct Allocation {
  int minimum = 0, maximum = 0;
  double desired = 0;
};
using Allocations = std::map<std::string, Allocation>;

int fewestOf(double endpoints) { return static_cast<int>(std::ceil(endpoints * (1 / (1 + kOverload)))); }

// Returns why it cannot be done; empty: it is done.
std::string allocate(const ZoneShares& shares, int endpoints, Allocations& allocations) {
  const auto counted = [&](std::string_view why) {
    return concat(why, " (", endpoints, " endpoints, ", shares.size(), " zones)");
  };
  if (shares.empty()) return std::string(kNodesUnclear);
  if (static_cast<int>(shares.size()) > endpoints) return counted(kTooFew);
  int least = 0;
  for (const auto& [zone, share] : shares) {
    const double desired = share * endpoints;
    const int minimum = fewestOf(desired);
    allocations[zone] = {.minimum = minimum, .desired = std::max(desired, static_cast<double>(minimum))};
    least += minimum;
  }
  if (least > endpoints) return counted(kTooUneven);
  for (auto& [zone, allocation] : allocations) allocation.maximum = allocation.minimum + endpoints - least;
  return {};
}

// Adds the slice's hints to `counts`. False where they cannot stay as they are.
bool countKept(const HintedSlice& slice, const Allocations& allocations, ZoneCounts& counts) {
  ZoneCounts own;
  for (const HintedEndpoint& endpoint : slice.endpoints) {
    if (!endpoint.ready) continue;
    if (!allocations.contains(endpoint.hint)) return false;
    ++own[endpoint.hint];
  }
  for (const auto& [zone, count] : own) {
    auto already = counts.find(zone);
    const int total = count + (already != counts.end() ? already->second : 0);
    if (total > allocations.at(zone).maximum) return false;
  }
  for (const auto& [zone, count] : own) counts[zone] += count;
  return true;
}

using ZoneNeeds = std::map<std::string, double>;

ZoneNeeds::iterator greatestOf(ZoneNeeds& needs) {
  return std::ranges::max_element(needs, [](const auto& a, const auto& b) { return a.second < b.second; });
}

// How many endpoints each zone gives to others, and how many it gets.
struct Moves {
  ZoneCounts giving, receiving;
};
Moves movesBetween(const Allocations& allocations, const ZoneCounts& counts) {
  ZoneNeeds surplus, lack;
  for (const auto& [zone, allocation] : allocations) {
    auto has = counts.find(zone);
    const double difference = (has != counts.end() ? has->second : 0) - allocation.desired;
    if (difference > 0) surplus[zone] = difference;
    if (difference < 0) lack[zone] = -difference;
  }
  Moves moves;
  while (!surplus.empty() && !lack.empty()) {
    auto from = greatestOf(surplus), to = greatestOf(lack);
    // Less than half an endpoint is not worth the way, nor are two such parts.
    if ((from->second < 1 && to->second < 1) || from->second < 0.5 || to->second < 0.5) break;
    ++moves.giving[from->first];
    --from->second;
    ++moves.receiving[to->first];
    --to->second;
  }
  return moves;
}

void carryOut(Moves moves, std::vector<HintedSlice>& slices, ZoneCounts& counts) {
  for (HintedSlice& slice : slices) {
    if (!slice.isWritten) continue;
    for (HintedEndpoint& endpoint : slice.endpoints) {
      if (moves.receiving.empty()) return;
      auto from = endpoint.ready ? moves.giving.find(endpoint.zone) : moves.giving.end();
      if (from == moves.giving.end()) continue;
      auto to = moves.receiving.begin();
      endpoint.hint = to->first;
      --counts[from->first];
      ++counts[to->first];
      if (--from->second == 0) moves.giving.erase(from);
      if (--to->second == 0) moves.receiving.erase(to);
    }
  }
}

HintOutcome refuse(std::vector<HintedSlice>& slices, std::string why) {
  for (HintedSlice& slice : slices) {
    for (HintedEndpoint& endpoint : slice.endpoints) {
      slice.isWritten = slice.isWritten || !endpoint.hint.empty();
      endpoint.hint.clear();
    }
  }
  return {.refusal = std::move(why), .counts = {}};
}

bool isOverloaded(const ZoneCounts& counts, const ZoneShares& shares) {
  if (counts.empty()) return false;
  if (shares.empty()) return true;
  int total = 0;
  for (const auto& [zone, count] : counts) total += count;
  return std::ranges::any_of(shares, [&](const auto& share) {
    auto has = counts.find(share.first);
    return has == counts.end() || has->second < fewestOf(total * share.second);
  });
}

std::string ofFamily(std::string_view message, std::string_view family) {
  return concat(message, ", addressType: ", family);
}

}  // namespace

ZoneShares zoneShares(const std::vector<Object<Node>>& nodes) {
  std::map<std::string, int64_t> processors;
  int64_t total = 0;
  for (const Object<Node>& node : nodes) {
    if (isOfControlPlane(node) || !conditionIs(node->getStatus().getConditions(), "Ready", "True")) continue;
    const int64_t own = processorsOf(node);
    const std::string_view zone = zoneOf(node);
    if (zone.empty() || own == 0) return {};
    processors[std::string(zone)] += own;
    total += own;
  }
  if (processors.size() < 2) return {};
  ZoneShares shares;
  for (const auto& [zone, own] : processors) shares[zone] = static_cast<double>(own) / static_cast<double>(total);
  return shares;
}

HintOutcome assignHints(std::vector<HintedSlice>& slices, const ZoneShares& shares) {
  int ready = 0;
  for (const HintedSlice& slice : slices) {
    ready += static_cast<int>(std::ranges::count_if(slice.endpoints, &HintedEndpoint::ready));
  }
  Allocations allocations;
  std::string refusal = allocate(shares, ready, allocations);
  if (!refusal.empty()) return refuse(slices, std::move(refusal));
  HintOutcome outcome;
  for (HintedSlice& slice : slices) {
    if (!slice.isWritten) slice.isWritten = !countKept(slice, allocations, outcome.counts);
  }
  // At first each endpoint is for its own zone.
  for (HintedSlice& slice : slices) {
    if (!slice.isWritten) continue;
    for (HintedEndpoint& endpoint : slice.endpoints) {
      endpoint.hint.clear();
      if (!endpoint.ready) continue;
      if (endpoint.zone.empty()) return refuse(slices, std::string(kNoZone));
      endpoint.hint = endpoint.zone;
      ++outcome.counts[endpoint.zone];
    }
  }
  carryOut(movesBetween(allocations, outcome.counts), slices, outcome.counts);
  if (outcome.counts.empty()) return refuse(slices, std::string(kNobody));
  return outcome;
}

bool wantsTopologyHints(const Object<Service>& service) {
  auto mode = annotation(service.meta(), kModeOfOld);
  if (!mode) mode = annotation(service.meta(), kMode);
  return mode == "Auto" || mode == "auto";
}

std::vector<HintedServices::News> HintedServices::note(const std::string& service, std::string_view family,
                                                       const HintOutcome* outcome) {
  constexpr const char* kDisabled = "TopologyAwareHintsDisabled";
  if (outcome && outcome->refusal.empty()) {
    counts_[service][family] = outcome->counts;
    if (!hinted_.insert(service).second) return {};
    return {{false, "TopologyAwareHintsEnabled", ofFamily("Topology Aware Hints has been enabled", family)}};
  }
  std::vector<News> news;
  if (outcome) {
    news.push_back({true, kDisabled, ofFamily(outcome->refusal, family)});
  } else if (hinted_.contains(service)) {
    news.push_back({true, kDisabled, ofFamily("Topology Aware Hints has been disabled", family)});
  }
  forget(service, family);
  return news;
}

void HintedServices::forget(const std::string& service, std::string_view family) {
  auto own = counts_.find(service);
  if (own == counts_.end() || own->second.erase(family) == 0) return;
  hinted_.erase(service);
  if (own->second.empty()) counts_.erase(own);
}

void HintedServices::forget(const std::string& service) {
  hinted_.erase(service);
  counts_.erase(service);
}

std::vector<std::string> HintedServices::overloaded(const ZoneShares& shares) const {
  std::vector<std::string> services;
  for (const auto& [service, families] : counts_) {
    if (std::ranges::any_of(families, [&](const auto& family) { return isOverloaded(family.second, shares); })) {
      services.push_back(service);
    }
  }
  return services;
}

}  // namespace cleat::endpoints
